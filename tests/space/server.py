"""A server's durable space over a real store, with time and disk in a test's hands; and the work it is given."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.errors import StoreFullError
from poolhouse.services.people import add_person
from poolhouse.space.durable import DurableSpace
from poolhouse.store.writer import Writer
from tests.space.contract import ATTEMPT_LIMIT, Blurred

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.data import OpenData
    from poolhouse.space.shelf import Shelf
    from poolhouse.store.transaction import StoreTransaction

LEASE_SECONDS = 60


def shelf_of(tx: StoreTransaction) -> Shelf:
    return tx.tuples


class Pauses:
    """Pauses that are over when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._is_paused = False
        self._began, self._over = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._began.release()
        await self._over.acquire()

    async def next(self) -> None:
        """Until `run` has done its keeping once, or once more."""
        if self._is_paused:
            self._over.release()
        await self._began.acquire()
        self._is_paused = True


class Server:
    """A writer, and a space over it, as a server has them."""

    def __init__(self, data: OpenData, owner: str = "server") -> None:
        self.data = data
        self.writer = Writer(data.database)
        self.pauses = Pauses()
        self.commits = 0
        self.before_commit: Callable[[], None] = lambda: None
        self.space = DurableSpace(
            self.write,
            data.database.read,
            shelf_of,
            owner=owner,
            lease_seconds=LEASE_SECONDS,
            attempt_limit=ATTEMPT_LIMIT,
            pause=self.pauses,
        )

    async def write(self, change: Callable[[StoreTransaction], Any]) -> Any:
        self.before_commit()
        self.commits += 1
        return await asyncio.shield(asyncio.wrap_future(self.writer.submit(change)))

    async def close(self) -> None:
        await self.space.close()
        self.writer.close()

    def hold_up(self) -> threading.Event:
        """Keep the writer from everything until the event is set."""
        go = threading.Event()
        self.writer.submit(lambda _: go.wait(60))
        return go

    def states(self) -> list[Any]:
        """State and attempts of every entry, oldest first."""
        return self.data.database.writing.execute("SELECT state, attempts FROM tuple ORDER BY id").fetchall()


@dataclass(frozen=True)
class Fetch:
    """Work on a page."""

    url: str


def note(name: str) -> Callable[[StoreTransaction], object]:
    """An effect that can be seen, and that fails where it is had twice."""
    return lambda tx: add_person(tx, name, None)


def names(data: OpenData) -> list[str]:
    return [person.name for person in data.database.read(lambda tx: tx.persons.all())]


async def work(space: DurableSpace[StoreTransaction], *changes: Callable[[StoreTransaction], object]) -> None:
    taking = space.take(Fetch)
    async with taking:
        taking.out(Blurred(1))
        for change in changes:
            taking.commit_with(change)


async def work_slowly(space: DurableSpace[StoreTransaction], held: asyncio.Event, go: asyncio.Event) -> None:
    taking = space.take(Fetch)
    async with taking:
        taking.commit_with(note("slow"))
        held.set()
        await go.wait()


def fill_the_disk() -> None:
    raise StoreFullError("no room is left on the disk")
