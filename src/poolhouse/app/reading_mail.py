"""Reads messages: the bytes that were kept go to workers that can reach nothing, and what those found is filed."""

from __future__ import annotations

import asyncio
import errno
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from poolhouse.errors import DeadLetterError, StoreError
from poolhouse.services.messages import READER_REVISION, record_reading, record_unreadable
from poolhouse.space.hand import NO_START
from poolhouse.types import ItemId, PersonId
from poolhouse.workers.messages import MessageBatch, read_messages, readings_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.space import MemorySpace
    from poolhouse.space.durable_taking import DurableTaking
    from poolhouse.space.keeper import Blocks
    from poolhouse.types import ReadMail

    _Named = tuple[ItemId, str, int]

GROUP_MESSAGES = 100
"""So many readings in one transaction keep the writer for some tens of milliseconds."""

GROUP_BYTES = 8 * 1024 * 1024
GONE = "The file of this message is not there any more."
NOT_FILED = "It could not be filed."
_NOBODYS_FAULT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_log = logging.getLogger("poolhouse.jobs")


@dataclass(frozen=True, slots=True)
class _Raw:
    """One message's bytes; None where its file is gone, or cannot be read for a `reason`."""

    item_id: ItemId
    content: bytes | None
    reason: str = GONE


@dataclass(frozen=True, slots=True)
class _Read:
    """What a worker made of some messages, packed; or why it could not."""

    item_ids: tuple[ItemId, ...]
    packed: bytes = b""
    reason: str = ""


class ReadingMail:
    """Does `ReadMail` jobs. `space` is where workers take calls, with `blocks`.

    `lull` is waited for before each group: mail that comes is to be acknowledged first.
    """

    def __init__(
        self,
        house: RunningHouse,
        space: MemorySpace,
        blocks: Blocks,
        *,
        said: Callable[[int], object] | None = None,
        lull: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`said` hears of how many messages more are filed."""
        self._house = house
        self._space = space
        self._blocks = blocks
        self._lull = lull
        self._said = said
        self._being_read: set[PersonId] = set()

    async def read(self, taking: DurableTaking[Transaction, Any], job: ReadMail) -> None:
        """Read a person's messages until none is left that nobody has read, and file them some at a time.

        A second job for a person who is being read ends at once: what it was put for was committed before it, and the
        first looks once more before it ends. So one person's import takes one reader, and nobody else waits for it.
        Broken off and done again it files some twice, which is once. Raises DeadLetterError where no worker can start:
        that is no message's fault.
        """
        del taking  # it ends with nothing more to be said
        person_id = PersonId(job.person_id)
        if person_id in self._being_read:
            return
        self._being_read.add(person_id)
        try:
            while group := await self._next(person_id):
                await self._read_group(group)
                if self._said is not None:
                    self._said(len(group))
            # no other task has a turn between the last look and this: whoever is sent away, there is a look after it
        finally:
            self._being_read.discard(person_id)

    async def _next(self, person_id: PersonId) -> Sequence[_Named]:
        """The next that are read in one go, as many as fit; looked for once it is calm, and nothing waited for then."""
        if self._lull is not None:
            await self._lull()
        found = self._house.read(
            lambda tx: tx.messages.unread_by(READER_REVISION, person_id, limit=GROUP_MESSAGES)
        )
        size_bytes = 0
        for count, each in enumerate(found):
            size_bytes += each[2]
            if count and size_bytes > GROUP_BYTES:
                return found[:count]
        return found

    async def _read_group(self, group: Sequence[_Named]) -> None:
        """Read and file some; where they cannot be filed together, each again by itself, so that one sinks no other.

        Of the one that still fails that is said: unsaid, it would be among the next that are read, for ever.
        """
        if await self._is_filed(group):
            return
        for each in group:
            if not await self._is_filed([each]):
                await self._house.write(partial(record_unreadable, item_id=each[0], reason=NOT_FILED))

    async def _is_filed(self, named: Sequence[_Named]) -> bool:
        """Read and file some in one write; False where what is in them made that fail."""
        read = await self._group(named)
        try:
            await self._house.write(partial(self._file, read=read))
        except Exception as error:
            # a full disk is no message's fault; a statement that the store refuses (StoreError itself) is one's
            if isinstance(error, StoreError) and type(error) is not StoreError:
                raise
            _log.exception("what was read of %d messages could not be filed", len(named))
            return False
        return True

    async def _group(self, named: Sequence[_Named]) -> list[_Read]:
        """Have some messages read together; where that fails, each by itself, so that one sinks no other."""
        raws = await asyncio.to_thread(self._load, named)
        gone = [_Read((raw.item_id,), reason=raw.reason) for raw in raws if raw.content is None]
        there = [raw for raw in raws if raw.content is not None]
        if not there:
            return gone
        try:
            return [*gone, await self._call(there)]
        except DeadLetterError as error:
            if len(there) == 1 or error.reason.startswith(NO_START):
                return [*gone, _unreadable(there[0], error)]
        return [*gone, *[await self._alone(raw) for raw in there]]

    async def _alone(self, raw: _Raw) -> _Read:
        try:
            return await self._call([raw])
        except DeadLetterError as error:
            return _unreadable(raw, error)

    async def _call(self, raws: Sequence[_Raw]) -> _Read:
        """Have a worker read messages. Raises DeadLetterError."""
        contents = [raw.content or b"" for raw in raws]
        whole = contents[0] if len(contents) == 1 else b"".join(contents)
        async with AsyncExitStack() as stack:
            shared = None
            if whole:
                shared = stack.enter_context(await self._blocks.freeze_in_turns(whole)).ref
            batch = MessageBatch(shared, tuple(map(len, contents)))
            call = await stack.enter_async_context(await self._space.eval(read_messages, batch))
            made = await stack.enter_async_context(call.take())
            packed = bytes(stack.enter_context(self._blocks.open(made.readings)).view)
        return _Read(tuple(raw.item_id for raw in raws), packed)

    def _load(self, named: Sequence[_Named]) -> list[_Raw]:
        """Read the files, for a thread. Raises OSError where this process has too much open or no memory left."""
        return [self._load_one(item_id, blob) for item_id, blob, _ in named]

    def _load_one(self, item_id: ItemId, blob: str) -> _Raw:
        """Read a file. Of one that cannot be read that is said: unsaid, it would be the first of each later job."""
        try:
            return _Raw(item_id, self._house.blobs.get(blob))
        except OSError as error:
            if error.errno in _NOBODYS_FAULT:
                raise
            _log.warning("the file of message %d cannot be read: %s", item_id, error)
            return _Raw(item_id, None, f"Its file cannot be read: {error.strerror}.")

    def _file(self, tx: Transaction, read: Sequence[_Read]) -> None:
        """File what was read; it is decoded here, in the writer's thread, and not on the loop."""
        for each in read:
            if each.reason:
                record_unreadable(tx, each.item_ids[0], each.reason)
                continue
            for item_id, outcome in zip(each.item_ids, readings_in(memoryview(each.packed)), strict=True):
                if outcome.reading is None:
                    record_unreadable(tx, item_id, f"It could not be read: {outcome.reason}")
                else:
                    record_reading(tx, item_id, outcome.reading, authserv=self._house.authserv)


def _unreadable(raw: _Raw, error: DeadLetterError) -> _Read:
    """What is said of a message that no worker came to the end of. Raises the error where no worker came to it."""
    if error.reason.startswith(NO_START):
        raise error
    return _Read((raw.item_id,), reason=f"It could not be read: {error.reason}")
