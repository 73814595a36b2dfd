"""Results of earlier versions are read and drawn. Each version that writes them adds files; none is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolhouse.survey.records import read_result
from poolhouse.survey.report.comparing import compare_results
from poolhouse.survey.report.drawing import draw_report

FILES = sorted((Path(__file__).parents[1] / "historic").glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_old_result_can_be_drawn_again(path: Path, tmp_path: Path) -> None:
    result = read_result(path)
    drawn = draw_report(result, tmp_path, formats=["svg"])
    assert {"cost", "throughput", "memory", "noise"} <= {sheet.stem.split("-")[0] for sheet in drawn.sheets}
    text = drawn.text.read_text("utf-8")
    assert all(mechanism.title in text for mechanism in result.run.mechanisms)
    assert drawn.page


def test_what_was_true_of_them_still_is() -> None:
    by_name = {path.stem: read_result(path) for path in FILES}
    made, smoke = by_name["made-0.1.0"], by_name["smoke-0.1.0"]
    assert (len(made.run.mechanisms), len(made.canaries), len(made.gates)) == (3, 2, 13)
    assert {cell.failure for cell in made.cells if cell.failure} == {
        "EMFILE at 1,024 descriptors: ValueError, the server died"
    }
    # measured on a machine that was very busy
    assert (len(smoke.cells), len(smoke.counted), smoke.end is not None) == (30, 0, True)
    assert compare_results(made, made).reversed == 0
