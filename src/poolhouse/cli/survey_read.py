"""What `poolhouse survey report` and `compare` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.cli._shared import output_of
from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from poolhouse.survey.records import Result


def run_report(arguments: argparse.Namespace) -> int:
    """Draw, and say where it is."""
    from poolhouse.survey.report.drawing import draw_report

    output = output_of(arguments)
    result = _read(arguments.result)
    out = arguments.out or arguments.result.with_name(_report_name(arguments.result.name))
    with output.progress("drawing", "files") as progress:
        done = 0

        def say(name: str) -> None:
            nonlocal done
            progress.doing(f"drawing {name}")
            progress(done)
            done += 1

        try:
            drawn = draw_report(
                result,
                out,
                say,
                has_page=not arguments.no_page,
                formats=arguments.formats,
                is_noisy=arguments.noisy,
            )
        except OSError as error:
            raise InvalidInputError(str(out), error.strerror or str(error)) from error
    places = [drawn.text, *([drawn.page] if drawn.page else [])]
    words = "\n".join([*map(str, places), f"{len(drawn.sheets)} sheets beside them"])
    data = {"text": str(drawn.text), "page": str(drawn.page) if drawn.page else None}
    output.say(words, {**data, "sheets": [*map(str, drawn.sheets)]})
    return 0


def _report_name(name: str) -> str:
    return f"{name.removesuffix('.gz').rpartition('.')[0] or name}-report"


def run_compare(arguments: argparse.Namespace) -> int:
    """Say in words what two results have in common, with tables."""
    from poolhouse.survey.report.comparing import compare_results, tables_of
    from poolhouse.survey.report.text import table_of

    found = compare_results(_read(arguments.first), _read(arguments.second))
    if not found.orders:
        raise InvalidInputError(str(arguments.second), "has no setting in common with the other result")
    tables = "\n\n".join(f"{table.caption}\n\n{table_of(table)}" for table in tables_of(found) if table.rows)
    both = found.same + found.reversed
    output_of(arguments).say(
        f"Both resolve {both:,} pairs of mechanisms: {found.same:,} alike, {found.reversed:,} not alike."
        f" {found.overlapping:,} of {len(found.ratios):,} ratios have intervals that overlap.\n\n{tables}",
        {
            "alike": found.same,
            "not_alike": found.reversed,
            "ratios": len(found.ratios),
            "overlapping": found.overlapping,
            "reversed": [
                {"figure": each.figure, "setting": each.setting, "better": better, "worse": worse}
                for each in found.orders
                for better, worse in sorted(each.reversed)
            ],
        },
    )
    return 0


def _read(path: Path) -> Result:
    from poolhouse.survey.records import read_result

    try:
        return read_result(path)
    except OSError as error:
        raise InvalidInputError(str(path), f"cannot be read: {error.strerror}") from error
    except InvalidInputError as error:
        raise InvalidInputError(str(path), f"is no result of a survey: {error.reason}") from error
