"""Assignment: one job under way in a worker: what the worker holds in the space for it, and what it asks for.

Whatever it holds goes back when the worker dies, and what it says is checked: it may be in the hands of whoever wrote
the bytes that it reads. It is given and can name only classes of entries that its pool allows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from poolhouse.errors import SpaceError
from poolhouse.space import frames
from poolhouse.space.frames import FrameError
from poolhouse.space.templates import Template
from poolhouse.space.waiting import Out, Waiter

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from poolhouse.space.bag import Stored
    from poolhouse.space.blocks import OnCrash
    from poolhouse.space.declared import Declaration
    from poolhouse.space.keeper import Blocks
    from poolhouse.space.memory import MemorySpace
    from poolhouse.space.process import WorkerProcess


class Assignment:
    """A held entry, given to a worker. `kinds` may be taken, read and put besides, and asked for by those fields."""

    __slots__ = (
        "_blocks",
        "_granted",
        "_is_stopped",
        "_kinds",
        "_made_bytes",
        "_process",
        "_putting",
        "_space",
        "_taken",
        "_waiter",
        "declaration",
        "stored",
    )

    def __init__(
        self,
        space: MemorySpace,
        blocks: Blocks,
        process: WorkerProcess,
        stored: Stored,
        declaration: Declaration,
        kinds: Mapping[str, frozenset[str]],
    ) -> None:
        self.stored = stored
        self.declaration = declaration
        self._space = space
        self._blocks = blocks
        self._process = process
        self._kinds = kinds
        self._granted: set[int] = set()
        self._is_stopped = False
        self._made_bytes = 0
        self._taken: dict[int, Stored] = {}
        self._waiter: Waiter | None = None
        self._putting: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Send the job. Raises FrameError where it is too large for a worker."""
        self._send_entry(self.stored)

    def hear(self, frame: frames.FromWorker) -> None:
        """Do what the running function asks for, and answer. Raises FrameError for what cannot come now."""
        if self._waiter is not None or self._putting is not None:
            raise FrameError("it has not waited for an answer")
        if self._is_stopped and isinstance(frame, (frames.Take, frames.Read, frames.Put, frames.NewBlock)):
            self._process.send(frames.Refused("it was called off"))
            return
        try:
            self._answer(frame)
        except SpaceError as error:
            self._process.send(frames.Refused(str(error)))

    def stop(self) -> None:
        """Let the function not wait for anything any more: it was called off."""
        self._is_stopped = True
        if self._waiter is not None:
            self._space.withdraw(self._waiter)
            self._waiter = None
            self._process.send(frames.Refused("it was called off"))
        if self._putting is not None:
            self._putting.cancel()

    def finish(self, frame: frames.Done) -> None:
        """Commit the job with what came of it, in one step. Raises FrameError for what it may not return."""
        is_call = self.declaration.takes is None
        if (frame.result is None) is is_call or (is_call and frame.outs):
            raise FrameError("it returned what it does not declare")
        sent = frame.outs if frame.result is None else (frame.result,)
        try:
            outs = self._outs(sent, self.declaration.gives, self.stored)
        except SpaceError as error:
            self.fail(str(error))
            return
        self._withdraw("the function left it taken")
        if self.stored.is_called_off or self.stored.state != "held":
            self._give_back(self.stored, None)
        elif is_call:
            self._space.commit_now(self.stored, (), outs[0])
        else:
            self._space.commit_now(self.stored, outs)
        self._blocks.release(self._granted, self, is_torn=False)

    def fail(self, reason: str | None) -> None:
        """The job was not done: put back all that it holds, its blocks as they are for the next to see."""
        self._blocks.release(self._granted, self, is_torn=True)
        self._withdraw(reason)
        self._give_back(self.stored, reason)

    def bury(self, reason: str) -> None:
        """The job can never be done."""
        if self.stored.state == "held":
            self._space.bury_now(self.stored, reason)

    def _answer(self, frame: frames.FromWorker) -> None:
        match frame:
            case frames.Take(template, waits):
                self._seek(template, waits=waits, is_reading=False)
            case frames.Read(template, waits):
                self._seek(template, waits=waits, is_reading=True)
            case frames.Put(sent):
                outs = self._outs(sent, self._kinds)
                self._putting = asyncio.get_running_loop().create_task(self._put(outs))
            case frames.Commit(taken_id, sent):
                stored = self._held(taken_id)
                self._commit(stored, self._outs(sent, self._kinds, stored))
            case frames.PutBack(taken_id, reason):
                stored = self._held(taken_id)
                del self._taken[taken_id]
                self._blocks.release(stored.blocks, self, is_torn=True)
                self._give_back(stored, None if reason is None else frames.short(reason))
                self._process.send(frames.Did())
            case frames.NewBlock(size_bytes, on_crash):
                self._make_block(size_bytes, on_crash)
            case _:
                raise FrameError("it said what it may not say within a job")

    def _seek(self, sought: frames.Sought, *, waits: bool, is_reading: bool) -> None:
        if sought.kind not in self._kinds:
            raise SpaceError(f"its pool does not let it have {sought.kind}")
        actuals: dict[str, Any] = frames.check_body(sought.actuals)
        if not self._kinds[sought.kind].issuperset([*actuals, *(name for name, _ in sought.formals)]):
            raise FrameError(
                f"{sought.kind} has no such field"
            )  # the space keeps an index for each that is asked for
        template = Template(sought.kind, tuple(actuals.items()), sought.formals)
        if not waits and self._space.bag.find((template,)) is None:
            self._process.send(frames.Did())
            return
        deliver = self._deliver_to_read if is_reading else self._deliver
        self._waiter = waiter = Waiter((template,), deliver, self._refuse, is_reading=is_reading)
        self._space.wait_now(waiter)

    def _deliver(self, stored: Stored) -> None:
        self._waiter = None
        self._taken[stored.id] = stored
        try:
            self._send_entry(stored)
        except FrameError as error:
            del self._taken[stored.id]
            self._space.bury_now(stored, str(error))
            self._process.send(frames.Refused(str(error)))
        except OSError as error:  # no memory or no descriptor for the copy of a block
            del self._taken[stored.id]
            self._blocks.release(stored.blocks, self, is_torn=False)
            self._space.put_back_now(stored, None)
            self._process.send(frames.Refused(f"it could not be given to a worker: {error.strerror}"))

    def _deliver_to_read(self, stored: Stored) -> None:
        self._waiter = None
        try:
            self._process.send(frames.Job(0, stored.kind, stored.body, stored.attempts))
        except FrameError as error:
            self._process.send(frames.Refused(str(error)))

    def _refuse(self, error: Exception) -> None:
        self._waiter = None
        self._process.send(frames.Refused(str(error)))

    def _send_entry(self, stored: Stored) -> None:
        if len(stored.body) > frames.BODY_BYTES or len(stored.blocks) > frames.DESCRIPTORS:
            raise FrameError(
                f"{len(stored.body)} bytes are too much for a worker: put what is large in a block"
            )
        if not stored.blocks:
            self._process.send(frames.Job(stored.id, stored.kind, stored.body, stored.attempts))
            return
        self._granted.update(stored.blocks)
        slots = self._blocks.grant(stored.blocks, self)
        grants = tuple(frames.Grant(slot.ref, slot.is_torn, slot.is_frozen) for slot in slots)
        job = frames.Job(stored.id, stored.kind, stored.body, stored.attempts, grants)
        self._process.send(job, [slot.descriptor for slot in slots])

    def _outs(
        self, sent: Sequence[frames.Sent], kinds: Container[str], committed: Stored | None = None
    ) -> list[Out]:
        """What a worker puts, with the commit of an entry or without, checked.

        Raises SpaceError for what it may not put, FrameError for what is no entry.
        """
        outs: list[Out] = []
        for each in sent:
            if each.kind not in kinds:
                raise SpaceError(f"its pool does not let it put {each.kind}")
            frames.check_body(each.body)
            blocks = tuple({self._blocks.offer(ref, writer=self).id: None for ref in each.blocks})
            outs.append(Out(each.kind, each.body, None, blocks))
        self._space.check_blocks(outs, committed)
        return outs

    async def _put(self, outs: Sequence[Out]) -> None:
        try:
            await self._space.put(outs, person=self.stored.person)
        except (SpaceError, asyncio.CancelledError) as error:
            self._putting = None
            self._process.send(frames.Refused(str(error) or "it was called off"))
        else:
            self._putting = None
            self._process.send(frames.Did())

    def _commit(self, stored: Stored, outs: Sequence[Out]) -> None:
        del self._taken[stored.id]
        if stored.state != "held":
            raise SpaceError("the entry is not held any more")
        self._space.commit_now(stored, outs)
        self._process.send(frames.Did())

    def _held(self, taken_id: int) -> Stored:
        if taken_id not in self._taken:
            raise FrameError("it has not taken that")
        return self._taken[taken_id]

    def _make_block(self, size_bytes: int, on_crash: OnCrash) -> None:
        left_bytes = self.declaration.limits.memory_bytes - self._made_bytes
        if not 0 < size_bytes <= left_bytes or len(self._granted) >= frames.BLOCKS:
            raise SpaceError("its blocks would come to more memory than it may take")
        slot = self._blocks.make(size_bytes, on_crash, writer=self)
        self._made_bytes += size_bytes
        self._granted.add(slot.id)
        grant = frames.Grant(slot.ref, is_torn=False, is_frozen=False)
        self._process.send(frames.Granted(grant), [slot.descriptor])

    def _withdraw(self, reason: str | None) -> None:
        """It waits for nothing more, and what it took besides its own entry goes back."""
        if self._waiter is not None:
            self._space.withdraw(self._waiter)
            self._waiter = None
        if self._putting is not None:
            self._putting.cancel()
        while self._taken:
            _, stored = self._taken.popitem()
            self._blocks.release(stored.blocks, self, is_torn=True)
            self._give_back(stored, reason)

    def _give_back(self, stored: Stored, reason: str | None) -> None:
        if stored.state != "held":
            return
        if reason is not None and not stored.is_called_off and self._blocks.forbids(stored.blocks):
            self._space.bury_now(stored, f"{reason}, and left a block half written")
        else:
            self._space.put_back_now(stored, reason)
