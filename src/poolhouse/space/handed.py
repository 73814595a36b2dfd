"""Handed: the blocks that a worker has for the job it does, by the descriptors that came with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from poolhouse.errors import SpaceError, StaleBlockError
from poolhouse.space.blocks import Block
from poolhouse.space.frames import Granted, NewBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from poolhouse.space.blocks import BlockRef, OnCrash
    from poolhouse.space.frames import FromWorker, Grant, Sent, ToWorker


class Handed:
    """As `keeper.Blocks`, for one job: `new` and `open`. All of them are gone when the job ends."""

    def __init__(self, ask: Callable[[FromWorker], ToWorker]) -> None:
        self._ask = ask
        self._grants: dict[int, tuple[Grant, int]] = {}
        self._opened: dict[int, Block] = {}

    def new(self, size_bytes: int, *, on_crash: OnCrash = "retry") -> Block:
        """A new block, all nought, open; put its `ref` in an entry, or it is gone when the job ends.

        Raises SpaceError where there is no room, or this job has made as much as it may.
        """
        answer = self._ask(NewBlock(size_bytes, on_crash))
        assert isinstance(answer, Granted)
        return self.open(answer.block.ref)

    def open(self, ref: BlockRef) -> Block:
        """Open the block that an entry names which this job has taken. Raises StaleBlockError."""
        if ref.id not in self._grants or self._grants[ref.id][0].ref != ref:
            raise StaleBlockError(f"block {ref.id} is not handed to this job, or was given on")
        if ref.id in self._opened:
            raise StaleBlockError(f"block {ref.id} is open already")
        grant, descriptor = self._grants[ref.id]
        block = Block(
            grant.ref, descriptor, is_frozen=grant.is_frozen, is_torn=grant.is_torn, closing=self._closed
        )
        self._opened[ref.id] = block
        return block

    def receive(self, grants: Sequence[Grant], descriptors: Sequence[int]) -> None:
        """They came from the pool. Raises SpaceError where a descriptor is missing."""
        for grant, descriptor in zip(grants, descriptors, strict=False):
            self._grants[grant.ref.id] = (grant, descriptor)
        if len(grants) != len(descriptors):
            raise SpaceError("a block's descriptor did not come with it: too many are open")

    def give(self, outs: Iterable[Sent]) -> None:
        """Entries that name them were put: they are somebody else's now."""
        for sent in outs:
            for ref in sent.blocks:
                if ref.id in self._grants and not self._grants[ref.id][0].is_frozen:
                    self._end(ref.id)

    def take_away(self) -> None:
        """The job ends: close all of them."""
        for block in list(self._grants):
            self._end(block)

    def _end(self, block_id: int) -> None:
        _, descriptor = self._grants.pop(block_id)
        opened = self._opened.pop(block_id, None)
        if opened is not None:
            opened.give()
        os.close(descriptor)

    def _closed(self, block: Block, is_torn: bool) -> None:  # noqa: ARG002 - the pool learns it from the job
        self._opened.pop(block.opened.id, None)
