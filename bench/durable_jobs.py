"""Durable jobs a second, and what each costs: put, leased, and committed with a row of effect, every one on the disk.

`python -m bench.durable_jobs` prints JSON. Real parts: the store's database, its writer with group commit, the space.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.app.house import RunningHouse
from poolhouse.rules.addresses import Addresses
from poolhouse.space.durable import DurableSpace
from poolhouse.types import ChangeKind, ItemId, PersonId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.space.shelf import Shelf


@dataclass(frozen=True)
class Small:
    """A job that asks for next to nothing: what is measured is the space."""

    number: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableJobs:
    """`jobs` put by as many as `workers` writers at a time, then done by as many takers; seconds of clock and of CPU.

    `put_a_second` and `done_a_second` are the two halves, `jobs_a_second` both together; CPU is of all threads.
    """

    jobs: int
    workers: int
    put_a_second: float
    done_a_second: float
    jobs_a_second: float
    cpu_microseconds_a_job: float


def measure_durable_jobs(place: Path, *, jobs: int = 20_000, workers: int = 256) -> DurableJobs:
    """Measure in a fresh store in `place`."""
    with closing(open_data(place / "store", SystemClock())) as data:
        house = RunningHouse(data, data.database.clock, Addresses("http://pools.test"))
        try:
            return asyncio.run(_measure(house, jobs, workers))
        finally:
            house.close()


async def _measure(house: RunningHouse, jobs: int, workers: int) -> DurableJobs:
    space = DurableSpace(house.write, house.read, _shelf_of, owner="bench")
    with house.commits.listening(space.wake):
        cpu, start = time.process_time(), time.perf_counter()
        await asyncio.gather(*(_put(house, range(each, jobs, workers)) for each in range(workers)))
        middle = time.perf_counter()
        done = asyncio.Event()
        left = [jobs]
        tasks = [asyncio.ensure_future(_work(space, left, done)) for _ in range(workers)]
        await done.wait()
        end = time.perf_counter()
        cpu = time.process_time() - cpu
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await space.close()
    assert house.read(lambda tx: tx.changes.last()) == jobs
    return DurableJobs(
        jobs=jobs,
        workers=workers,
        put_a_second=jobs / (middle - start),
        done_a_second=jobs / (end - middle),
        jobs_a_second=jobs / (end - start),
        cpu_microseconds_a_job=1e6 * cpu / jobs,
    )


async def _put(house: RunningHouse, numbers: range) -> None:
    """As a service does: the job is put by a write of its own."""
    for number in numbers:
        job = Small(number, f"https://site{number}.test/")
        await house.write(lambda tx, job=job: tx.tuples.put(job, label=job.url))  # type: ignore[misc]  # bound at once


async def _work(space: DurableSpace[Transaction], left: list[int], done: asyncio.Event) -> None:
    while True:
        taking = space.take(Small)
        async with taking as job:
            effect = _Effect(job.number)
            taking.commit_with(effect.make)
        left[0] -= 1
        if not left[0]:
            done.set()


@dataclass(frozen=True, slots=True)
class _Effect:
    """A row that is written because the job was done."""

    number: int

    def make(self, tx: Transaction) -> None:
        tx.changes.add(ChangeKind.ITEM_CHANGED, PersonId(1), item_id=ItemId(self.number))


def _shelf_of(tx: Transaction) -> Shelf:
    shelf: Shelf = tx.tuples  # type: ignore[assignment]  # the store's table is both
    return shelf


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.durable_jobs", description="Measure durable jobs.")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=256, help="how many are done at a time")
    parser.add_argument("--place", type=Path, help="where the store is made: the disk that is measured")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="poolhouse-bench-", dir=given.place) as place:
        measured = measure_durable_jobs(Path(place), jobs=given.jobs, workers=given.workers)
    print(json.dumps(asdict(measured), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
