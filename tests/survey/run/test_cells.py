"""One cell of each scenario, measured for real with the tiny server; what fails is told, not raised."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import NotServingError
from poolhouse.survey import pictures
from poolhouse.survey.canary import listen_to_canaries, sleep_here
from poolhouse.survey.cells import measure
from poolhouse.survey.images.runs import Plan
from poolhouse.survey.images.transforms import Size
from poolhouse.survey.plan import Task
from poolhouse.survey.setting import Setting
from poolhouse.survey.surroundings import choose_processors
from poolhouse.survey.watch import curve, sentence
from tests.survey.run.fakes import start_tiny

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from poolhouse.survey.cells import RunningServer
    from poolhouse.survey.records import Cell
    from poolhouse.survey.server_options import ServerOptions

EVERY = {"listen_overflows", "listen_drops", "server_cpu_us_per_request"}
SWITCHES = {"voluntary_switches_per_request", "involuntary_switches_per_request"}


def _cell(setting: Setting, **server: Any) -> Cell:
    task = Task(setting=setting, mechanism="threads", round=2, place=7)
    return measure(task, choose_processors(), partial(start_tiny, **server), 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "figures"),
    [
        (Setting(scenario="closed", connections=8, seconds=0.2), EVERY | SWITCHES | {"rps"}),
        (
            Setting(scenario="heavy", connections=4, mode="keep-alive", seconds=0.2),
            EVERY | SWITCHES | {"rps"},
        ),
        (
            Setting(scenario="open", connections=8, mode="keep-alive", rate_per_s=300, seconds=0.2),
            EVERY | SWITCHES | {"offered_rps", "answered_rps", "client_late_p99_us"},
        ),
        (
            Setting(
                scenario="churn",
                connections=32,
                mode="keep-alive",
                rate_per_s=200,
                session_requests=2,
                seconds=0.2,
            ),
            EVERY | SWITCHES | {"connections_per_s", "server_cpu_us_per_connection"},
        ),
        (
            Setting(scenario="burst", connections=60, greets=True),
            EVERY
            | {
                "connected_ms",
                "greeted_ms",
                "answered_ms",
                "closed_ms",
                "alive_count",
                "server_cpu_us_per_connection",
            },
        ),
        (
            Setting(scenario="idle", connections=4, idle=100, mode="keep-alive", seconds=0.2),
            EVERY
            | SWITCHES
            | {
                "active_rps",
                "alive_count",
                "server_pss_kb_per_connection",
                "kernel_stack_kb_per_connection",
                "page_table_kb_per_connection",
            },
        ),
    ],
    ids=lambda value: value.scenario if isinstance(value, Setting) else "",
)
def test_a_cell_has_its_figures(setting: Setting, figures: set[str]) -> None:
    found = _cell(setting)
    assert (found.failure, found.errors, found.censored) == ("", {}, 0)
    assert figures <= found.figures.keys()
    assert (found.scenario, found.mechanism, found.round, found.place) == (setting.scenario, "threads", 2, 7)
    assert found.parameters == setting.parameters
    assert found.requests > 0
    assert found.server_cpu_seconds > 0
    assert 0 < found.client_utilisation <= 1
    assert 0 <= found.foreign_cpu_share <= 1
    assert bool(found.latency) == (setting.scenario != "burst")
    if setting.scenario == "burst":
        assert {len(each) for each in found.curves.values()} == {101}
        assert found.curves["closed_ms"][-1] == pytest.approx(found.figures["closed_ms"], abs=0.001)


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        Setting(scenario="closed", connections=100, mode="keep-alive", seconds=0.3, warm_up=100),
        Setting(scenario="idle", connections=4, idle=100, mode="keep-alive", seconds=0.3),
        Setting(scenario="open", connections=100, mode="keep-alive", rate_per_s=300, seconds=0.3),
        Setting(
            scenario="churn",
            connections=100,
            mode="keep-alive",
            rate_per_s=50,
            session_requests=2,
            seconds=0.3,
            warm_up=100,
        ),
    ],
    ids=lambda setting: setting.scenario,
)
def test_a_server_takes_no_more_time_than_there_was(setting: Setting) -> None:
    """Each connection that a client ends costs 5 ms: all of them, before what counts or after it, half a second."""
    found = _cell(setting, end_seconds=0.005)
    assert found.failure == ""
    assert 0 < found.server_cpu_seconds <= found.seconds


@pytest.mark.slow
def test_a_server_that_dies_of_a_burst_is_a_failure_with_its_last_words() -> None:
    found = _cell(Setting(scenario="burst", connections=400, greets=True, warm_up=0), descriptors=40)
    assert "connections were served; " in found.failure
    assert "times; the server said: OSError: [Errno 24] Too many open files" in found.failure
    assert found.figures["alive_count"] < 400
    assert "closed_ms" not in found.figures
    assert len(found.curves["closed_ms"]) < 101
    assert not found.dropped or found.foreign_cpu_share > 0.1


def test_a_server_that_does_not_start_is_a_failure() -> None:
    def start(_: ServerOptions) -> AbstractContextManager[RunningServer]:
        raise NotServingError("it ended before it served", "ImportError: no")

    task = Task(setting=Setting(scenario="closed", connections=4), mechanism="m", round=0, place=0)
    found = measure(task, choose_processors(), start, 1)
    assert found.failure == "it ended before it served: ImportError: no"
    assert found.figures == {}


# what figures are made of


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=500).map(sorted))
def test_a_curve_goes_from_the_first_to_the_last(marks: list[float]) -> None:
    found = curve(marks, len(marks))
    assert len(found) == 101
    assert (found[0], found[-1]) == (round(marks[0], 3), round(marks[-1], 3))
    assert found == sorted(found)
    assert found[50] == round(marks[-(-len(marks) // 2) - 1], 3)


def test_a_curve_ends_where_the_rest_never_came() -> None:
    assert curve([1.0, 2.0], 4) == [1.0] * 26 + [2.0] * 25
    assert curve([], 4) == []


def test_a_failure_is_a_sentence() -> None:
    said = "Traceback\n  File\nOSError: [Errno 24] Too many open files\n\n"
    assert sentence("3 of 9", {"ECONNRESET": 6}, said) == (
        "3 of 9; ECONNRESET 6 times; the server said: OSError: [Errno 24] Too many open files"
    )
    assert sentence("3 of 9", {}, "") == "3 of 9"


# the machine, and pictures


def test_canaries_sing_on_every_processor() -> None:
    processors = sorted(choose_processors().all)
    found = listen_to_canaries(3, processors, 0.05)
    assert found.round == 3
    assert set(found.by_processor) == set(map(str, processors))
    assert 0 <= found.lateness_ms["p50"] <= found.lateness_ms["p99"]


def test_a_canary_hears_as_many_ticks_as_there_were() -> None:
    assert len(sleep_here(0.02)) >= 20


def test_a_round_of_pictures_that_failed_is_told_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ChildProcessError("threads of pillow failed: MemoryError")

    monkeypatch.setattr(pictures, "run_round", fail)
    [found] = pictures.measure_pictures(1, 5)
    assert (found.round, found.figures) == (1, {})
    assert found.dropped == "failed: threads of pillow failed: MemoryError"


def test_pictures_become_records() -> None:
    plan = Plan(times=1, size=Size(40, 30), transforms=("python",), strategies=("inline", "threads"))
    found = pictures.measure_pictures(1, 5, plan)
    assert {(each.strategy, each.transform) for each in found} == {
        ("inline", "python"),
        ("threads", "python"),
        ("idle", ""),
    }
    for each in found:
        assert each.round == 1
        assert ("pictures_per_s" in each.figures) == (each.strategy != "idle")
