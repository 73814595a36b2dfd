"""The workshop's questions: what is made of their answers, and one short run of all of them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bench.findings import Finding, findings, idle_tick_p99, lines
from bench.heavy import make_heavy
from bench.programs import PAGE, PUBLISHED
from bench.tables import replace_tables, tables
from bench.workshop import QUESTIONS, main
from bench.workshop_plot import draw_images
from poolhouse.survey.images.cell import IDLE, Cell
from poolhouse.survey.images.runs import Images, Plan, result_of
from poolhouse.survey.spread import Spread

ROOT = Path(__file__).parents[2]
STRATEGIES = {"inline": (3.0, 600.0), "threads": (1.7, 50.0), "pickled": (2.5, 30.0), "blocks": (1.5, 4.0)}


def _cell(transform: str, strategy: str, seconds: float, tick_ms: float) -> Cell:
    return Cell(
        transform=transform,
        strategy=strategy,
        changes=0 if strategy == IDLE else 6,
        seconds=seconds,
        cpu_seconds=3.0,
        foreign_share=0.0,
        peak_mib=300.0,
        ticks=300,
        tick_p50_ms=tick_ms / 2,
        tick_p99_ms=tick_ms,
        tick_max_ms=tick_ms * 2,
        pixels="the same",
    )


def _images() -> dict[str, Any]:
    images = Images(plan=Plan(turns=2))
    for slowness in (1.0, 2.0):
        images.rounds.append(
            [
                _cell("", IDLE, 1.0, 0.9),
                *(
                    _cell(transform, strategy, seconds * slowness, tick_ms)
                    for transform in ("pillow", "python")
                    for strategy, (seconds, tick_ms) in STRATEGIES.items()
                ),
            ]
        )
    return result_of(images)


def _small(rate: float, cpu_us: float) -> dict[str, Any]:
    told = {"space": (rate, cpu_us), "executor": (4500.0, 180.0), "loky": (3000.0, 160.0)}
    return {
        "foreign_share": 0.0,
        "contenders": [
            {"contender": f"{name}{mark}", "jobs_a_second": found, "cpu_us": cpu}
            for name, (found, cpu) in told.items()
            for mark in ("", " mapped")
        ],
    }


def _result() -> dict[str, Any]:
    late = {"count": 1000, "p50_ms": 0.6, "p99_ms": 12.0, "max_ms": 20.0}
    loop = {"ticks": late, "answers": late, "idle_ticks": late, "busy_share": 0.97, "foreign_share": 0.0}
    calm = {**loop, "ticks": {**late, "p99_ms": 4.0}}
    ours = {"jobs_a_second": 4500.0, "cpu_microseconds_a_job": 250.0, "foreign_share": 0.0}
    return {
        "images": _images(),
        "loop_delay": [loop, calm, calm],
        "small_jobs": [_small(5000.0, 150.0), _small(4000.0, 160.0), _small(1000.0, 170.0)],
        "durable_jobs": [ours, {**ours, "jobs_a_second": 2000.0}, {**ours, "jobs_a_second": 2500.0}],
    }


def _found(result: dict[str, Any]) -> dict[str, Finding]:
    return {each.name: each for each in findings(result)}


def test_goals_are_bounds_from_above_and_from_below() -> None:
    spread = Spread(median=5.0, low=1.0, high=9.0, count=3)
    finding = Finding(name="a", sentence="a", unit="ms", spread=spread)
    assert finding.is_held
    assert [replace(finding, at_most=bound).is_held for bound in (4.9, 5.0)] == [False, True]
    assert [replace(finding, at_least=bound).is_held for bound in (5.0, 5.1)] == [True, False]


def test_findings_are_medians_and_say_which_goals_are_missed() -> None:
    found = _found(_result())
    assert found["images-pillow-blocks-ratio"].spread.median == 2.0
    assert found["images-pillow-blocks-ratio"].at_least == 1.8
    assert found["images-pillow-blocks-tick"].is_held
    assert found["images-pillow-threads-tick"].at_most is None
    assert found["images-python-blocks-ratio"].at_least is None
    assert found["loop-tick"].spread.median == 4.0
    assert found["loop-tick"].is_held
    assert found["durable-jobs"].spread.median == 2500
    assert not found["durable-jobs"].is_held


def test_small_jobs_are_held_against_the_better_executor_of_each_round() -> None:
    found = _found(_result())
    assert found["small-jobs-rate"].spread.median == pytest.approx(4000 / 4500)
    assert not found["small-jobs-rate"].is_held
    assert found["small-jobs-cpu"].spread.median == 1.0
    assert found["small-jobs-cpu"].is_held
    assert found["small-jobs-mapped-rate"].at_least is None
    assert found["small-jobs-loky-cpu"].spread.median == 160


def test_rounds_that_others_disturbed_are_left_out_where_there_are_others() -> None:
    result = _result()
    result["durable_jobs"][0]["foreign_share"] = 0.4
    durable = _found(result)["durable-jobs"]
    assert (durable.spread.count, durable.is_noisy) == (2, False)
    for cell in result["durable_jobs"]:
        cell["foreign_share"] = 0.4
    durable = _found(result)["durable-jobs"]
    assert (durable.spread.count, durable.is_noisy) == (3, True)
    assert "n=3, noisy]" in "".join(lines([durable]))
    assert any("(noisy)" in line for line in tables(findings(result)))


def test_the_lines_say_the_bound_and_what_became_of_it() -> None:
    told = lines(findings(_result()))
    assert sum("held" in line for line in told) == len(
        [each for each in findings(_result()) if each.is_held and (each.at_most or each.at_least)]
    )
    (durable,) = [line for line in told if "durable jobs: put" in line]
    assert "2,500.00 a second" in durable
    assert "goal ≥ 3000: MISSED" in durable


def test_the_tables_have_a_column_a_transform_and_a_row_a_question() -> None:
    made = tables(findings(_result()))
    assert made[0] == "| pictures of 36 MB | Pillow GaussianBlur(4) | equalising in pure Python |"
    assert "| workers, shared blocks | 2.00 of inline, 4.0 ms (n=2) | 2.00 of inline, 4.0 ms (n=2) |" in made
    assert made[6] == "| goal for workers, shared blocks | ≥ 1.8 and ≤ 5 ms | ≤ 5 ms |"
    assert any(line.endswith("| 2,500 a second | ≥ 3,000 |") for line in made)
    assert {line.count("|") for line in made[:7]} == {4}


def test_tables_take_the_place_of_older_ones() -> None:
    made = tables(findings(_result()))
    page = "# Speed\n\n| a | b |\n| 1 | 2 |\n\n{}\n\n- **Pictures**\n"
    assert replace_tables(
        page.format("| pictures of 36 MB | x |\n| --- |\n\n| q |\n| 1 |"), made
    ) == page.format("\n".join(made))
    with pytest.raises(ValueError):
        replace_tables(page, made)


def test_what_is_published_is_what_was_measured() -> None:
    result = json.loads((PUBLISHED / "workshop.json").read_text("utf-8"))
    assert "\n".join(tables(findings(result))) in PAGE.read_text("utf-8")
    assert result["images"]["plan"]["turns"] >= 5


def test_what_was_not_asked_is_not_found() -> None:
    nothing: dict[str, Any] = {name: [] for name in QUESTIONS[1:]}
    assert findings({**nothing, "images": {"cells": []}}) == []
    images = findings({**nothing, "images": _images()})
    assert images
    assert all(each.name.startswith("images-") for each in images)


def test_the_idle_loop_is_the_quiet_one_where_there_was_one() -> None:
    images = _images()
    idle = [cell for cell in images["cells"] if cell["strategy"] == IDLE]
    idle[0].update(foreign_share=0.5, tick_p99_ms=80.0)
    assert idle_tick_p99(images).median == pytest.approx(0.9)
    idle[1].update(foreign_share=0.5)
    assert idle_tick_p99(images).count == 2


def test_the_plot_is_the_same_for_the_same_cells(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (draw_images(_images(), tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in first] == ["workshop.svg", "workshop.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    drawn = first[0].read_text("utf-8")
    for words in (
        "Pillow GaussianBlur(4)",
        "equalising in pure Python",
        "2.00 of inline, 4.0 ms",
        "goal 5 ms",
    ):
        assert words in drawn
    assert "numpy" not in drawn


def test_what_is_heavy_is_the_same_for_a_seed_and_as_large_as_it_says() -> None:
    made = make_heavy(3, page_bytes=300_000, photograph=(400, 300))
    assert made == make_heavy(3, page_bytes=300_000, photograph=(400, 300))
    assert made != make_heavy(4, page_bytes=300_000, photograph=(400, 300))
    assert 300_000 <= len(made.page) < 310_000
    assert made.page.count(b"<img ") >= 2
    assert Image.open(io.BytesIO(made.photograph)).size == (400, 300)
    assert all(url.encode() in made.page or len(made.page) < 1_000_000 for url in made.pictures)


def test_a_result_can_be_drawn_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "workshop.json").write_text(json.dumps(_result()), "utf-8")
    assert main(["--redraw"], tmp_path) == 0
    assert main(["--redraw", "--check"], tmp_path) == 1
    assert "MISSED" in capsys.readouterr().out
    assert (tmp_path / "workshop.svg").is_file()


@pytest.mark.slow
def test_a_short_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "workshop", "--quick", "--output", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "workshop.json").read_text("utf-8"))
    names = {each["name"] for each in result["findings"]}
    assert names >= {"images-pillow-blocks-ratio", "loop-tick", "small-jobs-rate", "durable-jobs"}
    cells = [cell for cell in result["images"]["cells"] if cell["transform"]]
    assert all(cell["changes"] == 3 and cell["seconds"] > 0 for cell in cells)
    # of pictures that small a strategy may use less than the 10 ms that the kernel counts in
    assert sum(cell["cpu_seconds"] for cell in cells) > 0
    assert all(count > 0 for count in result["loop_delay"][0]["done"].values())
    assert "python -m bench workshop --quick" in result["command"]
    assert (tmp_path / "workshop.png").is_file()
