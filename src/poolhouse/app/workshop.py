"""Workshop: does the server's jobs. They wait in the store; the light part is done here, the heavy one by workers."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from poolhouse.app.capturing import Capturing
from poolhouse.app.checking import Checking
from poolhouse.app.house import PAUSE_SECONDS, WATCH_SECONDS
from poolhouse.app.importing import Importing
from poolhouse.app.importing_mail import ImportingMail
from poolhouse.app.reading_mail import ReadingMail
from poolhouse.errors import NotHeldError, SpaceClosedError, StoreError
from poolhouse.space import MemorySpace
from poolhouse.space.keeper import Blocks
from poolhouse.space.pool import WorkerPool
from poolhouse.types import CheckLink, ImportFile, ImportMail, ReadMail, ReadPage
from poolhouse.workers import MODULES, PRELOAD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.fetcher import Fetcher
    from poolhouse.ports import Transaction
    from poolhouse.space.durable import DurableSpace
    from poolhouse.space.durable_taking import DurableTaking

    Taking = DurableTaking[Transaction, Any]

Entry = TypeVar("Entry")

OWNER = "server"  # a data directory has one, which holds its lock
READERS = 4
CHECKERS = 2
MAIL_READERS = 4
_log = logging.getLogger("poolhouse.jobs")


class Workshop:
    """The jobs of one server, from the start of `run` to its end. Without a fetcher nothing goes out."""

    def __init__(
        self,
        house: RunningHouse,
        fetcher: Fetcher | None,
        *,
        workers: int,
        lull: Callable[[], Awaitable[None]] | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`workers` is the most processes that do heavy work at a time; `pause` waits so many seconds, `lull` until no
        mail comes."""
        self._house = house
        self._fetcher = fetcher
        self._workers = workers
        self._lull = lull
        self._pause = pause

    async def run(self) -> None:
        """Do jobs until cancelled. What is under way then is put back, and done when a server runs again."""
        house = self._house
        blocks = Blocks()
        memory = MemorySpace(blocks=blocks)
        jobs = house.jobs(OWNER)
        capturing = Capturing(house, self._fetcher, memory, blocks)
        checking = Checking(house, self._fetcher)
        importing_mail = ImportingMail(house, owner=OWNER)
        importing = Importing(house, memory, blocks, owner=OWNER, is_fetching=self._fetcher is not None)
        reading_mail = ReadingMail(house, memory, blocks, lull=self._lull)

        async def look() -> None:
            jobs.wake()

        try:
            with house.commits.listening(jobs.wake):
                async with (
                    WorkerPool(memory, modules=MODULES, preload=PRELOAD, count=self._workers),
                    asyncio.TaskGroup() as group,
                ):
                    for work in (jobs.run, partial(house.watch, look, pause=self._pause), checking.plan):
                        group.create_task(self._go_on(work))
                    for _ in range(READERS):
                        group.create_task(self._serve(jobs, ReadPage, capturing.read))
                    for _ in range(CHECKERS):
                        group.create_task(self._serve(jobs, CheckLink, checking.check))
                    for _ in range(MAIL_READERS):
                        group.create_task(self._serve(jobs, ReadMail, reading_mail.read))
                    group.create_task(self._serve(jobs, ImportFile, importing.save))
                    group.create_task(self._serve(jobs, ImportMail, importing_mail.keep))
        finally:
            await jobs.close()
            memory.close()
            if self._fetcher is not None:
                await self._fetcher.aclose()

    async def _go_on(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what a workshop does all the time; a fault of ours there costs half a minute, not all jobs."""
        while True:
            try:
                return await work()
            except Exception:  # noqa: BLE001 - it is told, and begun anew
                _log.exception("a part of the workshop failed")
                await self._pause(PAUSE_SECONDS)

    async def _serve(
        self,
        jobs: DurableSpace[Transaction],
        cls: type[Entry],
        work: Callable[[Taking, Entry], Awaitable[None]],
    ) -> None:
        """Do one job after another of a class, whatever one of them does to us."""
        while True:
            taking = jobs.take(cls)
            try:
                async with taking as job:
                    await work(taking, job)
            except NotHeldError:
                _log.info("a job was called off while it was done")
            except StoreError as error:
                # the job is where it was, and so is what caused it
                _log.warning("a job could not be taken or brought to its end: %s", error)
                await self._pause(PAUSE_SECONDS)
            except SpaceClosedError:
                return
            except Exception:  # noqa: BLE001 - whatever one job does to us, the next is done
                _log.exception("a job of kind %s failed", cls.__name__)
                await self._pause(WATCH_SECONDS)
