"""A take under way in a memory space, and a listener's notices."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from poolhouse.errors import NotHeldError, StaleBlockError
from poolhouse.space.entries import decode
from poolhouse.space.waiting import Out, Waiter

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

    from poolhouse.space.bag import Stored
    from poolhouse.space.memory import MemorySpace
    from poolhouse.space.templates import Template
    from poolhouse.space.waiting import Waiters

E = TypeVar("E")


def entry_of(stored: Stored, cls: type[E]) -> E:
    """The entry itself; decoded where it came from another process. Raises NotAnEntryError."""
    return stored.entry if isinstance(stored.entry, cls) else decode(cls, stored.body)


def waiting(
    templates: Sequence[Template], *, made_by: int | None = None, is_reading: bool = False
) -> tuple[asyncio.Future[Stored], Waiter]:
    """A waiter, and the future that it settles."""
    arrived: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
    waiter = Waiter(
        templates,
        arrived.set_result,
        arrived.set_exception,
        is_reading=is_reading,
        made_by=made_by,
        is_gone=arrived.done,
    )
    return arrived, waiter


class MemoryTaking(Generic[E]):
    """`taking.Taking` of a MemorySpace: of what `templates` match, or of the result of call `made_by`."""

    def __init__(
        self,
        space: MemorySpace,
        cls: type[E],
        templates: Sequence[Template],
        *,
        made_by: int | None = None,
        waits: bool = True,
    ) -> None:
        self._space = space
        self._cls = cls
        self._templates = templates
        self._made_by = made_by
        self._waits = waits
        self._stored: Stored | None = None
        self._outs: list[Out] = []

    @property
    def attempts(self) -> int:
        """As `Taking.attempts`."""
        return self._stored.attempts if self._stored is not None else 0

    def out(self, *entries: object) -> None:
        """As `Taking.out`. There is always room: what a take makes must not wait for what it took to go."""
        self._outs += [self._space.prepare(entry) for entry in entries]

    def __await__(self) -> Generator[object, None, E]:
        return self._for_good().__await__()

    async def _for_good(self) -> E:
        async with self as entry:
            return entry

    async def __aenter__(self) -> E:
        if not self._waits:
            return self._at_once()
        arrived, waiter = waiting(self._templates, made_by=self._made_by)
        self._space.wait_now(waiter)
        try:
            self._stored = await arrived
        except asyncio.CancelledError:
            self._space.withdraw(waiter)
            if arrived.done() and not arrived.cancelled() and arrived.exception() is None:
                self._space.put_back_now(arrived.result(), None)
            raise
        return self._entry(self._stored)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stored, self._stored = self._stored, None
        if stored is None:
            return
        if error is not None:
            is_cancelled = isinstance(error, (asyncio.CancelledError, GeneratorExit))
            self._space.put_back_now(stored, None if is_cancelled else str(error) or type(error).__name__)
        elif stored.is_called_off or stored.state != "held":
            if stored.state == "held":
                self._space.put_back_now(stored, None)
            raise NotHeldError("the entry was called off while it was worked on")
        else:
            try:
                self._space.commit_now(stored, self._outs)
            except StaleBlockError as failure:
                self._space.put_back_now(stored, str(failure))
                raise

    def _at_once(self) -> E:
        self._space.check_open()
        found = self._space.bag.find(self._templates)
        if found is None:
            return cast("E", None)
        self._space.bag.hold(found)
        self._stored = found
        return self._entry(found)

    def _entry(self, stored: Stored) -> E:
        try:
            return entry_of(stored, self._cls)
        except BaseException as error:
            self._stored = None
            self._space.put_back_now(stored, str(error))
            raise


class MemoryNotices(Generic[E]):
    """`taking.Notices` of a MemorySpace."""

    def __init__(self, waiters: Waiters, cls: type[E], template: Template) -> None:
        self._cls = cls
        self._template = template
        self._waiters = waiters
        self._arrived: deque[Stored] = deque()
        self._error: Exception | None = None
        self._more = asyncio.Event()
        waiters.listen(template, self)

    def __aiter__(self) -> MemoryNotices[E]:
        return self

    async def __anext__(self) -> E:
        while not self._arrived:
            if self._error is not None:
                raise self._error
            self._more.clear()
            await self._more.wait()
        return entry_of(self._arrived.popleft(), self._cls)

    def close(self) -> None:
        """Hear nothing more."""
        self._waiters.unlisten(self._template, self)

    async def __aenter__(self) -> MemoryNotices[E]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def hear(self, stored: Stored) -> None:
        """As `Listener.hear`."""
        self._arrived.append(stored)
        self._more.set()

    def fail(self, error: Exception) -> None:
        """As `Listener.fail`."""
        self._error = error
        self._more.set()
