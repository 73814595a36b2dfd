"""`poolhouse survey`: what it says, to people and to programs, and what it says when something is amiss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.cli import main
from poolhouse.cli.survey_measure import command_line, left, sparse
from poolhouse.survey import INSTALL
from poolhouse.survey.mechanisms.mechanism import Availability
from poolhouse.survey.progress import Progress
from poolhouse.survey.records import read_result
from tests.survey.made import MODELS, Maker, write_made

if TYPE_CHECKING:
    from poolhouse.survey.records import Result
    from poolhouse.survey.run import RunOptions


class Survey:
    """Runs its commands; knows what they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        assert main(["survey", *arguments]) == status
        printed = self._capsys.readouterr()
        return printed.out, printed.err

    def ask(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*arguments, "--json")[0].splitlines()]


@pytest.fixture
def survey(capsys: pytest.CaptureFixture[str]) -> Survey:
    return Survey(capsys)


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_made(tmp_path_factory.mktemp("made") / "made.jsonl", Maker(5, models=MODELS[:4]).result())


def test_the_list_says_what_runs_here_and_why_not(survey: Survey) -> None:
    listed = {each["name"]: each for each in survey.ask("list")}
    assert len(listed) >= 30
    assert listed["selectors-epoll"]["is_available"]
    assert all(each["is_available"] != bool(each["reason"]) for each in listed.values())
    out, _ = survey.run("list")
    lines = {line.split()[0]: line for line in out.splitlines() if line.split()[0] in listed}
    assert lines.keys() == listed.keys()
    for name, each in listed.items():
        assert lines[name].endswith("runs here" if each["is_available"] else each["reason"])


def test_a_report_says_where_it_is(survey: Survey, made_file: Path, tmp_path: Path) -> None:
    out, _ = survey.run("report", str(made_file), "--out", str(tmp_path / "drawn"), "--formats", "svg")
    assert out.splitlines()[:2] == [str(tmp_path / "drawn" / name) for name in ("report.md", "report.html")]
    (said,) = survey.ask(
        *(
            "report",
            str(made_file),
            "--out",
            str(tmp_path / "again"),
            "--formats",
            "svg",
            "--no-page",
            "--noisy",
        )
    )
    assert said["page"] is None
    assert "NOISY" in (tmp_path / "again" / "cost.svg").read_text("utf-8")
    assert (tmp_path / "again" / "report.md").exists()


def test_two_results_are_compared(survey: Survey, made_file: Path) -> None:
    out, _ = survey.run("compare", str(made_file), str(made_file))
    assert "0 not alike" in out
    assert "| figure and setting | mechanism |" in out
    (said,) = survey.ask("compare", str(made_file), str(made_file))
    assert said["alike"] > 0
    assert (said["not_alike"], said["reversed"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", "/nonexistent"), "/nonexistent: cannot be read: No such file"),
        (("report", "{odd}"), "is no result of a survey"),
        (("compare", "{made}", "{odd}"), "is no result of a survey"),
        (("compare", "{made}", "{bare}"), "no setting in common"),
        (("report", "{bare}"), "no measured cells yet"),
        (("check", "no-such-thing"), "no such mechanism"),
        (("run", "--rounds", "0", "--out", "{new}"), "rounds: there has to be one"),
        (("run", "--mechanisms", "no-such-thing", "--out", "{new}"), "no such mechanism"),
        (("run", "--out", "{made}"), "other options"),
    ],
)
def test_a_refusal_says_why(
    survey: Survey, made_file: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    bare = write_made(tmp_path / "bare.jsonl", _without_cells(read_result(made_file)))
    odd = tmp_path / "odd"
    odd.write_text("{}\n")
    names = {"made": made_file, "bare": bare, "odd": odd, "new": tmp_path / "new.jsonl"}
    before = made_file.read_bytes()
    out, err = survey.run(*(each.format(**names) for each in arguments), status=1)
    assert not out
    assert words in err
    assert "Traceback" not in err
    assert made_file.read_bytes() == before


def _without_cells(result: Result) -> Result:
    return type(result)(run=result.run)


def test_without_its_libraries_the_report_says_what_to_install(
    survey: Survey, made_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.survey.report.drawing.find_spec", lambda _: None)
    _, err = survey.run("report", str(made_file), status=1)
    assert INSTALL in err


def test_what_it_says_to_install_is_there(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "poolhouse.survey.mechanisms.catalogue.availability",
        lambda _: Availability(version="", is_available=False, reason="trio is not installed"),
    )
    assert survey.run("list")[0].endswith(f"More of them: {INSTALL}\n")
    command, target = INSTALL.partition(",")[0].split()
    assert command == "make"
    assert f"\n{target}:" in (Path(__file__).parents[3] / "Makefile").read_text("utf-8")


def test_a_run_is_told_what_was_asked_and_says_how_far_it_is(
    survey: Survey, made_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RunOptions] = []

    def run(options: RunOptions, out: Path, *, progress: Any) -> Result:
        asked.append(options)
        for done in range(100):
            progress(Progress(done=done, total=100, what=f"step {done}", remaining_seconds=4000 - 40 * done))
        return read_result(out)

    monkeypatch.setattr("poolhouse.survey.run.run_survey", run)
    words = (
        "run",
        "--full",
        "--scenarios",
        "burst",
        "idle",
        "--mechanisms",
        "trio",
        "--seed",
        "5",
    )
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/poolhouse", "survey", *words])
    out, err = survey.run(*words, "--out", str(made_file))
    (options,) = asked
    assert (options.profile, options.scenarios, options.mechanisms) == ("full", ("burst", "idle"), ("trio",))
    assert (options.seed, options.rounds, options.transports) == (5, None, ())
    assert options.command == f"poolhouse survey {' '.join(words)}"
    assert len(err.splitlines()) == 10
    assert err.splitlines()[0] == "0 of 100 done, 67 min left: step 0"
    assert f"poolhouse survey report {made_file}" in out
    assert survey.ask(*words, "--out", str(made_file))[0]["mechanisms"] == [
        model.name for model in MODELS[:4]
    ]


def test_broken_off_it_says_how_to_go_on(
    survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> Result:
        raise KeyboardInterrupt

    monkeypatch.setattr("poolhouse.survey.run.run_survey", run)
    _, err = survey.run("run", "--out", str(tmp_path / "half.jsonl"), status=130)
    assert f"--out {tmp_path / 'half.jsonl'}" in err


def test_times_to_wait_and_commands_in_words() -> None:
    assert [left(each) for each in (0.4, 89, 100, 5000, 7500)] == [
        "0 s",
        "89 s",
        "2 min",
        "83 min",
        "2 h 05 min",
    ]
    assert (
        command_line(["/x/poolhouse", "survey", "run", "--out", "a b"]) == "poolhouse survey run --out 'a b'"
    )
    said: list[str] = []
    hear = sparse(said.append)
    for done in (0, 0, 1, 2, 19, 20, 20):
        hear(Progress(done=done, total=20, what="x", remaining_seconds=0))
    assert [line.split(" done")[0] for line in said] == ["0 of 20", "2 of 20", "19 of 20", "20 of 20"]


@pytest.mark.slow
def test_the_gate_says_what_passed(survey: Survey) -> None:
    out, _ = survey.run("check", "selectors-epoll")
    assert out.startswith("selectors-epoll: ")
    (said,) = survey.ask("check", "selectors-epoll")
    assert all(each["is_passed"] or not each["is_excluding"] for each in said["checks"])


@pytest.mark.slow
def test_measured_and_drawn(survey: Survey, tmp_path: Path) -> None:
    """The smallest real run there is: the references, one scenario, one round."""
    file = tmp_path / "tiny.jsonl"
    survey.run("run", "--profile", "smoke", "--scenarios", "closed", "--transports", "tcp", "--seed", "1",
               "--mechanisms", "selectors-poll", "--out", str(file))  # fmt: skip
    result = read_result(file)
    assert {cell.mechanism for cell in result.cells} == {"c-epoll", "selectors-epoll", "selectors-poll"}
    assert result.end is not None
    survey.run("report", str(file), "--noisy", "--formats", "svg")
    text = (tmp_path / "tiny-report" / "report.md").read_text("utf-8")
    assert "too few rounds (1, at least 5 are needed)" in text
    again, _ = survey.run("run", "--profile", "smoke", "--scenarios", "closed", "--transports", "tcp", "--seed", "1",
                          "--mechanisms", "selectors-poll", "--out", str(file))  # fmt: skip
    assert "3 mechanisms" in again
    assert read_result(file).cells == result.cells
