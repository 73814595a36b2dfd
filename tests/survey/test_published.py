"""The published survey: its results are read by this version, and its page says what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolhouse.survey.records import Result, read_result
from poolhouse.survey.report.comparing import compare_results
from poolhouse.survey.statistics import compare

EXPLANATION = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = (EXPLANATION / "survey.md").read_text("utf-8")
FIRST, SECOND, THIRD = (EXPLANATION / "survey" / f"{name}.jsonl.gz" for name in ("survey", "again", "closed"))


@pytest.fixture(scope="module")
def first() -> Result:
    return read_result(FIRST)


def test_it_is_whole_and_of_many(first: Result) -> None:
    assert first.end is not None
    assert len({cell.mechanism for cell in first.counted if not cell.failure}) >= 25


@pytest.mark.parametrize(("mode", "column"), [("one-shot", 2), ("keep-alive", 3)])
def test_its_table_has_the_medians_of_the_result(first: Result, mode: str, column: int) -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ") and "·" in line]
    told = {row[1].strip(): row[column].strip().partition(" · ")[0] for row in rows if len(row) > 6}
    assert _medians(first, mode, "tcp").items() <= told.items()


def test_its_table_beside_af_unix_has_the_medians_of_that_result() -> None:
    table = PAGE.partition("keep-alive, AF_UNIX |\n")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    third = read_result(THIRD)
    kinds = [(mode, transport) for mode in ("one-shot", "keep-alive") for transport in ("tcp", "unix")]
    columns = [_medians(third, mode, transport) for mode, transport in kinds]
    assert len(rows) > 10
    assert rows == [[title, *(medians[title] for medians in columns)] for title, *_ in rows]


@pytest.mark.parametrize(("other", "least"), [(SECOND, 1_000), (THIRD, 900)])
def test_another_run_agrees_on_what_both_resolve(first: Result, other: Path, least: int) -> None:
    found = compare_results(first, read_result(other))
    assert found.same > least
    assert f"{found.same:,} pairs" in PAGE
    assert found.reversed == 0


def _medians(result: Result, mode: str, transport: str) -> dict[str, str]:
    """Microseconds of the server's processor time a request in closed loops, as the page writes them, by title."""
    cells = [
        cell
        for cell in result.counted
        if (cell.scenario, cell.transport, cell.parameters["mode"]) == ("closed", transport, mode)
    ]
    titles = {each.name: each.title for each in result.run.mechanisms}
    medians = {
        titles[name]: each.value.median for name, each in compare(cells, "server_cpu_us_per_request").items()
    }
    return {title: f"{median:.{0 if median >= 100 else 1}f}" for title, median in medians.items()}
