"""Cell: one strategy doing one transform, measured in a process of its own, which is `python -m` this module.

A fresh process has no heap that an earlier cell has stretched and no thread that it left, and its processor time and
memory, with those of all that it starts, are the strategy's alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from poolhouse.survey.images.strategies import STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS, TWELVE_MEGAPIXELS, Size, picture
from poolhouse.survey.lateness import Ticker
from poolhouse.survey.spread import percentile
from poolhouse.survey.usage import foreign_share, forget_peaks, peak_mib, usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from poolhouse.survey.images.strategies import Studio

IDLE = "idle"
"""The strategy that does nothing: what the ticker finds on this machine when the loop has nothing else to do."""
_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a cell is to measure: one picture more than there are workers, each changed so many `times`.

    One more, so that it can travel while all of them work. For `idle`, `times` is seconds.
    """

    transform: str
    strategy: str
    times: int = 2
    workers: int = 2
    width: int = TWELVE_MEGAPIXELS.width
    height: int = TWELVE_MEGAPIXELS.height
    tick_ms: int = 5
    seed: int = 1

    @property
    def size(self) -> Size:
        """Of each picture."""
        return Size(self.width, self.height)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return self.workers + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What came out. Processor time and peak memory are of all its processes; `ticks_ms` are lateness.

    `changes` is how many pictures were changed, each time counted. `pixels` is the SHA-256 of what they all became:
    the same for every strategy.
    """

    transform: str
    strategy: str
    changes: int
    seconds: float
    cpu_seconds: float
    foreign_share: float
    peak_mib: float
    ticks: int
    tick_p50_ms: float
    tick_p99_ms: float
    tick_max_ms: float
    pixels: str

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.changes / self.seconds


def measure(asked: Asked) -> Cell:
    """Measure a cell in a new process. Raises ChildProcessError, with what it said, where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps(asdict(asked))],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ChildProcessError(f"{asked.strategy} of {asked.transform} failed: {done.stderr}")
    return Cell(**json.loads(done.stdout))


async def measure_here(asked: Asked) -> Cell:
    """Measure a cell on the running loop. Every picture is changed once before anything counts."""
    if asked.strategy == IDLE:
        return await _measured(asked, asyncio.sleep(asked.times), 0, lambda: "")
    strategy = STRATEGIES[asked.strategy]
    change = _one_by_one if strategy.is_serial else _at_a_time
    async with strategy.open(TRANSFORMS[asked.transform], asked.size, asked.workers) as studio:
        for number in range(asked.count):
            studio.put(picture(asked.size, asked.seed + number))
        await change(studio, asked.count, 1)
        work = change(studio, asked.count, asked.times)
        return await _measured(asked, work, asked.count * asked.times, lambda: _pixels(studio, asked.count))


async def _measured(asked: Asked, work: Awaitable[None], changes: int, pixels: Callable[[], str]) -> Cell:
    pid = os.getpid()
    forget_peaks(pid)
    before = usage(pid)
    ticker = Ticker(asyncio.get_running_loop(), interval_ms=asked.tick_ms)
    await work
    late_ms = ticker.stop()
    after = usage(pid)
    told = late_ms or [0.0]  # it was over before the first tick
    return Cell(
        transform=asked.transform,
        strategy=asked.strategy,
        changes=changes,
        seconds=after.at - before.at,
        cpu_seconds=after.own_cpu - before.own_cpu,
        foreign_share=foreign_share(before, after, len(os.sched_getaffinity(0))),
        peak_mib=peak_mib(pid),
        ticks=len(late_ms),
        tick_p50_ms=percentile(told, 0.5),
        tick_p99_ms=percentile(told, 0.99),
        tick_max_ms=max(told),
        pixels=pixels(),
    )


async def _one_by_one(studio: Studio, count: int, times: int) -> None:
    for _ in range(times):
        for number in range(count):
            await studio.change(number)


async def _at_a_time(studio: Studio, count: int, times: int) -> None:
    """Have all pictures under way at a time, each as often."""

    async def go_on(number: int) -> None:
        for _ in range(times):
            await studio.change(number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(go_on(number))


def _pixels(studio: Studio, count: int) -> str:
    found = sha256()
    for number in range(count):
        found.update(studio.pixels(number))
    return found.hexdigest()


def _new_loop() -> asyncio.AbstractEventLoop:
    """The loop that the server runs on, where it is here."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


def main() -> None:
    """Measure what the first argument asks for."""
    asked = Asked(**json.loads(sys.argv[1]))
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        sys.stdout.write(json.dumps(asdict(runner.run(measure_here(asked)))))


if __name__ == "__main__":
    main()
