"""Planted faults: each is caught by the check that is for it, and a server without one passes them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.survey.gate import may_be_timed
from poolhouse.survey.gate.checking import CHECKS
from poolhouse.survey.gate.holdings import last_error
from tests.survey.gate.gating import gated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.survey.gate.gating import Found

# what each is caught by, and a word of the reason
FAULTS = {
    "does_not_end": ("end-of-file", "does not end the connection"),
    "ends_by_reset": ("end-of-file", "breaks it off"),
    "leaks_descriptors": ("descriptors-kept", "16 descriptors more"),
    "loses_connections": ("thousand-connections", ""),
    "loses_coalesced": ("coalesced-requests", "does not say"),
    "forgets_parts": ("split-request", "where b'2469\\n' is right"),
    "is_wrong": ("answers", "is right"),
    "greets_late": ("greeting", "does not say b'hello\\n'"),
    "drops_half_close": ("half-close", "ends the connection before it has said"),
    "ignores_sigterm": ("sigterm", "does not end on sigterm"),
    "leaves_a_child": ("sigterm", "leaves 1 of its processes"),
    "does_not_start": ("answers", "does not start: it ended before it served; RuntimeError: planted"),
}
CHECKED = {check.name: check for check in CHECKS}
REMARKS = {"spins": "It spins", "dies": "Too many open files", "falls_silent": "It serves nobody"}


def adapter(name: str) -> str:
    return f"tests.survey.gate.faults:{name}"


@pytest.fixture(scope="module")
def found() -> Iterator[Mapping[str, Found]]:
    caught_by = {name: check for name, (check, _) in FAULTS.items()} | dict.fromkeys(
        REMARKS, "out-of-descriptors"
    )
    asked = {adapter(name): [CHECKED[check]] for name, check in caught_by.items()}
    with gated({adapter("no_fault"): CHECKS, **asked}) as all_of_them:
        yield all_of_them


@pytest.mark.slow
def test_what_has_no_fault_passes(found: Mapping[str, Found]) -> None:
    outcomes = found[adapter("no_fault")].result()
    assert [(outcome.check, outcome.reason) for outcome in outcomes] == [(check.name, "") for check in CHECKS]
    assert may_be_timed(outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_from_being_timed(name: str, found: Mapping[str, Found]) -> None:
    check, word = FAULTS[name]
    outcomes = found[adapter(name)].result()
    reasons = {outcome.check: outcome.reason for outcome in outcomes if not outcome.is_passed}
    assert word in reasons[check]
    assert not may_be_timed(outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("name", REMARKS)
def test_what_it_does_without_descriptors_is_a_remark(name: str, found: Mapping[str, Found]) -> None:
    outcomes = found[adapter(name)].result()
    reasons = {outcome.check: outcome.reason for outcome in outcomes if not outcome.is_passed}
    assert reasons.keys() == {"out-of-descriptors"}
    assert REMARKS[name] in reasons["out-of-descriptors"]
    assert may_be_timed(outcomes)


def test_checks_have_names_and_promises() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.promise.endswith(".") for check in CHECKS)


def test_the_error_of_a_traceback_is_found() -> None:
    group = "Traceback:\n  | ExceptionGroup: x\n    +-+-- 1 ---\n      | OSError: [Errno 24] Too many.\n      +-----\n"
    assert last_error(group) == "OSError: [Errno 24] Too many"
    assert last_error("Segmentation fault\n") == "Segmentation fault"
    assert last_error("") == "it says nothing"
