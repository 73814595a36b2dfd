"""A server that does durable jobs and is killed at it: `python -m tests.crash.jobs DIRECTORY`.

It writes the number of each job to its output once the job's commit is acknowledged, and ends when none is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import ServerLock, open_data
from poolhouse.app.house import RunningHouse
from poolhouse.rules.addresses import Addresses
from poolhouse.space.durable import DurableSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.space.shelf import Shelf

AT_ONCE = 32
FIRSTS = 5_000
"""So many jobs are put at first; each puts another one with its commit, whose number is larger by this."""
ATTEMPT_LIMIT = 3


@dataclass(frozen=True)
class Work:
    """A job; its effect is a row of the table `effect`."""

    KIND: ClassVar[str] = "work"
    number: int


@dataclass(frozen=True)
class Poison:
    """A job that kills the server that does it."""

    KIND: ClassVar[str] = "poison"
    name: str


def main(directory: Path) -> None:
    """Do jobs until none is left."""
    lock = ServerLock(directory)
    clock = SystemClock()
    with closing(open_data(directory, clock)) as data:
        house = RunningHouse(data, clock, Addresses("http://pools.test"))
        asyncio.run(_work_off(house))
        house.close()
    lock.release()


async def _work_off(house: RunningHouse) -> None:
    space = DurableSpace[Any](house.write, house.read, _shelf_of, owner="server", attempt_limit=ATTEMPT_LIMIT)
    with house.commits.listening(space.wake):
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(space.run())
            swallowing = group.create_task(_swallow(space))
            await asyncio.gather(*(_work(space) for _ in range(AT_ONCE)))
            # what was held too often when the server was killed is innocent: a person tries it again
            while dead := [each.id for each in await space.dead_letters() if each.kind == Work.KIND]:
                assert all([await space.retry(each) for each in dead])
                await _work(space)
            keeping.cancel()
            swallowing.cancel()
    await space.close()


async def _work(space: DurableSpace[Any]) -> None:
    while True:
        taking = space.try_take(Work)
        async with taking as job:
            if job is None:
                return
            taking.commit_with(_effect(job.number))
            if job.number < FIRSTS:
                taking.out(Work(job.number + FIRSTS))
        os.write(sys.stdout.fileno(), f"{job.number}\n".encode())


def _effect(number: int) -> Callable[[Any], object]:
    return lambda tx: tx._connection.execute("INSERT INTO effect (number) VALUES (?)", (number,))


async def _swallow(space: DurableSpace[Any]) -> None:
    async with space.take(Poison):
        os.kill(os.getpid(), signal.SIGKILL)


def _shelf_of(tx: Any) -> Shelf:
    shelf: Shelf = tx.tuples
    return shelf


if __name__ == "__main__":
    main(Path(sys.argv[1]))
