"""What `poolhouse survey list`, `check` and `run` do."""

from __future__ import annotations

import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from poolhouse.cli._shared import output_of
from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from poolhouse.cli._progress import Progress as Bar
    from poolhouse.survey.gate import Outcome
    from poolhouse.survey.run import Progress

_NOISE: Final = (
    "\nOthers took so much of this machine that most does not count: measure again when it is quiet."
)
_CHECKED_AT_ONCE: Final = 3


def run_list(arguments: argparse.Namespace) -> int:
    """One line a mechanism."""
    from poolhouse.survey import INSTALL
    from poolhouse.survey.mechanisms.catalogue import availability, mechanisms

    output, known = output_of(arguments), mechanisms()
    found = [(each, availability(each.name)) for each in known]
    for each, state in found:
        said = "runs here" if state.is_available else state.reason
        output.say(
            f"{each.name:<25}{state.version:<12}{said}".rstrip(),
            {
                "name": each.name,
                "family": each.family,
                "title": each.title,
                "note": each.note,
                "transports": list(each.transports),
                "connection_limit": each.connection_limit,
                "version": state.version,
                "licence": state.licence,
                "is_available": state.is_available,
                "reason": state.reason,
            },
        )
    if not output.is_json and any("not installed" in state.reason for _, state in found):
        print(f"More of them: {INSTALL}")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Each mechanism with its checks; those that did not pass with the reason."""
    from poolhouse.survey.gate import check_mechanism, may_be_timed
    from poolhouse.survey.mechanisms.catalogue import availability, mechanisms

    output = output_of(arguments)
    names = arguments.names or [each.name for each in mechanisms() if availability(each.name).is_available]
    for name in names:  # what cannot run is said before anything is tried
        if not (state := availability(name)).is_available:
            raise InvalidInputError(name, state.reason)
    refused = 0
    # what is checked is waited for more than it computes
    with (
        output.progress("checking", "mechanisms") as progress,
        ThreadPoolExecutor(_CHECKED_AT_ONCE) as threads,
    ):
        progress(0, len(names))
        asked = threads.map(lambda name: list(check_mechanism(name)), names)
        for done, (name, outcomes) in enumerate(zip(names, asked, strict=True), 1):
            refused += not may_be_timed(outcomes)
            progress.clear()
            data = {"mechanism": name, "checks": [asdict(each) for each in outcomes]}
            output.say(_checked(name, outcomes), data)
            progress(done, len(names))
    return 1 if refused else 0


def _checked(name: str, outcomes: Sequence[Outcome]) -> str:
    failed = [each for each in outcomes if not each.is_passed]
    reasons = {each.reason for each in failed}
    if len(failed) == len(outcomes) and len(reasons) == 1:  # it does not even start
        return f"{name}: {reasons.pop()}"
    lines = [
        f"  {each.check}{'' if each.is_excluding else ' (timed all the same)'}: {each.reason}"
        for each in failed
    ]
    return "\n".join([f"{name}: {len(outcomes) - len(failed)} of {len(outcomes)} checks passed", *lines])


def run_run(arguments: argparse.Namespace) -> int:
    """Measure, and say how far it is: a bar on a terminal, else a line a tenth."""
    from poolhouse.survey.run import RunOptions, run_survey

    output = output_of(arguments)
    out = arguments.out or Path(f"survey-{arguments.profile}.jsonl")
    options = RunOptions(
        profile=arguments.profile,
        mechanisms=tuple(arguments.mechanisms),
        scenarios=tuple(arguments.scenarios),
        transports=tuple(arguments.transports),
        rounds=arguments.rounds,
        seed=arguments.seed,
        command=command_line(sys.argv),
    )
    is_terminal = sys.stderr.isatty()
    try:
        with output.progress("measuring", "steps") as bar:
            say = (
                _draw(bar)
                if is_terminal or output.is_json
                else sparse(lambda line: print(line, file=sys.stderr, flush=True))
            )
            result = run_survey(options, out, progress=say)
    except OSError as error:
        raise InvalidInputError(str(out), error.strerror or str(error)) from error
    except KeyboardInterrupt:
        print(
            f"\npoolhouse: {out} has what was measured; the same command with --out {out} goes on",
            file=sys.stderr,
        )
        raise
    failed = sum(bool(cell.failure) for cell in result.counted)
    noise = "" if 2 * len(result.counted) >= len(result.cells) else _NOISE
    output.say(
        f"{out}: {len(result.run.mechanisms)} mechanisms, {len(result.cells):,} cells, of which"
        f" {len(result.counted):,} count and {failed:,} failed. Draw it: poolhouse survey report {out}{noise}",
        {
            "result": str(out),
            "id": result.run.id,
            "mechanisms": [each.name for each in result.run.mechanisms],
            "cells": len(result.cells),
            "counted": len(result.counted),
            "failed": failed,
        },
    )
    return 0


def command_line(arguments: Sequence[str]) -> str:
    """What somebody typed, as it stands in a result: without the place where the program lies."""
    return shlex.join(["poolhouse", *arguments[1:]])


def _draw(bar: Bar) -> Callable[[Progress], None]:
    def say(progress: Progress) -> None:
        bar.doing(f"{left(progress.remaining_seconds)} left, {progress.what}")
        bar(progress.done, progress.total)

    return say


def sparse(say: Callable[[str], object]) -> Callable[[Progress], None]:
    """For who reads it later: a line at the beginning and at each tenth."""
    told = -1

    def hear(progress: Progress) -> None:
        nonlocal told
        tenth = 10 * progress.done // max(progress.total, 1)
        if tenth > told:
            told = tenth
            done = f"{progress.done:,} of {progress.total:,} done"
            say(f"{done}, {left(progress.remaining_seconds)} left: {progress.what}")

    return hear


def left(seconds: float) -> str:
    """A time to wait, as one says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
