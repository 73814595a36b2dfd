"""Runs with mechanisms of paper: what is measured, in which order, what is dropped, and how a run goes on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.survey import plan
from poolhouse.survey.campaign import NOT_TRIED, key_of
from poolhouse.survey.progress import Pace
from poolhouse.survey.records import Cell, Result, read_records
from poolhouse.survey.run import Progress, RunOptions, profile_for, run_survey
from poolhouse.survey.surroundings import Processors
from tests.survey.run.fakes import Fakes

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.survey.plan import Task

OPTIONS = RunOptions(profile="quick", mechanisms=("threads",), rounds=4, seed=5, command="survey run")
CELLS = 4 * 3 * 3  # rounds, settings, mechanisms: the two that are always there, and one


def _run(path: Path, fakes: Fakes, options: RunOptions = OPTIONS, **more: Any) -> Result:
    return run_survey(options, path, parts=fakes.parts, **more)


def _keys(cells: list[Cell]) -> Counter[str]:
    return Counter(map(key_of, cells))


def test_every_cell_is_measured_once_and_everything_is_written(tmp_path: Path) -> None:
    fakes = Fakes(absent=("c-epoll",))
    found = _run(tmp_path / "r", fakes, RunOptions(profile="quick", mechanisms=("threads", "broken"), seed=5))
    assert [each.name for each in found.run.mechanisms] == ["selectors-epoll", "threads", "broken"]
    assert [(each.name, each.reason) for each in found.run.absent] == [("c-epoll", "gone")]
    assert fakes.checked == ["selectors-epoll", "threads", "broken"]
    assert {(each.mechanism, each.is_passed) for each in found.gates if each.is_excluding} == {
        ("selectors-epoll", True),
        ("threads", True),
        ("broken", False),
    }
    assert set(_keys(found.cells).values()) == {1}
    assert Counter(each.mechanism for each in found.cells) == {"selectors-epoll": 15, "threads": 15}
    assert [each.round for each in found.canaries] == [0, 1, 2, 3, 4]
    assert found.end is not None
    assert found.run.parameters["reference"] == "selectors-epoll"
    assert found.run.limits["descriptors"]


def test_places_are_within_a_round_and_orders_differ_between_rounds(tmp_path: Path) -> None:
    found = _run(tmp_path / "r", Fakes())
    orders = []
    for number in range(4):
        of_round = [each for each in found.cells if each.round == number]
        assert [each.place for each in of_round] == list(range(9))
        orders.append([(each.scenario, each.parameters["mode"], each.mechanism) for each in of_round])
    assert len({tuple(each) for each in orders}) == 4
    again = _run(tmp_path / "again", Fakes())
    assert [key_of(each) for each in again.cells] == [key_of(each) for each in found.cells]


# breaking off


@pytest.mark.parametrize("stops_after", [0, 1, 13, CELLS - 1])
def test_a_run_that_was_interrupted_goes_on(tmp_path: Path, stops_after: int) -> None:
    path = tmp_path / "r"
    with pytest.raises(KeyboardInterrupt):
        _run(path, Fakes(stops_after=stops_after))
    with path.open("ab") as file:  # as if it had been killed writing
        file.write(b'{"record":"cell","scenario":"clo')
    later = Fakes()
    found = _run(path, later)
    assert len(later.measured) == CELLS - stops_after
    assert len(found.cells) == CELLS
    assert set(_keys(found.cells).values()) == {1}
    assert [each.round for each in found.canaries] == [0, 1, 2, 3]
    assert found.end is not None
    whole = _run(tmp_path / "whole", Fakes())
    assert [key_of(each) for each in found.cells] == [key_of(each) for each in whole.cells]


@given(cut=st.integers(1, 20_000))
def test_wherever_it_was_cut_it_has_each_cell_once_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "r"
    whole = _run(path, Fakes())
    content = path.read_bytes()
    path.write_bytes(content[: -(cut % (len(content) - content.index(b"\n") - 1) + 1)])
    found = _run(path, Fakes())
    assert [key_of(each) for each in found.cells] == [key_of(each) for each in whole.cells]
    assert (found.gates, found.canaries) == (whole.gates, whole.canaries)
    assert found.run == whole.run


def test_a_run_that_ended_is_left_as_it_is(tmp_path: Path) -> None:
    first = _run(tmp_path / "r", Fakes())
    content = (tmp_path / "r").read_bytes()
    fakes = Fakes()
    assert _run(tmp_path / "r", fakes) == first
    assert (fakes.measured, fakes.checked) == ([], [])
    assert (tmp_path / "r").read_bytes() == content


def test_a_seed_by_chance_is_kept(tmp_path: Path) -> None:
    options = RunOptions(profile="quick", mechanisms=("threads",), rounds=1)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "r", Fakes(stops_after=2), options)
    found = _run(tmp_path / "r", Fakes(), options)
    assert set(_keys(found.cells).values()) == {1}
    assert len(found.cells) == 9


@pytest.mark.parametrize(
    "other",
    [
        {"rounds": 5},
        {"seed": 6},
        {"profile": "smoke"},
        {"mechanisms": ("broken",)},
        {"scenarios": ("closed",)},
        {"transports": ("tcp",)},
    ],
)
def test_a_file_of_another_run_is_refused(tmp_path: Path, other: dict[str, Any]) -> None:
    _run(tmp_path / "r", Fakes())
    content = (tmp_path / "r").read_bytes()
    options = {
        name: other.get(name, getattr(OPTIONS, name))
        for name in ("profile", "mechanisms", "scenarios", "transports", "rounds", "seed")
    }
    with pytest.raises(InvalidInputError, match="other options"):
        _run(tmp_path / "r", Fakes(), RunOptions(**options))
    assert (tmp_path / "r").read_bytes() == content


@pytest.mark.parametrize(
    ("name", "other", "words"),
    [
        ("describe_machine", lambda: {"cores": 96}, "another machine or another Python"),
        ("version", lambda _: "9.9", "another version of poolhouse"),
        ("PROFILES", {"quick": plan.SMOKE}, "other settings of the same profile"),
        ("choose_processors", lambda: Processors(server=7, clients=(8,)), "other processors"),
        ("limits", lambda: {"descriptors": 64}, "other limits of the system"),
    ],
)
def test_a_run_does_not_go_on_where_it_would_measure_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: Any, words: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "r", Fakes(stops_after=2))
    content = (tmp_path / "r").read_bytes()
    monkeypatch.setattr(f"poolhouse.survey.run.{name}", other)
    with pytest.raises(InvalidInputError, match=f"of a run with {words}: name another file"):
        _run(tmp_path / "r", Fakes())
    assert (tmp_path / "r").read_bytes() == content


@pytest.mark.parametrize("later", [Fakes(version="2"), Fakes(absent=("threads",))])
def test_a_run_does_not_go_on_with_other_mechanisms(tmp_path: Path, later: Fakes) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "r", Fakes(stops_after=2))
    with pytest.raises(InvalidInputError, match="other mechanisms, or other versions of them"):
        _run(tmp_path / "r", later)
    assert later.measured == []


def test_all_that_changed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(tmp_path / "r", Fakes())
    monkeypatch.setattr("poolhouse.survey.run.version", lambda _: "9.9")
    with pytest.raises(
        InvalidInputError, match="another version of poolhouse and other mechanisms, or other"
    ):
        _run(tmp_path / "r", Fakes(version="2"))


# noise


def test_noisy_cells_are_dropped_counted_and_measured_again_so_often(tmp_path: Path) -> None:
    """One mechanism's first attempt at one setting is noisy in each round; another is noisy always in round 0."""
    seen: Counter[tuple[object, ...]] = Counter()

    def foreign(task: Task) -> float:
        key = (task.round, task.mechanism, task.setting)
        seen[key] += 1
        if task.setting.scenario != "burst":
            return 0.0
        if (task.mechanism, task.round) == ("threads", 0):
            return 0.5
        return 0.11 if task.mechanism == "c-epoll" and seen[key] == 1 else 0.1

    found = _run(tmp_path / "r", Fakes(foreign=foreign))
    dropped = Counter((each.mechanism, each.round) for each in found.cells if each.dropped)
    assert dropped == {("threads", 0): 3} | {("c-epoll", number): 1 for number in range(4)}
    assert set(_keys(found.counted).values()) == {1}
    assert len(found.counted) == CELLS - 1
    assert {each.attempt for each in found.counted if key_of(each) in _keys(_dropped(found))} == {1}
    assert all(each.dropped.startswith("noisy: others took") for each in found.cells if each.dropped)


def _dropped(found: Result) -> list[Cell]:
    return [each for each in found.cells if each.dropped]


def test_a_machine_that_is_never_quiet_does_not_keep_a_run_for_ever(tmp_path: Path) -> None:
    found = _run(tmp_path / "r", Fakes(foreign=lambda _: 1.0))
    assert found.counted == []
    assert len(found.cells) == CELLS + CELLS // 4
    assert found.end is not None


# failing


def test_what_failed_twice_is_not_tried_with_as_many_connections_again(tmp_path: Path) -> None:
    def failure(task: Task) -> str:
        return "it died" if task.mechanism == "threads" and task.setting.size >= 1000 else ""

    fakes = Fakes(failure=failure)
    options = RunOptions(profile="full", mechanisms=("threads",), scenarios=("burst",), rounds=6, seed=1)
    found = _run(tmp_path / "r", fakes, options)
    failed = [each for each in found.cells if each.failure]
    assert {each.mechanism for each in failed} == {"threads"}
    tried = [each for each in failed if not each.failure.startswith(NOT_TRIED)]
    # every cell is there, whether it was tried or not: one size in all rounds, four settings in every second
    assert len(found.cells) == 3 * (6 + 4 * 3)
    assert {each.parameters["connections"] for each in failed} == {1000, 4000, 10_000}
    assert {each.parameters["backlog"] for each in found.cells} == {50, 4096}
    for place, cell in enumerate(failed):
        earlier = [each for each in failed[:place] if each in tried and _is_within(each, cell)]
        assert cell.failure.startswith(NOT_TRIED) == (len(earlier) >= 2)
    assert len(fakes.measured) == len(found.cells) - (len(failed) - len(tried))


def _is_within(one: Cell, other: Cell) -> bool:
    mine, theirs = one.parameters, other.parameters
    return bool(mine["backlog"] == theirs["backlog"] and mine["connections"] <= theirs["connections"])


# what is asked for


def test_pictures_are_measured_where_they_are_asked_for(tmp_path: Path) -> None:
    fakes = Fakes()
    found = _run(tmp_path / "r", fakes, RunOptions(profile="quick", scenarios=("images",)))
    assert (len(found.images), found.cells, found.gates, found.canaries) == (1, [], [], [])
    both = _run(
        tmp_path / "both", Fakes(), RunOptions(profile="smoke", scenarios=("images", "burst"), rounds=2)
    )
    assert [each.round for each in both.images] == [0]
    assert {each.scenario for each in both.cells} == {"burst"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (RunOptions(profile="huge"), "profile"),
        (RunOptions(rounds=0), "rounds"),
        (RunOptions(profile="quick", scenarios=("idle",)), "scenarios"),
        (RunOptions(scenarios=("dancing",)), "scenarios"),
    ],
)
def test_what_names_nothing_is_refused_before_a_file_is_made(
    tmp_path: Path, options: RunOptions, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        _run(tmp_path / "r", Fakes(), options)
    assert refused.value.field == field
    assert not (tmp_path / "r").exists()


def test_a_mechanism_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        run_survey(RunOptions(mechanisms=("no such",)), tmp_path / "r")


def test_a_profile_is_narrowed() -> None:
    found = profile_for(RunOptions(profile="full", scenarios=("closed",), transports=("unix",), rounds=2))
    assert found.rounds == 2
    assert found.images_rounds == 0
    assert {(each.scenario, each.transport) for each in found.settings} == {("closed", "unix")}
    assert profile_for(RunOptions(profile="full")).images_rounds == plan.FULL.images_rounds


# progress


def test_whoever_waits_hears_of_every_cell(tmp_path: Path) -> None:
    heard: list[Progress] = []
    _run(tmp_path / "r", Fakes(), progress=heard.append)
    assert {each.total for each in heard} == {CELLS + 3}
    assert [each.done for each in heard] == sorted(each.done for each in heard)
    assert heard[-1].done == CELLS + 2
    assert sum(" 1,000" in each.what for each in heard) == 12
    assert all(each.remaining_seconds >= 0 for each in heard)


def test_a_resumed_run_begins_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "r", Fakes(stops_after=20))
    heard: list[Progress] = []
    _run(tmp_path / "r", Fakes(), progress=heard.append)
    assert (heard[0].done, heard[-1].done, heard[-1].total) == (3 + 20, CELLS + 2, CELLS + 3)


def test_what_remains_is_guessed_by_what_was() -> None:
    now = 100.0
    heard: list[Progress] = []
    pace = Pace(heard.append, lambda: now)
    pace.expect(30.0, 3)
    pace.begin("a")
    now += 20
    pace.finish(10.0)
    pace.begin("b")
    pace.forget(10.0)
    pace.begin("c")
    assert [(each.done, each.total, each.remaining_seconds) for each in heard] == [
        (0, 3, 30.0),
        (1, 3, 40.0),
        (2, 3, 20.0),
    ]


def test_a_file_says_what_it_is_in_its_first_line(tmp_path: Path) -> None:
    found = _run(tmp_path / "r", Fakes())
    assert read_records(tmp_path / "r")[0] == found.run
    assert (found.run.profile, found.run.seed, found.run.command) == ("quick", 5, "survey run")
