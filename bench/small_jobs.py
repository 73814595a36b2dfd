"""Small jobs a second, and what each costs: our space with its workers beside the executors that people use.

`python -m bench.small_jobs` prints JSON. Each contender runs in a process of its own, in shuffled order, with as many
workers, of the same niceness; processor time is of all its processes. They are asked as a server asks, from an event
loop with so many jobs under way at a time, and again with all jobs at once, `mapped`, which is the least they cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import loky
import uvloop

from bench import small
from poolhouse.space import MemorySpace
from poolhouse.space.keeper import Blocks
from poolhouse.space.pool import WorkerPool
from poolhouse.survey.usage import Usage, foreign_share, usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from concurrent.futures import Executor

    Ask = Callable[[int], Awaitable[int]]

ROOT = Path(__file__).parents[1]
WORKERS = 2
NICENESS = 10
UNDER_WAY = 64
CAPACITY = 100_000  # of entries: all jobs at once have to fit
OURS = "space"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallJobs:
    """What came out for one contender; `cpu_us` is processor time a job in microseconds, of all its processes."""

    contender: str
    jobs: int
    jobs_a_second: float
    cpu_us: float
    foreign_share: float


@asynccontextmanager
async def _opened() -> AsyncIterator[MemorySpace]:
    space = MemorySpace(blocks=Blocks(), capacity_entries=CAPACITY)
    async with WorkerPool(space, [small.__name__], count=WORKERS, niceness=NICENESS, paths=[ROOT]):
        yield space


@asynccontextmanager
async def _space() -> AsyncIterator[Ask]:
    async with _opened() as space:

        async def ask(number: int) -> int:
            call = await space.eval(small.add_entry, number, 1)
            return (await call.take()).total

        yield ask


@asynccontextmanager
async def _executor() -> AsyncIterator[Ask]:
    with _standard() as executor:
        yield _asking(executor)


@asynccontextmanager
async def _loky() -> AsyncIterator[Ask]:
    with _loky_executor() as executor:
        yield _asking(executor)


def _standard() -> Executor:
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(WORKERS, mp_context=context, initializer=os.nice, initargs=(NICENESS,))


def _loky_executor() -> Executor:
    executor: Executor = loky.ProcessPoolExecutor(WORKERS, initializer=os.nice, initargs=(NICENESS,))
    return executor


def _asking(executor: Executor) -> Ask:
    loop = asyncio.get_running_loop()
    return lambda number: loop.run_in_executor(executor, small.add, number, 1)


ASKED = {OURS: _space, "executor": _executor, "loky": _loky}
MAPPED: dict[str, Callable[[], Executor]] = {"executor mapped": _standard, "loky mapped": _loky_executor}
OURS_MAPPED = "space mapped"
CONTENDERS = (*ASKED, *MAPPED, OURS_MAPPED)


async def _measure_asked(contender: str, jobs: int) -> SmallJobs:
    async with ASKED[contender]() as ask:
        await _do_all(ask, jobs // 10)
        before = usage(os.getpid())
        await _do_all(ask, jobs)
        return _told(contender, jobs, before)


async def _do_all(ask: Ask, jobs: int) -> None:
    """So many jobs, `UNDER_WAY` at a time; every answer is looked at."""
    numbers = iter(range(jobs))

    async def go_on() -> None:
        for number in numbers:
            assert await ask(number) == number + 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(UNDER_WAY):
            tasks.create_task(go_on())


def _measure_mapped(contender: str, jobs: int) -> SmallJobs:
    with MAPPED[contender]() as executor:
        assert len([*executor.map(small.add, range(jobs // 10), repeat(1))]) == jobs // 10
        before = usage(os.getpid())
        assert [*executor.map(small.add, range(jobs), repeat(1))] == [*range(1, jobs + 1)]
        return _told(contender, jobs, before)


async def _measure_ours_mapped(jobs: int) -> SmallJobs:
    async with _opened() as space:
        await _map_ours(space, jobs // 10)
        before = usage(os.getpid())
        await _map_ours(space, jobs)
        return _told(OURS_MAPPED, jobs, before)


async def _map_ours(space: MemorySpace, jobs: int) -> None:
    calls = [await space.eval(small.add_entry, number, 1) for number in range(jobs)]
    assert [(await call.take()).total for call in calls] == [*range(1, jobs + 1)]


def _told(contender: str, jobs: int, before: Usage) -> SmallJobs:
    after = usage(os.getpid())
    return SmallJobs(
        contender=contender,
        jobs=jobs,
        jobs_a_second=jobs / (after.at - before.at),
        cpu_us=1e6 * (after.own_cpu - before.own_cpu) / jobs,
        foreign_share=foreign_share(before, after, len(os.sched_getaffinity(0))),
    )


def measure_small_jobs(contender: str, jobs: int) -> SmallJobs:
    """Measure one contender, here."""
    if contender in MAPPED:
        return _measure_mapped(contender, jobs)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if contender == OURS_MAPPED:
            return runner.run(_measure_ours_mapped(jobs))
        return runner.run(_measure_asked(contender, jobs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON: one contender, or all of them, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench.small_jobs", description="Measure small jobs.")
    parser.add_argument("--jobs", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    parser.add_argument("--contender", choices=CONTENDERS, help="only this one, in this process")
    given = parser.parse_args(arguments)
    if given.contender:
        print(json.dumps(asdict(measure_small_jobs(given.contender, given.jobs))))
        return 0
    told = []
    for contender in Random(given.seed).sample(CONTENDERS, len(CONTENDERS)):
        command = [
            sys.executable,
            "-m",
            "bench.small_jobs",
            "--jobs",
            str(given.jobs),
            "--contender",
            contender,
        ]
        told.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
    print(json.dumps({"contenders": told}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
