"""DurableSpace: a tuple space over a database. What is put survives restart; what a take does is committed with it.

Takers wait in the event loop and the database is asked only when a commit may have brought something, so an idle space
reads nothing and writes nothing. Whoever dies with entries held gives them back: this server's are taken back when the
next one starts, those of another when their lease runs out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from poolhouse.errors import NotHeldError, SpaceClosedError, StoreError
from poolhouse.space.bag import ATTEMPT_LIMIT
from poolhouse.space.durable_taking import DurableTaking
from poolhouse.space.entries import decode
from poolhouse.space.leasing import Leasing
from poolhouse.space.shelf import prepare, wanted
from poolhouse.space.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from poolhouse.space.shelf import Kept, Shelf, Wanted
    from poolhouse.space.taking import DeadLetter, Notices

E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LEASE_SECONDS = 60
KEEPINGS_A_LEASE = 3
_ENDED = "the server ended while it was at this"
_LAPSED = "the server that was at this has not been heard of"
_log = logging.getLogger("poolhouse.space")


class Write(Protocol[T_co]):
    """Makes a change in a transaction; done once it is on the disk. A caller that is cancelled takes nothing back."""

    def __call__(self, change: Callable[[T_co], R]) -> Awaitable[R]: ...


class Read(Protocol[T_co]):
    """Asks a short question of the newest commit, at once."""

    def __call__(self, ask: Callable[[T_co], R]) -> R: ...


class DurableSpace(Generic[T]):
    """`taking.Space` over transactions of type T. All methods are for one event loop's thread.

    There is always room, as far as the disk has it.
    """

    def __init__(
        self,
        write: Write[T],
        read: Read[T],
        shelf_of: Callable[[T], Shelf],
        *,
        owner: str,
        lease_seconds: int = LEASE_SECONDS,
        attempt_limit: int = ATTEMPT_LIMIT,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`owner` names this server: no other that is alive has that name. `pause` waits so many seconds."""
        self.shelf_of = shelf_of
        self.write = write
        self._read = read
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._attempt_limit = attempt_limit
        self._pause = pause
        self._held: set[int] = set()
        self._returning: dict[int, str | None] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._leasing = Leasing(self)
        self._watching = Watching(self)
        self._has_reclaimed = False
        self._is_closed = False

    # what everybody calls

    async def out(self, *entries: object, person: int | None = None) -> None:
        """As `Space.out`, on the disk when it returns. One commit. Raises StoreError."""
        self.check_open()
        for entry in entries:
            prepare(entry)

        def put(tx: T) -> None:
            shelf = self.shelf_of(tx)
            for entry in entries:
                shelf.put(entry, person_id=person)

        await self.write(put)
        self.wake()

    def take(self, cls: type[E], /, **fields: object) -> DurableTaking[T, E]:
        """As `Space.take`. Takers of one turn of the loop share a commit."""
        return DurableTaking(self, cls, wanted(cls, fields))

    def try_take(self, cls: type[E], /, **fields: object) -> DurableTaking[T, E | None]:
        """As `Space.try_take`. Commits nothing where there is nothing."""
        return DurableTaking(self, cast("type[E | None]", cls), wanted(cls, fields), waits=False)

    async def rd(self, cls: type[E], /, **fields: object) -> E:
        """As `Space.rd`."""
        self.check_open()
        kept = await self._watching.read(wanted(cls, fields))
        return decode(cls, kept.body)

    async def try_rd(self, cls: type[E], /, **fields: object) -> E | None:
        """As `Space.try_rd`. One look-up."""
        self.check_open()
        sought = wanted(cls, fields)
        kept = self.ask(lambda shelf: shelf.find(sought))
        return None if kept is None else decode(cls, kept.body)

    def notify(self, cls: type[E], /, **fields: object) -> Notices[E]:
        """As `Space.notify`; what another server takes and finishes at once may not be told. Read on, or close it."""
        self.check_open()
        return self._watching.listen(cls, wanted(cls, fields))

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """As `Space.dead_letters`."""
        return self.ask(lambda shelf: shelf.dead())

    async def retry(self, dead_letter_id: int) -> bool:
        """As `Space.retry`."""
        is_there = await self.write(lambda tx: self.shelf_of(tx).retry(dead_letter_id))
        self.wake()
        return is_there

    async def drop(self, dead_letter_id: int) -> bool:
        """As `Space.drop`."""
        return await self.write(lambda tx: self.shelf_of(tx).drop(dead_letter_id))

    # what the server calls

    def wake(self) -> None:
        """Something may have been committed: call it after each commit. Nothing happens where nobody waits."""
        if not self._is_closed:
            self._watching.look()
            self._leasing.look()

    async def run(self) -> None:
        """Until cancelled: take back what the server before held, keep our leases, take over those that ran out.

        And look what commands beside the server put: they cannot wake us.
        """
        while True:
            try:
                await self._keep()
            except StoreError as error:
                _log.warning("the leases of jobs could not be kept: %s", error)
            await self._pause(self._lease_seconds / KEEPINGS_A_LEASE)

    async def close(self) -> None:
        """End it: whoever waits gets SpaceClosedError, and what is on its way to the disk gets there."""
        self._is_closed = True
        error = SpaceClosedError("the space is closed")
        self._leasing.fail_all(error)
        self._watching.fail_all(error)
        while self._tasks:
            await asyncio.wait(self._tasks)

    # what its parts call

    def check_open(self) -> None:
        """Raises SpaceClosedError."""
        if self._is_closed:
            raise SpaceClosedError("the space is closed")

    def ask(self, question: Callable[[Shelf], R]) -> R:
        """Ask the shelf a short question."""
        return self._read(lambda tx: question(self.shelf_of(tx)))

    async def lease(self, sought: Wanted, *, waits: bool) -> Kept | None:
        """Hold the next entry that is wanted; None where there is none and nobody is to wait."""
        self.check_open()
        return await self._leasing.lease(sought, waits=waits)

    async def lease_all(self, asked: Sequence[tuple[Wanted, int]]) -> Sequence[Sequence[Kept]]:
        """Hold at most so many entries of each template, in one commit. Raises StoreError."""
        await self._reclaim()
        there = self.ask(lambda shelf: [shelf.find(sought) is not None for sought, _ in asked])
        if not any(there):
            return [()] * len(asked)

        def lease(tx: T) -> list[Sequence[Kept]]:
            shelf = self.shelf_of(tx)
            return [shelf.lease(sought, self._owner, self._lease_seconds, limit) for sought, limit in asked]

        leased = await self.write(lease)
        self._held.update(kept.id for each in leased for kept in each)
        self._watching.look()  # while they are there: who gets them may be quick
        return leased

    async def commit(self, entry_id: int, change: Callable[[T], object], report: str | None = None) -> None:
        """Make a change and forget a held entry, or keep what came of it, in one commit.

        Raises NotHeldError, and what the change and the store raise; then nothing of it is done."""

        def commit(tx: T) -> None:
            if not self.shelf_of(tx).commit(entry_id, self._owner, report):
                raise NotHeldError("the lease ran out while it was worked on")
            change(tx)

        await self.write(commit)
        self._held.discard(entry_id)

    async def put_back(self, entry_id: int, reason: str | None) -> None:
        """Put a held entry back; where the store cannot do it now, that is tried again with each keeping."""
        self._returning[entry_id] = reason
        try:
            await self._return()
        except StoreError as error:
            _log.warning("job %d could not be put back: %s", entry_id, error)
        self.wake()

    async def progress(self, entry_id: int, done: int, total: int) -> None:
        """Say how far the work on a held entry is. One commit."""
        await self.write(lambda tx: self.shelf_of(tx).progress(entry_id, self._owner, done, total))

    def spawn(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Begin what is brought to its end even where nobody waits for it any more."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep(self) -> None:
        await self._reclaim()
        await self._return()
        if self._held:
            await self.write(lambda tx: self.shelf_of(tx).extend(self._owner, self._lease_seconds))
        if self.ask(lambda shelf: shelf.has_expired(self._owner)):
            await self.write(
                lambda tx: self.shelf_of(tx).reclaim_expired(self._owner, self._attempt_limit, _LAPSED)
            )
        self.wake()

    async def _reclaim(self) -> None:
        """Before anything is leased, what the server of our name held that was here before is put back."""
        if not self._has_reclaimed:
            await self.write(lambda tx: self.shelf_of(tx).reclaim(self._owner, self._attempt_limit, _ENDED))
            self._has_reclaimed = True

    async def _return(self) -> None:
        returning, self._returning = self._returning, {}
        if not returning:
            return

        def put_back(tx: T) -> None:
            shelf = self.shelf_of(tx)
            for entry_id, reason in returning.items():
                shelf.put_back(entry_id, self._owner, reason, self._attempt_limit)

        try:
            await self.write(put_back)
        except StoreError:
            self._returning = returning | self._returning
            raise
        self._held.difference_update(returning)
