"""Adapters of one's own: those of the tutorial, and one that an installed package brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolhouse.survey.gate import check_mechanism, may_be_timed
from poolhouse.survey.gate.checking import CHECKS
from poolhouse.survey.mechanisms import catalogue
from poolhouse.survey.server_options import ServerOptions
from poolhouse.survey.server_process import start_server

ROOT = Path(__file__).parents[3]
PACKAGE = "house_of_poll"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed package with an adapter in it, as far as Python can see; the name of the mechanism."""
    source = (ROOT / "examples" / "generators.py").read_text("utf-8")
    (tmp_path / f"{PACKAGE}.py").write_text(source, "utf-8")
    facts = tmp_path / f"{PACKAGE}-1.2.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {PACKAGE}\nVersion: 1.2\nLicense-Expression: 0BSD\n", "utf-8"
    )
    (facts / "entry_points.txt").write_text(
        f"[{catalogue.ENTRY_POINTS}]\ngenerators = {PACKAGE}:serve\nthreads = {PACKAGE}:serve\n", "utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "generators"


def test_an_installed_package_can_bring_one(package: str) -> None:
    own = catalogue.mechanism(package)
    assert (own.family, own.adapter) == ("yours", f"{PACKAGE}:serve")
    found = catalogue.availability.__wrapped__(package)
    assert (found.version, found.licence, found.is_available) == ("1.2", "0BSD", True)


def test_it_cannot_take_the_place_of_one_of_ours(package: str) -> None:
    assert catalogue.mechanism("threads").family == "threads"


@pytest.mark.slow
def test_what_a_package_brings_is_served(package: str) -> None:
    options = ServerOptions(mechanism=package)
    with start_server(options) as server:
        assert server.is_running


@pytest.mark.slow
def test_the_tutorials_second_adapter_may_be_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    outcomes = list(check_mechanism("examples.generators:serve"))
    failed = {outcome.check: outcome.reason for outcome in outcomes if not outcome.is_passed}
    assert failed == {"out-of-descriptors": "It dies: OSError: [Errno 24] Too many open files."}
    assert may_be_timed(outcomes)


@pytest.mark.slow
def test_the_tutorials_first_adapter_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    first = [check for check in CHECKS if check.name == "answers"]
    outcomes = list(check_mechanism("examples.one_at_a_time:serve", checks=first))
    assert [outcome.reason for outcome in outcomes] == ["It does not say b'3\\n' within 5 s."]
    assert not may_be_timed(outcomes)
