"""`python -m bench`: measure, say what came out, write it down and draw it. Also: `workshop` (heavy work), `mail`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import mail, workshop
from bench.figures import lines
from bench.plot import draw
from bench.processes import cores
from bench.questions import QUESTIONS
from bench.report import all_figures, read_result, result_of, write_result
from bench.rounds import QUICK, Plan, chosen, run

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status: 1 where a goal was missed and `--check` was given."""
    if arguments is None:
        arguments = sys.argv[1:]
    if arguments[:1] == ["workshop"]:
        return workshop.main(arguments[1:], RESULTS)
    if arguments[:1] == ["mail"]:
        return mail.main(arguments[1:], RESULTS)
    given = _parser().parse_args(arguments)
    output: Path = given.output
    if not given.redraw:
        plan = QUICK if given.quick else Plan()
        plan = replace(plan, seed=given.seed, questions=chosen(given.only), turns=given.turns or plan.turns)
        with tempfile.TemporaryDirectory(prefix="poolhouse-bench-", dir=given.place) as place:
            outcome = run(plan, Path(place), cores(), _say)
        words = ["python", "-m", "bench", *arguments]
        write_result(output / "result.json", result_of(plan, outcome, " ".join(words)))
    result = read_result(output / "result.json")
    found = all_figures(result)
    for line in lines(found):
        print(line)
    draw(found, output, str(result["machine"]["processor"]))
    _say(f"written to {output}")
    return int(given.check and not all(figure.is_held for figure in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the server beside nginx, and draw the graph."
    )
    parser.add_argument(
        "--quick", action="store_true", help="small stores and two short rounds: a rough look"
    )
    parser.add_argument("--check", action="store_true", help="fail where the median misses a goal")
    parser.add_argument("--turns", type=int, metavar="NUMBER", help=f"rounds (default {Plan().turns})")
    parser.add_argument("--seed", type=int, default=Plan().seed, help="of the data and of the order")
    parser.add_argument(
        "--only",
        nargs="+",
        default=(),
        choices=[question.name for question in QUESTIONS],
        metavar="QUESTION",
        help="only these: %(choices)s",
    )
    parser.add_argument(
        "--place", metavar="DIR", help="where the stores are made for the run (default: the system's)"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="DIR", help="where the result goes")
    parser.add_argument("--redraw", action="store_true", help="measure nothing: draw what --output holds")
    return parser


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
