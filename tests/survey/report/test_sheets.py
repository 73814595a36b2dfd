"""The sheets: each is drawn of a made result, says what it should in words, and takes what is odd."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from lxml import etree

from poolhouse.errors import InvalidInputError
from poolhouse.survey.records import Result
from poolhouse.survey.report.drawing import Drawn, draw_report
from poolhouse.survey.report.style import apart, number, short
from tests.survey.made import MODELS, Maker

if TYPE_CHECKING:
    from pathlib import Path

SHEETS = {
    "burst-tcp", "idle-throughput-tcp", "idle-latency-tcp", "latency-rate-tcp", "percentiles-tcp-one-shot", "cost",
    "throughput", "churn", "memory", "ceilings", "images", "noise",
}  # fmt: skip
QUICKLY: Any = {"has_page": False, "formats": ["svg"]}
WITHOUT_MECHANISMS = {"images", "noise"}


def words_of(path: Path) -> set[str]:
    """All text of an SVG; parsing it fails where it is not well-formed."""
    tree = etree.parse(path)
    return {
        "".join(map(str, each.itertext())).strip() for each in tree.iter("{http://www.w3.org/2000/svg}text")
    }


@pytest.fixture(scope="module")
def drawn(made: Result, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return draw_report(made, tmp_path_factory.mktemp("report"), has_page=False)


def test_every_sheet_is_drawn_and_names_its_mechanisms(drawn: Drawn) -> None:
    by_name = {path.stem: path for path in drawn.sheets if path.suffix == ".svg"}
    assert by_name.keys() == SHEETS
    for name, path in by_name.items():
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        words = words_of(path)
        assert any("seed 7" in each and "2026-11-24" in each for each in words), (
            f"{name} does not say where and when"
        )
        if name not in WITHOUT_MECHANISMS:
            assert {model.title for model in MODELS} <= words, name
    text = drawn.text.read_text("utf-8")
    assert all(f"({name}.svg)" in text for name in SHEETS)


def test_what_broke_says_how(drawn: Drawn) -> None:
    directory = drawn.text.parent
    assert {"EMFILE", "EAGAIN"} <= words_of(directory / "burst-tcp.svg")
    assert any("fork was refused" in each for each in words_of(directory / "ceilings.svg"))


def test_the_same_result_gives_the_same_sheets(made: Result, tmp_path: Path) -> None:
    some = replace(made, cells=[cell for cell in made.cells if cell.scenario == "closed"], images=[])
    first, second = (draw_report(some, tmp_path / name, **QUICKLY) for name in "ab")
    assert first.text.read_text() == second.text.read_text()
    for one, other in zip(first.sheets, second.sheets, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("rounds", [1, 2])
def test_few_rounds_are_drawn_too(tmp_path: Path, rounds: int) -> None:
    assert len(draw_report(Maker(rounds, models=MODELS[:4]).result(), tmp_path, **QUICKLY).sheets) == len(
        SHEETS
    )


@pytest.mark.parametrize("scenario", ["burst", "idle", "closed", "open", "churn"])
@pytest.mark.parametrize("is_lonely", [False, True])
def test_one_scenario_is_enough(few: Result, tmp_path: Path, scenario: str, is_lonely: bool) -> None:
    """Also of one mechanism alone, which is not the reference."""
    cells = [
        cell
        for cell in few.cells
        if cell.scenario == scenario and (cell.mechanism == "selectors-poll" or not is_lonely)
    ]
    drawn = draw_report(
        replace(few, cells=cells, images=[], canaries=[], end=None), tmp_path, formats=["svg"]
    )
    assert "broken off" in drawn.text.read_text("utf-8")
    assert drawn.sheets


@pytest.mark.parametrize("change", ["failed", "dropped", "bare"])
def test_cells_that_have_nothing_are_no_reason_to_stop(few: Result, tmp_path: Path, change: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "failed": {"failure": "it would not start", "figures": {}, "latency": {}},
        "dropped": {"dropped": "noisy"},
        "bare": {"figures": {}, "latency": {}},
    }
    cells = [msgspec.structs.replace(cell, **changes[change]) for cell in few.cells]
    drawn = draw_report(replace(few, cells=cells, images=[]), tmp_path, formats=["svg"])
    assert drawn.page


def test_nothing_measured_is_said(made: Result, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no measured cells"):
        draw_report(Result(run=made.run), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_missing_library_is_named_with_what_to_do(
    made: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.survey.report.drawing.find_spec", lambda _: None)
    with pytest.raises(
        InvalidInputError, match="vl-convert-python is not installed: make survey-environment, in the folder"
    ):
        draw_report(made, tmp_path)


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    assert apart([0.5, 0.5, 0.9], 0.1) == pytest.approx([0.45, 0.55, 0.9])
    assert apart([0.1, 0.3], 0.1) == pytest.approx([0.1, 0.3])
    moved = apart([0.3, 0.1, 0.2, 0.25], 0.2)
    assert sorted(range(4), key=moved.__getitem__) == [1, 2, 3, 0]


@pytest.mark.parametrize(
    ("value", "on_axis", "in_table"),
    [
        (0.05, "0.05", "0.0500"),
        (7, "7", "7.00"),
        (123.4, "123", "123"),
        (20_000, "20k", "20,000"),
        (123_456, "123k", "123,000"),
        (1.5e6, "1.5M", "1,500,000"),
        (float("inf"), "∞", "∞"),
    ],
)
def test_numbers_in_words(value: float, on_axis: str, in_table: str) -> None:
    assert (number(value), in_table) == (in_table, in_table)
    if value != float("inf"):
        assert short(value) == on_axis


def test_the_libraries_are_imported_when_something_is_drawn_and_not_before() -> None:
    """`poolhouse survey list` and `run`, and the server's commands, do without them."""
    program = (
        "import sys; from poolhouse.cli import build_parser; build_parser()\n"
        "import poolhouse.survey.report.drawing, poolhouse.survey.report.sheets, poolhouse.survey.report.comparing\n"
        "import poolhouse.survey.report.charts, poolhouse.survey.report.page\n"
        "sys.exit(' '.join({'matplotlib', 'numpy', 'vl_convert'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
