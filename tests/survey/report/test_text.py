"""The text: what must be in it, whatever was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from poolhouse.survey.report.document import document
from poolhouse.survey.report.tables import Table
from poolhouse.survey.report.text import markdown, table_of
from poolhouse.survey.report.view import view_of

if TYPE_CHECKING:
    from poolhouse.survey.records import Result


def text_of(result: Result) -> str:
    return markdown("A survey", document(view_of(result)))


def test_it_says_what_the_numbers_do_not_say_and_all_that_a_reader_needs_to_doubt_them(made: Result) -> None:
    text = text_of(made)
    for words in (
        "## What the numbers do not say",
        "There is no TLS",
        "| subinterpreters | needs Python 3.13, this is 3.11 |",
        "end of file: no FIN after close",
        "poolhouse survey run --full --seed 7 --out made.jsonl",
        "A processor of paper",
        "| descriptors | 20,000 |",
        "| trio | trio | event loop | 1.0 | MIT |",
        "EAGAIN: fork was refused",
        "client-bound",
        "the interval contains 1",
        "ECONNRESET",
        "cells do not count",
        "an interval holds the true median in 96.9 of 100 cases",
        "of a hundred pairs that do not differ, 3.1 are called different by chance",
        "compared with the first of its tier only",
        "| the client itself late, 99 %, µs |",
    ):
        assert words in text, words
    assert "too few rounds" not in text


def test_intervals_say_how_sure_they_are_and_pictures_of_few_rounds_are_not_resolved(made: Result) -> None:
    few = replace(
        made,
        cells=[cell for cell in made.cells if cell.round < 5],
        images=[each for each in made.images if each.round < 3],
    )
    text = text_of(few)
    pictures = (
        text.partition("**Pictures beside a loop**")[2].partition("\n\n")[2].partition("\n\n")[0].splitlines()
    )
    assert pictures[0] == (
        "| what | throughput, of inline | 75 % interval | ticks late, 99 %, ms | 75 % interval | rounds"
        " | throughput resolved |"
    )
    blocks = next(row for row in pictures if row.startswith("| pillow, blocks |"))
    assert blocks.endswith("| 3 | no: too few rounds (3, at least 5 are needed) |")
    (heading, *_) = (line for line in text.splitlines() if line.startswith("| mechanism | median, µs |"))
    assert "| 93.8 % interval |" in heading or "| 87.5 to 93.8 % interval |" in heading
    assert "95 % interval" not in text
    assert "| yes |" in text_of(made).partition("**Pictures beside a loop**")[2]


def test_a_noisy_run_says_what_was_left_out(made: Result) -> None:
    noisy = [
        msgspec.structs.replace(
            cell, dropped="others took 40 % of the processors" if cell.place % 9 == 0 else ""
        )
        for cell in made.cells
    ]
    text = text_of(replace(made, cells=noisy))
    assert "| others took 40 % of the processors |" in text
    assert "**Cells that do not count**" in text


def test_where_everything_is_noisy_the_report_is_not_empty_and_says_so(made: Result) -> None:
    noisy = [
        msgspec.structs.replace(cell, dropped="others took 40 % of the processors") for cell in made.cells
    ]
    result = replace(made, cells=noisy)
    text = text_of(result)
    assert "The machine was not quiet" in text
    assert "Take it as a try" in text
    assert f"{len(noisy):,} cells of which 0 count" in text
    assert "| others took 40 % of the processors |" in text
    assert "EAGAIN: fork was refused" in text
    assert "NOISY" in view_of(result).note()
    half = [msgspec.structs.replace(cell, dropped="noisy" if cell.place % 3 else "") for cell in made.cells]
    text = text_of(replace(made, cells=half))
    assert "more than half of all cells" in text
    assert "Take it as a try" not in text


def test_what_programs_say_does_not_become_markup() -> None:
    table = Table(
        caption="x", columns=("a", "b"), rows=[["a|b", "<b>*bold*</b>\nnext"]], numeric=frozenset({1})
    )
    assert table_of(table).splitlines() == [
        "| a | b |",
        "| --- | ---: |",
        r"| a\|b | \<b\>\*bold\*\</b\> next |",
    ]
