"""Rounds of questions, each asked of a program of its own that prints JSON: shared by `workshop` and `mail`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.survey.usage import foreign_share, usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "speed.md"
PUBLISHED = PAGE.parent / "speed"


def ask(module: str, arguments: Sequence[str], *, timeout_seconds: float) -> dict[str, Any]:
    """What a module's program printed, and the processor's share that others had meanwhile.

    Raises ChildProcessError where it failed.
    """
    before = usage(os.getpid())
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    if done.returncode:
        raise ChildProcessError(f"{module} failed: {done.stderr}")
    share = foreign_share(before, usage(os.getpid()), len(os.sched_getaffinity(0)))
    return {"foreign_share": share, **json.loads(done.stdout)}


def parser_of(
    name: str, description: str, questions: Sequence[str], *, turns: int, seed: int, results: Path, draws: str
) -> argparse.ArgumentParser:
    """The options of `python -m bench NAME`; `draws` is what it publishes beside the result."""
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=description)
    parser.add_argument("--quick", action="store_true", help="one round of little: a rough look")
    parser.add_argument("--check", action="store_true", help="fail where the median misses a goal")
    parser.add_argument("--turns", type=int, metavar="NUMBER", help=f"rounds (default {turns})")
    parser.add_argument("--seed", type=int, default=seed, help="of the data and of the order")
    parser.add_argument(
        "--only", nargs="+", choices=questions, metavar="QUESTION", help="only these: %(choices)s"
    )
    parser.add_argument("--place", metavar="DIR", help="where the stores are made: the disk that is measured")
    parser.add_argument("--output", type=Path, default=results, metavar="DIR", help="where the result goes")
    parser.add_argument(
        "--publish", action="store_true", help=f"into docs/explanation: the result and {draws}"
    )
    parser.add_argument("--redraw", action="store_true", help="measure nothing: tell what --output holds")
    return parser


def add_place(parser: argparse.ArgumentParser) -> None:
    """The options of a question's own program that say where its stores are made."""
    parser.add_argument("--place", metavar="DIR", help="where the stores are made: the disk that is measured")
    parser.add_argument("--keep", action="store_true", help="leave them there")


@contextmanager
def place_of(given: argparse.Namespace) -> Iterator[Path]:
    """A directory for the stores of one question.

    ext4 gives inodes that were freed lately to nobody, and looks through all of them for each new file: what one
    question removed, the next one pays for, with up to 2.5 s for 10,000 files. So in rounds all is removed at the end.
    """
    place = Path(tempfile.mkdtemp(prefix="poolhouse-bench-", dir=given.place))
    try:
        yield place
    finally:
        if not given.keep:
            shutil.rmtree(place)


def say(words: str) -> None:
    """Tell whoever looks on."""
    print(words, file=sys.stderr, flush=True)
