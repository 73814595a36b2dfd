"""Every mechanism installed goes through the gate. What is known of it is a table, so that a change is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.survey.gate import may_be_timed
from poolhouse.survey.gate.checking import CHECKS
from poolhouse.survey.mechanisms import catalogue
from tests.survey.gate.gating import gated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.survey.gate.gating import Found

pytestmark = pytest.mark.slow

HERE = [each.name for each in catalogue.mechanisms() if catalogue.availability(each.name).is_available]
ON_UNIX = [name for name in HERE if "unix" in catalogue.mechanism(name).transports]

# rloop 0.5.0: close() after write() tells the protocol that the connection is lost, and leaves the socket open
EXCLUDED = {
    "rloop-protocol": {
        "half-close",
        "descriptors-kept",
        "end-of-file",
        "thousand-connections",
        "descriptors-ended",
    },
}

# what each does when it has no descriptors left; whoever is not here waits, or sends the client away
OUT_OF_DESCRIPTORS = {
    "c-epoll": "spins",
    "selectors-epoll": "spins",
    "selectors-poll": "spins",
    "selectors-select": "spins",
    "epoll-level": "spins",
    "epoll-edge": "serves nobody",
    "threads": "dies",
    "thread-pool": "dies",
    "pre-fork": "spins",
    "interpreters": "spins",
    "free-threads": "spins",
    # CPython's issue 151615: accepts as often as the backlog is long, and logs each failure
    "asyncio-protocol": "spins",
    "asyncio-streams": "spins",
    "asyncio-protocol-poll": "spins",
    "asyncio-protocol-select": "spins",
    "asyncio-sockets": "dies",
    "loopmini-protocol": "spins",
    "tornado": "spins",
    "anyio-asyncio": "dies",
    "anyio-uvloop": "dies",
    "anyio-trio": "dies",
    "curio": "dies",
    "eventlet": "dies",
}


@pytest.fixture(scope="module")
def found() -> Iterator[Mapping[str, Found]]:
    with gated(dict.fromkeys(HERE, CHECKS)) as all_of_them:
        yield all_of_them


@pytest.mark.parametrize("name", HERE)
def test_does_in_the_gate_what_is_known_of_it(name: str, found: Mapping[str, Found]) -> None:
    outcomes = found[name].result()
    failed = {outcome.check: outcome.reason for outcome in outcomes if not outcome.is_passed}
    remark = failed.pop("out-of-descriptors", "")
    assert failed.keys() == EXCLUDED.get(name, set()), failed
    assert may_be_timed(outcomes) == (name not in EXCLUDED)
    if name not in EXCLUDED:
        known = OUT_OF_DESCRIPTORS.get(name, "")
        assert known in remark
        assert bool(known) == bool(remark), remark


@pytest.fixture(scope="module")
def found_on_unix() -> Iterator[Mapping[str, Found]]:
    few = [check for check in CHECKS if check.name in {"answers", "end-of-file"}]
    with gated(dict.fromkeys(ON_UNIX, few), "unix") as all_of_them:
        yield all_of_them


@pytest.mark.parametrize("name", ON_UNIX)
def test_serves_on_a_path_too(name: str, found_on_unix: Mapping[str, Found]) -> None:
    assert [outcome.reason for outcome in found_on_unix[name].result()] == ["", ""]


def test_at_least_twenty_five_can_be_timed() -> None:
    assert len(set(HERE) - EXCLUDED.keys()) >= 25
