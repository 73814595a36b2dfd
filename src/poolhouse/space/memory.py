"""MemorySpace: a tuple space in one process, owned by one event loop; what is in it ends with the process.

Workers in other processes share it through `pool`. What has `_now` in its name is a plain function for the loop's
thread: each transition is made whole before anybody else runs, so there is no lock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast, get_type_hints

from poolhouse.errors import DeadLetterError, SpaceClosedError
from poolhouse.space.bag import ATTEMPT_LIMIT, Bag, Stored
from poolhouse.space.entries import encode, kind_of, kind_of_call
from poolhouse.space.keeper import Blocks
from poolhouse.space.memory_taking import MemoryNotices, MemoryTaking, entry_of, waiting
from poolhouse.space.taking import Active, DeadLetter
from poolhouse.space.templates import template
from poolhouse.space.waiting import Out, Waiter, Waiters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolhouse.space.taking import Notices, Taking

E = TypeVar("E")
R = TypeVar("R")

CAPACITY_ENTRIES = 10_000
CAPACITY_BYTES = 64 * 1024 * 1024
_NO_RESULT = "it was called off, or its result was taken"


@lru_cache(maxsize=1024)
def _result_of(function: Callable[..., R]) -> type[R]:
    """The class of entries that a function says it returns. Raises NotAnEntryError. Looked up once: it is compiled."""
    result: type[R] = get_type_hints(function)["return"]
    kind_of(result)
    return result


class MemorySpace:
    """`taking.Space`, and `eval`. `capacity_entries` and `capacity_bytes` (of JSON) are what `out` waits for."""

    def __init__(
        self,
        *,
        capacity_entries: int = CAPACITY_ENTRIES,
        capacity_bytes: int = CAPACITY_BYTES,
        attempt_limit: int = ATTEMPT_LIMIT,
        blocks: Blocks | None = None,
    ) -> None:
        self.bag = Bag(attempt_limit=attempt_limit)
        self.blocks = Blocks() if blocks is None else blocks
        self._capacity_entries = capacity_entries
        self._capacity_bytes = capacity_bytes
        self._waiters = Waiters()
        self._results: dict[int, Stored] = {}
        self._blocked: deque[tuple[asyncio.Future[None], Sequence[Out]]] = deque()
        self._is_closed = False

    async def out(self, *entries: object, person: int | None = None) -> None:
        """As `Space.out`. Costs one encoding each."""
        await self.put([self.prepare(entry) for entry in entries], person=person)

    def take(self, cls: type[E], /, **wanted: object) -> Taking[E]:
        """As `Space.take`."""
        return MemoryTaking(self, cls, (template(cls, wanted),))

    def try_take(self, cls: type[E], /, **wanted: object) -> Taking[E | None]:
        """As `Space.try_take`."""
        return MemoryTaking(self, cast("type[E | None]", cls), (template(cls, wanted),), waits=False)

    async def rd(self, cls: type[E], /, **wanted: object) -> E:
        """As `Space.rd`."""
        arrived, waiter = waiting((template(cls, wanted),), is_reading=True)
        self.wait_now(waiter)
        try:
            return entry_of(await arrived, cls)
        finally:
            self.withdraw(waiter)

    async def try_rd(self, cls: type[E], /, **wanted: object) -> E | None:
        """As `Space.try_rd`."""
        self.check_open()
        found = self.bag.find((template(cls, wanted),))
        return None if found is None else entry_of(found, cls)

    def notify(self, cls: type[E], /, **wanted: object) -> Notices[E]:
        """As `Space.notify`. What is not listened to is remembered: read on, or close it."""
        self.check_open()
        return MemoryNotices(self._waiters, cls, template(cls, wanted))

    async def eval(
        self, function: Callable[..., R], *arguments: object, person: int | None = None
    ) -> Active[R]:
        """Put an active tuple: a worker that has declared `function` calls it, and what it returns is put instead.

        The function returns an entry. Waits while the space is full. Raises NotAnEntryError.
        """
        result: type[R] = _result_of(function)
        blocks = tuple(block for each in arguments for block in self.blocks.named_in(each))
        call = Out(kind_of_call(function), encode(arguments), None, blocks)
        limit: int | None = getattr(function, "attempt_limit", None)
        (stored,) = await self.put([call], person=person, attempt_limit=limit)
        return Active(
            lambda: MemoryTaking(self, result, (), made_by=stored.id),
            lambda: self.call_off(stored.id),
            stored.id,
        )

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """As `Space.dead_letters`."""
        return [
            DeadLetter(
                id=each.id,
                kind=each.kind,
                body=each.body,
                attempts=each.attempts,
                reason=each.reason,
                person=each.person,
            )
            for each in self.bag.dead()
        ]

    async def retry(self, dead_letter_id: int) -> bool:
        """As `Space.retry`."""
        stored = self._dead(dead_letter_id)
        if stored is not None:
            self.bag.revive(stored)
            self._offer(stored)
        return stored is not None

    async def drop(self, dead_letter_id: int) -> bool:
        """As `Space.drop`."""
        stored = self._dead(dead_letter_id)
        if stored is not None:
            self._remove(stored)
        return stored is not None

    def close(self) -> None:
        """End it: whoever waits gets SpaceClosedError. What is in it is gone."""
        self._is_closed = True
        error = SpaceClosedError("the space is closed")
        self._waiters.fail_all(error)
        for future, _ in self._blocked:
            if not future.done():
                future.set_exception(error)
        for stored in self.bag.all():
            self._remove(stored)

    def check_open(self) -> None:
        """Raises SpaceClosedError."""
        if self._is_closed:
            raise SpaceClosedError("the space is closed")

    # For takings, and for holders that work in other processes.

    def prepare(self, entry: object) -> Out:
        """An entry, ready to be put. Raises NotAnEntryError, StaleBlockError."""
        return Out(kind_of(type(entry)), encode(entry), entry, self.blocks.named_in(entry))

    async def put(
        self, outs: Sequence[Out], *, person: int | None = None, attempt_limit: int | None = None
    ) -> Sequence[Stored]:
        """Put entries once there is room, all in one step; what is larger than all of it gets in when it is empty."""
        self.check_open()
        if not self._blocked and self._has_room(outs):
            return self._put_all(outs, person, attempt_limit)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = turn, outs
        self._blocked.append(place)
        try:
            await turn
            self.check_open()
            return self._put_all(outs, person, attempt_limit)
        finally:
            self._blocked.remove(place)
            self._let_in()

    def check_blocks(self, outs: Sequence[Out], committed: Stored | None = None) -> None:
        """Whether entries can be put, with the commit of another or without. Raises StaleBlockError."""
        freed = () if committed is None else committed.blocks
        self.blocks.check((block for each in outs for block in each.blocks), freed)

    def put_now(
        self,
        out: Out,
        *,
        person: int | None = None,
        made_by: int | None = None,
        attempt_limit: int | None = None,
    ) -> Stored:
        """Put an entry, whatever room there is, and give it to whoever waits for it."""
        stored = Stored(
            id=self.bag.new_id(),
            kind=out.kind,
            body=out.body,
            entry=out.entry,
            blocks=out.blocks,
            person=person,
            made_by=made_by,
            attempt_limit=attempt_limit,
        )
        self.blocks.keep(out.blocks)
        self.bag.put(stored)
        if made_by is not None:
            self._results[made_by] = stored
        self._waiters.tell(stored)
        self._offer(stored)
        return stored

    def wait_now(self, waiter: Waiter) -> None:
        """Give `waiter` what it wants, now if it is there, else when it comes; an entry to take is held for it."""
        self.check_open()
        if waiter.made_by is not None:
            found = self._results.get(waiter.made_by)
            found = found if found is not None and found.is_ready else None
            self._check_alive(waiter.made_by, found)
        else:
            found = self.bag.find(waiter.templates)
        if found is None:
            self._waiters.add(waiter)
        else:
            self._deliver(waiter, found)

    def withdraw(self, waiter: Waiter) -> None:
        """It does not wait any more."""
        self._waiters.remove(waiter)

    def commit_now(self, stored: Stored, outs: Sequence[Out] = (), result: Out | None = None) -> None:
        """The work on a held entry is done: it is gone, and what came of it is there, in one step.

        Raises StaleBlockError, and nothing is done, where one of `outs` cannot be put.
        """
        self.check_blocks(outs if result is None else (*outs, result), stored)
        self._remove(stored)
        for each in outs:
            self.put_now(each, person=stored.person)
        if result is not None:
            self.put_now(result, person=stored.person, made_by=stored.id)

    def put_back_now(self, stored: Stored, reason: str | None) -> None:
        """The work on a held entry was not done: it goes back in front, or is a dead letter after too many attempts.

        `reason` is None where the entry had no fault in it.
        """
        stored.holder = None
        if stored.state != "held":  # the space was closed meanwhile
            return
        if stored.is_called_off:
            self._remove(stored)
        elif self.bag.put_back(stored, reason):
            self._offer(stored)
        else:
            self._report_death(stored)

    def bury_now(self, stored: Stored, reason: str) -> None:
        """The work on a held entry can never be done: a dead letter at once."""
        self.bag.bury(stored, reason)
        self._report_death(stored)

    def call_off(self, call_id: int) -> None:
        """Nobody wants the result of an active tuple any more, nor the result if it is there."""
        stored = self.bag.get(call_id)
        result = self._results.get(call_id)
        self._waiters.fail_caller(call_id, DeadLetterError(_NO_RESULT))
        if stored is not None and not stored.is_called_off:
            if stored.state == "held":
                stored.is_called_off = True
                if stored.holder is not None:
                    stored.holder.stop(stored)
            else:
                self._remove(stored)
        if result is not None and result.is_ready:
            self._remove(result)

    def _put_all(
        self, outs: Sequence[Out], person: int | None, attempt_limit: int | None
    ) -> Sequence[Stored]:
        self.check_blocks(outs)
        return [self.put_now(each, person=person, attempt_limit=attempt_limit) for each in outs]

    def _offer(self, stored: Stored) -> None:
        for waiter in self._waiters.readers_of(stored):
            self._deliver(waiter, stored)
        taker = self._waiters.taker_of(stored)
        if taker is not None:
            self._deliver(taker, stored)

    def _deliver(self, waiter: Waiter, stored: Stored) -> None:
        self._waiters.remove(waiter)
        if not waiter.is_reading:
            self.bag.hold(stored)
            stored.holder = waiter.holder
        waiter.deliver(stored)

    def _check_alive(self, call_id: int, result: Stored | None) -> None:
        call = self.bag.get(call_id)
        if call is not None and call.state == "dead":
            self._remove(call)
            raise DeadLetterError(call.reason)
        if call is None and result is None and call_id not in self._results:
            raise DeadLetterError(_NO_RESULT)
        if call is not None and call.is_called_off:
            raise DeadLetterError(_NO_RESULT)

    def _report_death(self, stored: Stored) -> None:
        """Whoever waits for the result of a call hears that there will be none; then nobody else need see to it."""
        stored.holder = None
        if self._waiters.fail_caller(stored.id, DeadLetterError(stored.reason)):
            self._remove(stored)

    def _dead(self, stored_id: int) -> Stored | None:
        stored = self.bag.get(stored_id)
        return stored if stored is not None and stored.state == "dead" else None

    def _remove(self, stored: Stored) -> None:
        self.bag.remove(stored)
        if stored.made_by is not None:
            self._results.pop(stored.made_by, None)
            self._waiters.fail_caller(stored.made_by, DeadLetterError(_NO_RESULT))
        self.blocks.let_go(stored.blocks)
        self._let_in()

    def _has_room(self, outs: Sequence[Out]) -> bool:
        size_bytes = sum(len(each.body) for each in outs)
        return not len(self.bag) or (
            len(self.bag) + len(outs) <= self._capacity_entries
            and self.bag.size_bytes + size_bytes <= self._capacity_bytes
        )

    def _let_in(self) -> None:
        """Let the first in who waits for room; it lets the next in when it has put what it had, or gave up."""
        if self._blocked and not self._blocked[0][0].done() and self._has_room(self._blocked[0][1]):
            self._blocked[0][0].set_result(None)
