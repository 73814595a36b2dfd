"""Reading messages without a server: for a command that brought many, and ends when they can be searched."""

from __future__ import annotations

import asyncio
import fcntl
import os
from typing import TYPE_CHECKING

from poolhouse.app.data import LOCK_NAME
from poolhouse.app.house import RunningHouse
from poolhouse.app.reading_mail import ReadingMail
from poolhouse.rules.addresses import Addresses
from poolhouse.space import MemorySpace
from poolhouse.space.keeper import Blocks
from poolhouse.space.pool import WorkerPool
from poolhouse.types import ReadMail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.ports import Clock, Transaction
    from poolhouse.space.durable import DurableSpace

MODULES = ("poolhouse.workers.messages",)
PRELOAD = ("poolhouse.workers.mail_reading", "charset_normalizer")


def is_served(directory: Path) -> bool:
    """Whether a server runs on the data directory: whether it holds its lock."""
    try:
        file = os.open(directory / LOCK_NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


async def read_waiting(
    data: OpenData, clock: Clock, *, workers: int, authserv: str, said: Callable[[int], None]
) -> None:
    """Read all messages that wait for it, with at most so many worker processes.

    Some may have come by LMTP before: `authserv` is the mail server that is trusted on who sent those, or "". `said`
    hears of how many more are done. A server that starts meanwhile does the rest with us: who holds a job has a lease
    on it. Raises StoreError.
    """
    house = RunningHouse(data, clock, Addresses(""), authserv=authserv)
    blocks = Blocks()
    memory = MemorySpace(blocks=blocks)
    jobs = house.jobs(f"import-{os.getpid()}")
    reading = ReadingMail(house, memory, blocks, said=said)
    try:
        with house.commits.listening(jobs.wake):
            async with WorkerPool(memory, modules=MODULES, preload=PRELOAD, count=workers):
                keeping = asyncio.create_task(jobs.run())
                try:
                    await _read_all(jobs, reading)
                finally:
                    keeping.cancel()
    finally:
        await jobs.close()
        memory.close()
        house.close()


async def _read_all(jobs: DurableSpace[Transaction], reading: ReadingMail) -> None:
    while True:
        taking = jobs.try_take(ReadMail)
        async with taking as job:
            if job is None:
                return
            await reading.read(taking, job)
