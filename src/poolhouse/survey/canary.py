"""Canary: how late a sleeper of 1 ms wakes on each processor. What it finds, no latency measured here can be below.

`python -m poolhouse.survey.canary PROCESSOR SECONDS` sleeps, and prints how late it was as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from poolhouse.survey.lateness import lateness, next_tick
from poolhouse.survey.records import Canary
from poolhouse.survey.spread import percentile

if TYPE_CHECKING:
    from collections.abc import Iterable

_INTERVAL_NS: Final = 1_000_000


def listen_to_canaries(turn: int, processors: Iterable[int], seconds: float) -> Canary:
    """Let one sleep on each processor, all at a time. Costs `seconds` and a little more."""
    running = {
        processor: subprocess.Popen(
            [sys.executable, "-m", __name__, str(processor), str(seconds)], stdout=subprocess.PIPE
        )
        for processor in processors
    }
    late_ms = {number: json.loads(process.communicate()[0]) for number, process in running.items()}
    return Canary(
        round=turn,
        lateness_ms=_percentiles([each for all_of_one in late_ms.values() for each in all_of_one]),
        by_processor={str(number): _percentiles(all_of_one) for number, all_of_one in late_ms.items()},
    )


def sleep_here(seconds: float) -> list[float]:
    """How late each tick of 1 ms came, in milliseconds; a stall's ticks count each."""
    began = time.monotonic_ns()
    wakes = [began]
    while wakes[-1] < began + seconds * 1e9:
        due = next_tick(began, wakes[-1], _INTERVAL_NS)
        time.sleep((due - wakes[-1]) / 1e9)  # how late a sleep ends is what is measured here
        wakes.append(time.monotonic_ns())
    return [late / 1e6 for late in lateness(began, wakes, _INTERVAL_NS)]


def _percentiles(late_ms: list[float]) -> dict[str, float]:
    return {"p50": percentile(late_ms, 0.5), "p99": percentile(late_ms, 0.99)}


def main() -> None:
    """Sleep on the processor that the first argument names for as many seconds as the second says."""
    os.sched_setaffinity(0, [int(sys.argv[1])])
    json.dump(sleep_here(float(sys.argv[2])), sys.stdout)


if __name__ == "__main__":
    main()
