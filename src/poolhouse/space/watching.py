"""Watching: who waits in a durable space to read an entry, and who listens to what is put."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from poolhouse.errors import StoreError
from poolhouse.space.entries import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.space.durable import DurableSpace
    from poolhouse.space.shelf import Kept, Shelf, Wanted

E = TypeVar("E")

_log = logging.getLogger("poolhouse.space")


class Watching:
    """Readers, and listeners with the id of the last entry they were told of."""

    def __init__(self, space: DurableSpace[Any]) -> None:
        self._space = space
        self._readers: dict[asyncio.Future[Kept], Wanted] = {}
        self._listeners: set[DurableNotices[Any]] = set()
        self._last_id = 0

    async def read(self, sought: Wanted) -> Kept:
        """Wait for an entry that is wanted, and leave it there."""
        arrived: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._readers[arrived] = sought
        try:
            # after we are known to wait, so that nothing comes in between
            there = self._space.ask(lambda shelf: shelf.find(sought))
            return await arrived if there is None else there
        finally:
            self._readers.pop(arrived, None)

    def listen(self, cls: type[E], sought: Wanted) -> DurableNotices[E]:
        """Tell what is put from now on."""
        self.look()  # those who listen already have heard all that was put before
        if not self._listeners:
            self._last_id = self._space.ask(lambda shelf: shelf.last_id())
        notices = DurableNotices(cls, sought, self._listeners)
        self._listeners.add(notices)
        return notices

    def look(self) -> None:
        """Something may have been committed. One look-up for each who waits; none where nobody does."""
        if not self._readers and not self._listeners:
            return
        try:
            self._space.ask(self._look)
        except StoreError as error:
            _log.warning("what was put could not be read: %s", error)

    def fail_all(self, error: Exception) -> None:
        """Nothing will ever come."""
        for arrived in self._readers:
            if not arrived.done():
                arrived.set_exception(error)
        for listener in list(self._listeners):
            listener.fail(error)

    def _look(self, shelf: Shelf) -> None:
        for arrived, sought in self._readers.items():
            if not arrived.done() and (found := shelf.find(sought)) is not None:
                arrived.set_result(found)
        last_id = shelf.last_id() if self._listeners else self._last_id
        if last_id != self._last_id:
            for listener in self._listeners:
                listener.hear(shelf.put_since(listener.wanted, self._last_id))
            self._last_id = last_id


class DurableNotices(Generic[E]):
    """An async iterator over what is put; what is not read on is remembered until it is closed."""

    def __init__(self, cls: type[E], wanted: Wanted, listeners: set[DurableNotices[Any]]) -> None:
        self.wanted = wanted
        self._cls = cls
        self._listeners = listeners
        self._heard: deque[Kept] = deque()
        self._error: Exception | None = None
        self._more = asyncio.Event()

    def __aiter__(self) -> DurableNotices[E]:
        return self

    async def __anext__(self) -> E:
        while not self._heard:
            if self._error is not None:
                raise self._error
            self._more.clear()
            await self._more.wait()
        return decode(self._cls, self._heard.popleft().body)

    def hear(self, kept: Sequence[Kept]) -> None:
        """These were put."""
        self._heard.extend(kept)
        self._more.set()

    def fail(self, error: Exception) -> None:
        """Nothing more will be put."""
        self._error = error
        self._more.set()
        self.close()

    def close(self) -> None:
        """Hear nothing more."""
        self._listeners.discard(self)

    async def __aenter__(self) -> DurableNotices[E]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
