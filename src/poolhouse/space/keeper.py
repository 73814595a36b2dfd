"""Keeper: the blocks of a space, kept in the process that owns it while an entry names them or somebody has them open.

Not thread-safe: the space's loop owns it. All blocks are made here; a worker asks for one. So no descriptor ever comes
from a worker, and none can make more memory than its job may have.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolhouse.errors import SpaceError, StaleBlockError, TornBlockError
from poolhouse.space.blocks import Block, BlockRef, copy_memory, make_memory, refs_in, seal
from poolhouse.space.limits import BLOCKS_BYTES, MEBIBYTE
from poolhouse.space.waiting import BlockKeeper

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from poolhouse.space.blocks import OnCrash

_ID_BITS = 53  # what a number of JSON holds exactly


@dataclass(slots=True, eq=False)
class Slot:
    """A block as its keeper knows it. `names` counts the entries that name it, `writer` is the worker that has it."""

    id: int
    size_bytes: int
    descriptor: int
    on_crash: OnCrash
    generation: int = 0
    next_generation: int = 0
    names: int = 0
    is_frozen: bool = False
    is_torn: bool = False
    writer: object = None
    before: int | None = None
    opened: list[Block] = field(default_factory=list)

    @property
    def ref(self) -> BlockRef:
        """Its name in the generation that is now."""
        return BlockRef(self.id, self.size_bytes, self.generation)


class Blocks(BlockKeeper):
    """Makes, opens and keeps blocks. `capacity_bytes` is what all of them together may take."""

    def __init__(self, capacity_bytes: int = BLOCKS_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._slots: dict[int, Slot] = {}
        self._leaving: set[Slot] = set()
        self.size_bytes = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._slots)

    def new(self, size_bytes: int, *, on_crash: OnCrash = "retry") -> Block:
        """A new block, all nought, open to be written; put it in an entry before it is closed, or it is gone.

        Raises SpaceError where there is no room for it.
        """
        return self._open(self.make(size_bytes, on_crash))

    def freeze(self, content: bytes | memoryview, *, on_crash: OnCrash = "retry") -> Block:
        """A new block that nobody can write any more: any number of entries may name it at a time.

        Costs one copy of `content`, about 3 ms for 10 MB. Raises SpaceError where there is no room for it.
        """
        slot = self.make(len(content), on_crash)
        for start in range(0, slot.size_bytes, MEBIBYTE):
            _fill(slot, content, start)
        return self._open_frozen(slot)

    async def freeze_in_turns(self, content: bytes | memoryview, *, on_crash: OnCrash = "retry") -> Block:
        """As `freeze`, a mebibyte in each turn of the loop: for what is large. Nobody else waits for the copy."""
        slot = self.make(len(content), on_crash)
        try:
            for start in range(0, slot.size_bytes, MEBIBYTE):
                self._slot(slot.ref)  # all blocks may have been closed meanwhile
                _fill(slot, content, start)
                await asyncio.sleep(0)
        except BaseException:
            self._free(slot)
            raise
        return self._open_frozen(slot)

    def open(self, ref: BlockRef) -> Block:
        """Open the block that a taken entry names. It can be written until an entry gives it on, or it is closed.

        Raises StaleBlockError where it was given on, is in a worker's hands or open already, TornBlockError where its
        writer failed and nobody may write over it.
        """
        slot = self._slot(ref)
        if slot.generation != ref.generation:
            raise StaleBlockError(f"block {ref.id} was given on")
        if slot.writer is not None and not slot.is_frozen:
            raise StaleBlockError(f"block {ref.id} is in a worker's hands")
        if slot.opened and not slot.is_frozen:
            raise StaleBlockError(f"block {ref.id} is open already")
        if slot.is_torn and slot.on_crash != "retry":
            raise TornBlockError(f"whoever wrote block {ref.id} failed")
        self._back_up(slot)
        return self._open(slot)

    # for spaces: as BlockKeeper

    def named_in(self, entry: object) -> tuple[int, ...]:
        """As `BlockKeeper.named_in`. An entry names a block as it took it, or as `Block.ref` says."""
        return tuple({self.offer(ref).id: None for ref in refs_in(entry)})

    def keep(self, blocks: Iterable[int]) -> None:
        """As `BlockKeeper.keep`. Raises StaleBlockError where another entry names one that can be written."""
        for block in blocks:
            slot = self._slots.get(block)
            if slot is None or (slot.names and not slot.is_frozen):
                raise StaleBlockError(f"block {block} is named by another entry, or gone")
            slot.names += 1
            self._hand_over(slot)

    def let_go(self, blocks: Iterable[int]) -> None:
        """As `BlockKeeper.let_go`. What nobody names is freed once whoever runs now is done with it."""
        for block in blocks:
            slot = self._slots.get(block)
            if slot is not None:
                slot.names -= 1
                self._leave(slot)

    # for pools of workers

    def make(self, size_bytes: int, on_crash: OnCrash, *, writer: object = None) -> Slot:
        """A new block of a worker's. Raises SpaceError where there is no room for it."""
        if size_bytes <= 0 or self.size_bytes + size_bytes > self._capacity_bytes:
            raise SpaceError(f"there is no room for a block of {size_bytes} bytes")
        try:
            memory = make_memory(size_bytes)
        except OSError as error:
            raise SpaceError(f"there is no room for a block: {error.strerror}") from error
        block = secrets.randbits(_ID_BITS)
        slot = Slot(block, size_bytes, memory, on_crash, writer=writer)
        if writer is not None:
            seal(slot.descriptor, fcntl.F_SEAL_SEAL)
        self._slots[block] = slot
        self.size_bytes += size_bytes
        return slot

    def offer(self, ref: BlockRef, *, writer: object = None) -> Slot:
        """The block that an entry is about to name. Raises StaleBlockError where `writer` has not the right to."""
        slot = self._slot(ref)
        if not slot.is_frozen and (
            slot.writer is not writer or ref.generation not in {slot.generation, slot.generation + 1}
        ):
            raise StaleBlockError(f"block {ref.id} is not yours to give")
        slot.next_generation = ref.generation if not slot.is_frozen else slot.generation
        return slot

    def grant(self, blocks: Sequence[int], writer: object) -> Sequence[Slot]:
        """Give blocks into the hands of a worker: whoever has them open here loses them."""
        slots = [self._slots[block] for block in dict.fromkeys(blocks)]
        for slot in slots:
            if not slot.is_frozen:
                self._take_away(slot)
                seal(slot.descriptor, fcntl.F_SEAL_SEAL)
                self._back_up(slot)
                slot.writer = writer
        return slots

    def forbids(self, blocks: Iterable[int]) -> bool:
        """Whether one is torn for good, so that nobody may work on the entry that names it."""
        slots = map(self._slots.get, blocks)
        return any(slot is not None and slot.is_torn and slot.on_crash == "dead" for slot in slots)

    def check(self, blocks: Iterable[int], freed: Container[int] = ()) -> None:
        """Whether entries may name these, once an entry that names those in `freed` is gone.

        Raises StaleBlockError where one is gone, or can be written and is among them twice or named by another entry.
        """
        seen: set[int] = set()
        for block in blocks:
            slot = self._slots.get(block)
            if slot is None:
                raise StaleBlockError(f"there is no block {block} any more")
            if block in seen and not slot.is_frozen:
                raise StaleBlockError(f"two entries name block {block}")
            if slot.names and not slot.is_frozen and block not in freed:
                raise StaleBlockError(f"another entry names block {block}")
            seen.add(block)

    def release(self, blocks: Iterable[int], writer: object, *, is_torn: bool) -> None:
        """A worker has them no more; `is_torn` where it died or failed, and may have written half of what it would."""
        for block in blocks:
            slot = self._slots.get(block)
            if slot is not None and slot.writer is writer:
                slot.writer = None
                self._settle(slot, is_torn=is_torn)
                self._leave(slot)

    def close(self) -> None:
        """Free all of them."""
        for slot in list(self._slots.values()):
            self._take_away(slot)
            self._free(slot)

    def _slot(self, ref: BlockRef) -> Slot:
        slot = self._slots.get(ref.id)
        if slot is None or slot.size_bytes != ref.size_bytes:
            raise StaleBlockError(f"there is no block {ref.id} any more")
        return slot

    def _open_frozen(self, slot: Slot) -> Block:
        seal(slot.descriptor, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL)
        slot.is_frozen = True
        return self._open(slot)

    def _open(self, slot: Slot) -> Block:
        block = Block(
            slot.ref, slot.descriptor, is_frozen=slot.is_frozen, is_torn=slot.is_torn, closing=self._closed
        )
        slot.opened.append(block)
        return block

    def _closed(self, block: Block, is_torn: bool) -> None:
        slot = self._slots.get(block.opened.id)
        if slot is not None and block in slot.opened:
            slot.opened.remove(block)
            self._settle(slot, is_torn=is_torn)
            self._leave(slot)

    def _hand_over(self, slot: Slot) -> None:
        """An entry names it: whoever wrote it is done, and the next generation begins if it was one to write."""
        is_written = slot.next_generation != slot.generation
        slot.generation = slot.next_generation
        slot.writer = None
        self._take_away(slot)
        self._settle(slot, is_torn=slot.is_torn and not is_written)

    def _take_away(self, slot: Slot) -> None:
        if not slot.is_frozen:
            for block in slot.opened:
                block.give()
            slot.opened.clear()

    def _back_up(self, slot: Slot) -> None:
        if slot.on_crash == "copy" and slot.before is None and not slot.is_frozen:
            slot.before = copy_memory(slot.descriptor, slot.size_bytes)

    def _settle(self, slot: Slot, *, is_torn: bool) -> None:
        """A writer is done with it, well or not."""
        before, slot.before = slot.before, None
        if is_torn and before is not None:
            before, slot.descriptor = slot.descriptor, before
        elif not slot.is_frozen:
            slot.is_torn = is_torn
        if before is not None:
            os.close(before)

    def _leave(self, slot: Slot) -> None:
        if slot.names or slot.opened or slot.writer is not None:
            return
        self._leaving.add(slot)
        try:
            asyncio.get_running_loop().call_soon(self._sweep)
        except RuntimeError:  # no loop runs: nobody can be about to name it again
            self._sweep()

    def _sweep(self) -> None:
        leaving, self._leaving = self._leaving, set()
        for slot in leaving:
            if not slot.names and not slot.opened and slot.writer is None:
                self._free(slot)

    def _free(self, slot: Slot) -> None:
        if self._slots.pop(slot.id, None) is not None:
            self.size_bytes -= slot.size_bytes
            for descriptor in (slot.descriptor, slot.before):
                if descriptor is not None:
                    os.close(descriptor)


def _fill(slot: Slot, content: bytes | memoryview, start: int) -> None:
    """Copy a mebibyte into a block, by a system call: a mapping costs a fault for each page, and twice the time."""
    end = min(start + MEBIBYTE, slot.size_bytes)
    with memoryview(content) as whole:
        while start < end:
            start += os.pwrite(slot.descriptor, whole[start:end], start)
