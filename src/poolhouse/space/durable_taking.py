"""A take under way in a durable space: its entry, its results and its effects go into one commit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from poolhouse.errors import StoreBusyError, StoreFullError, StoreReadOnlyError
from poolhouse.space.entries import decode
from poolhouse.space.shelf import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

    from poolhouse.space.durable import DurableSpace
    from poolhouse.space.shelf import Kept, Wanted

E = TypeVar("E")
T = TypeVar("T")

_NO_FAULT = (asyncio.CancelledError, GeneratorExit, StoreBusyError, StoreFullError, StoreReadOnlyError)


class DurableTaking(Generic[T, E]):
    """`taking.Taking` of a DurableSpace; cancelled while it commits, it is committed all the same."""

    def __init__(self, space: DurableSpace[T], cls: type[E], wanted: Wanted, *, waits: bool = True) -> None:
        self._space = space
        self._cls = cls
        self._wanted = wanted
        self._waits = waits
        self._kept: Kept | None = None
        self._outs: list[object] = []
        self._changes: list[Callable[[T], object]] = []
        self._told_percent = -1
        self._report: str | None = None

    @property
    def id(self) -> int | None:
        """The id of the entry while it is held, the one that a person's list of jobs gives it."""
        return self._kept.id if self._kept is not None else None

    @property
    def person(self) -> int | None:
        """Whose the entry is, while it is held."""
        return self._kept.person if self._kept is not None else None

    @property
    def attempts(self) -> int:
        """As `Taking.attempts`."""
        return self._kept.attempts if self._kept is not None else 0

    def out(self, *entries: object) -> None:
        """As `Taking.out`. Raises NotAnEntryError."""
        for entry in entries:
            prepare(entry)
        self._outs += entries

    def commit_with(self, change: Callable[[T], object]) -> None:
        """Make a change of the store in the same commit: done once, if and only if the entry is gone.

        Changes are made in the order given, before entries are put. Where one raises, nothing of the take is done, and
        the entry is put back.
        """
        self._changes.append(change)

    def finish(self, report: str) -> None:
        """Keep the entry with the commit, as one that is done: `report` (JSON) is what came of it."""
        self._report = report

    async def progress(self, done: int, total: int) -> None:
        """Say how far this is. A commit for each per cent at the most. Raises StoreError."""
        percent = 100 * done // total if total else 100
        if self._kept is not None and percent != self._told_percent:
            self._told_percent = percent
            await self._space.progress(self._kept.id, done, total)

    def __await__(self) -> Generator[object, None, E]:
        return self._for_good().__await__()

    async def _for_good(self) -> E:
        async with self as entry:
            return entry

    async def __aenter__(self) -> E:
        self._kept = await self._space.lease(self._wanted, waits=self._waits)
        if self._kept is None:
            return cast("E", None)
        try:
            return decode(self._cls, self._kept.body)
        except BaseException as error:
            await self._put_back(error)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            await self._put_back(error)
            return
        try:
            await self._commit()
        except BaseException as failure:
            # a commit that a cancelled caller did not wait for comes first; then there is nothing left to put back
            await self._put_back(failure)
            raise

    async def _commit(self) -> None:
        if (kept := self._kept) is None:
            return

        def change(tx: T) -> None:
            for each in self._changes:
                each(tx)
            shelf = self._space.shelf_of(tx)
            for entry in self._outs:
                shelf.put(entry, person_id=kept.person)

        await self._space.commit(kept.id, change, self._report)
        self._kept = None
        if self._outs:
            self._space.wake()

    async def _put_back(self, error: BaseException) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            # whoever is cancelled meanwhile does not leave the entry held for ever
            await asyncio.shield(self._space.spawn(self._space.put_back(kept.id, reason_of(error))))


def reason_of(error: BaseException) -> str | None:
    """A failure as a short sentence; None where it is no fault of the entry: a cancelled task, a full disk.

    A statement that the store refuses (StoreError itself) is one: it would be refused for ever.
    """
    if isinstance(error, _NO_FAULT):
        return None
    return str(error) or type(error).__name__
