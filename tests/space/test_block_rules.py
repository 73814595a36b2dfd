"""One writer at a time: blocks, given from hand to hand at random, against a model of who has them and what is in."""

from __future__ import annotations

import asyncio
import mmap
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from poolhouse.errors import StaleBlockError, TornBlockError
from poolhouse.space import MemorySpace
from poolhouse.space.blocks import BlockRef, OnCrash
from poolhouse.space.entries import decode, encode
from poolhouse.space.templates import template
from poolhouse.space.waiting import Out, Waiter
from tests.space.contract import settle
from tests.space.jobs import Picture

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from poolhouse.space.bag import Stored

bytes_ = st.integers(0, 255)


@dataclass(eq=False)
class Known:
    """A block as the model knows it. `held` is the worker that has it."""

    ref: BlockRef
    policy: OnCrash
    content: int
    is_torn: bool = False
    held: Worker | None = None
    stale: list[BlockRef] = field(default_factory=list)


@dataclass(eq=False)
class Worker:
    """Somebody in another process: it has a mapping of its own of the same memory."""

    stored: Stored
    known: Known
    memory: mmap.mmap


class BlockRules(RuleBasedStateMachine):
    """`Blocks` in a `MemorySpace`."""

    known: Bundle[Known] = Bundle("known")
    workers: Bundle[Worker] = Bundle("workers")

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.space = MemorySpace(attempt_limit=10_000)
        self.blocks = self.space.blocks
        self.all: dict[int, Known] = {}

    def run(self, work: Coroutine[object, object, None]) -> None:
        async def and_settle() -> None:
            await work
            await settle()

        self.loop.run_until_complete(and_settle())

    @rule(target=known, policy=st.sampled_from(["retry", "copy", "dead"]), content=bytes_)
    def put(self, policy: OnCrash, content: int) -> Known:
        made: list[Known] = []

        async def work() -> None:
            with self.blocks.new(1, on_crash=policy) as block:
                block.view[0] = content
                await self.space.out(Picture(str(block.opened.id), block.ref))
                made.append(Known(block.ref, policy, content, stale=[block.opened]))

        self.run(work())
        self.all[made[0].ref.id] = made[0]
        return made[0]

    @rule(target=workers, known=known)
    def take(self, known: Known) -> Worker | MultipleResults[Worker]:
        if (
            known.held is not None
            or known.ref.id not in self.all
            or (known.is_torn and known.policy == "dead")
        ):
            return multiple()
        taken: list[Stored] = []
        wanted = template(Picture, {"name": str(known.ref.id)})
        self.space.wait_now(Waiter((wanted,), taken.append, lambda _: None))
        (slot,) = self.blocks.grant(taken[0].blocks, taken[0])
        assert (slot.ref, slot.is_torn) == (known.ref, known.is_torn)
        known.held = Worker(taken[0], known, mmap.mmap(slot.descriptor, 1))
        return known.held

    @rule(worker=workers, value=bytes_)
    def write(self, worker: Worker, value: int) -> None:
        worker.memory[0] = value

    @rule(worker=consumes(workers), names=st.booleans())
    def commit(self, worker: Worker, names: bool) -> None:
        known = worker.known
        ref = BlockRef(known.ref.id, 1, known.ref.generation + 1)
        with pytest.raises(StaleBlockError):
            self.blocks.offer(ref, writer="another worker")

        async def work() -> None:
            outs = []
            if names:
                self.blocks.offer(ref, writer=worker.stored)
                outs = [Out("Picture", encode(Picture(str(ref.id), ref)), None, (ref.id,))]
            self.space.commit_now(worker.stored, outs)
            self.blocks.release(worker.stored.blocks, worker.stored, is_torn=False)

        known.content, known.is_torn, known.held = worker.memory[0], False, None
        self.run(work())
        known.stale.append(known.ref)
        known.ref = ref
        if not names:
            del self.all[ref.id]
        worker.memory.close()

    @rule(worker=consumes(workers))
    def die(self, worker: Worker) -> None:
        known = worker.known
        if known.policy != "copy":
            known.content, known.is_torn = worker.memory[0], True
        known.held = None
        worker.memory.close()
        self.blocks.release(worker.stored.blocks, worker.stored, is_torn=True)
        assert self.blocks.forbids(worker.stored.blocks) is (known.policy == "dead")
        self.space.put_back_now(worker.stored, "it died")

    @rule(known=known, value=bytes_, fails=st.booleans())
    def write_here(self, known: Known, value: int, fails: bool) -> None:
        if known.held is not None or known.ref.id not in self.all:
            return

        async def work() -> None:
            taking = self.space.take(Picture, name=str(known.ref.id))
            async with taking as picture:
                with self.blocks.open(picture.pixels) as block:
                    block.view[0] = value
                    if fails:
                        raise ZeroDivisionError
                    taking.out(Picture(picture.name, block.ref))

        if known.is_torn and known.policy != "retry":
            with pytest.raises(TornBlockError):
                self.run(work())
        elif fails:
            with pytest.raises(ZeroDivisionError):
                self.run(work())
            if known.policy != "copy":
                known.content, known.is_torn = value, True
        else:
            self.run(work())
            known.stale.append(known.ref)
            known.ref = BlockRef(known.ref.id, 1, known.ref.generation + 1)
            known.content, known.is_torn = value, False

    @rule(known=known, data=st.data())
    def use_what_is_not_ours(self, known: Known, data: st.DataObject) -> None:
        with pytest.raises(StaleBlockError):
            self.blocks.open(data.draw(st.sampled_from(known.stale)))
        with pytest.raises(StaleBlockError):
            self.blocks.named_in(
                Picture("stolen", data.draw(st.sampled_from(known.stale[:-1] or known.stale)))
            )
        if known.held is not None or known.ref.id not in self.all:
            with pytest.raises(StaleBlockError):
                self.blocks.open(known.ref)
            with pytest.raises(StaleBlockError):
                self.blocks.named_in(Picture("stolen", known.ref))

    @invariant()
    def is_as_the_model_has_it(self) -> None:
        assert self.blocks.count == self.blocks.size_bytes == len(self.all)
        for known in self.all.values():
            slot = self.blocks._slots[known.ref.id]
            if known.held is None:
                assert (slot.ref, slot.is_torn, slot.writer) == (known.ref, known.is_torn, None)
                assert os.pread(slot.descriptor, 1, 0)[0] == known.content
            else:
                assert slot.writer is known.held.stored
                assert os.pread(slot.descriptor, 1, 0)[0] == known.held.memory[0]
        ready = [decode(Picture, each.body).pixels for each in self.space.bag.all() if each.is_ready]
        assert sorted(ref.id for ref in ready) == sorted(
            each.ref.id for each in self.all.values() if not each.held
        )

    def teardown(self) -> None:
        self.space.close()
        self.blocks.close()
        self.loop.close()


TestBlockRules = BlockRules.TestCase
TestBlockRules.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
