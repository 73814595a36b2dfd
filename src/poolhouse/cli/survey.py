"""`poolhouse survey`: ways of serving many connections, measured side by side; what came of it, drawn and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from poolhouse.cli._parser import command, group
from poolhouse.cli.survey_measure import run_check, run_list, run_run
from poolhouse.cli.survey_read import run_compare, run_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_PROFILES: Final = ("smoke", "quick", "full")
_SCENARIOS: Final = ("burst", "idle", "closed", "open", "churn", "heavy", "images")


def add(commands: Any) -> None:
    """Declare the commands."""
    survey = group(
        commands, "survey", "measure ways of serving many connections: list, check, run, report, compare"
    )
    _add_list(survey)
    _add_check(survey)
    _add_run(survey)
    _add_report(survey)
    _add_compare(survey)


def _add_list(survey: Any) -> None:
    _command(
        survey,
        "list",
        run_list,
        "list every mechanism that is known, its version, and whether it runs here or why not",
        "poolhouse survey list",
    )


def _add_check(survey: Any) -> None:
    parser = _command(
        survey,
        "check",
        run_check,
        "put mechanisms through the conformance gate; the exit status is 1 where one may not be timed",
        "poolhouse survey check trio mine:serve",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="their names, or MODULE:FUNCTION (from here); all that run here if none is given",
    )


def _add_run(survey: Any) -> None:
    parser = _command(
        survey,
        "run",
        run_run,
        "measure; a run that was broken off goes on when the same command is given again",
        "poolhouse survey run --quick --out quick.jsonl",
    )
    parser.add_argument(
        "--profile",
        choices=_PROFILES,
        default="quick",
        help="smoke: half a minute, to see that it works; quick: eight mechanisms, minutes; full: all that run here,"
        " an hour (default: %(default)s)",
    )
    for name in ("quick", "full"):
        parser.add_argument(
            f"--{name}", action="store_const", const=name, dest="profile", help=f"as --profile {name}"
        )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the result, JSON lines (default: survey-PROFILE.jsonl)"
    )
    parser.add_argument(
        "--mechanisms", nargs="+", metavar="NAME", default=(), help="only those, and the references"
    )
    parser.add_argument(
        "--scenarios",
        nargs="+",
        choices=_SCENARIOS,
        metavar="NAME",
        default=(),
        help=f"only those: {', '.join(_SCENARIOS)}",
    )
    parser.add_argument(
        "--transports",
        nargs="+",
        choices=("tcp", "unix"),
        metavar="NAME",
        default=(),
        help="only those: tcp, unix",
    )
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="so many; with fewer than five nothing is resolved"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="decides the order and the arrivals (default: by chance)"
    )


def _add_report(survey: Any) -> None:
    parser = _command(
        survey,
        "report",
        run_report,
        "draw a result: sheets of graphs, a page that opens without a network, and text",
        "poolhouse survey report quick.jsonl --out quick-report",
    )
    parser.add_argument(
        "result", type=Path, metavar="FILE", help="what `survey run` wrote, in this version or earlier"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (default: FILE's name with -report)"
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        choices=("svg", "png", "pdf"),
        metavar="NAME",
        default=("svg", "png"),
        help="of the sheets: svg, png, pdf (default: svg png)",
    )
    parser.add_argument(
        "--noisy",
        action="store_true",
        help="count cells too that were dropped as noisy; all that is drawn says so",
    )
    parser.add_argument("--no-page", action="store_true", help="without the interactive page")


def _add_compare(survey: Any) -> None:
    parser = _command(
        survey,
        "compare",
        run_compare,
        "say whether two results agree on what both call resolved, and show their ratios side by side",
        "poolhouse survey compare monday.jsonl tuesday.jsonl",
    )
    parser.add_argument("first", type=Path, metavar="FILE")
    parser.add_argument("second", type=Path, metavar="FILE")


def _command(
    survey: Any, name: str, run: Callable[[argparse.Namespace], int], summary: str, example: str
) -> argparse.ArgumentParser:
    return command(survey, name, run, summary, example, has_data=False)
