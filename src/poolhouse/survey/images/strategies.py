"""Strategies: where pictures are kept and who changes them, beside a loop that goes on.

Another one is a class with `put`, `change` and `pixels`, a context manager that opens it, and a line in `STRATEGIES`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from poolhouse.space.keeper import Blocks
from poolhouse.space.memory import MemorySpace
from poolhouse.space.pool import WorkerPool
from poolhouse.survey.images import jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Executor
    from contextlib import AbstractAsyncContextManager

    from poolhouse.space.blocks import Block
    from poolhouse.survey.images.transforms import Size, Transform

NICENESS = 10  # of all that works beside the loop, processes and threads: they differ in how data travels, not in rank


class Studio(Protocol):
    """A strategy at work: it has pictures by number, from 0, and changes them in place or as if."""

    def put(self, pixels: bytes) -> None:
        """Keep another picture."""

    async def change(self, number: int) -> None:
        """Do the transform on one picture. One that is being changed is not asked for again meanwhile."""

    def pixels(self, number: int) -> bytes:
        """A copy of a picture as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """`open` starts it for a transform and a number of workers; `is_serial` where one picture is changed at a time."""

    name: str
    sentence: str
    open: Callable[[Transform, Size, int], AbstractAsyncContextManager[Studio]]
    is_serial: bool = False


class _Inline:
    """The loop does it itself."""

    def __init__(self, transform: Transform, size: Size) -> None:
        self._transform = transform
        self._size = size
        self._pictures: list[bytearray] = []

    def put(self, pixels: bytes) -> None:
        self._pictures.append(bytearray(pixels))

    async def change(self, number: int) -> None:
        self.work(number)
        await asyncio.sleep(0)  # whoever else waits for the loop has it between two pictures

    def work(self, number: int) -> None:
        self._transform.change(memoryview(self._pictures[number]), self._size)

    def pixels(self, number: int) -> bytes:
        return bytes(self._pictures[number])


class _Threads(_Inline):
    """Threads of the same process do it, where the pictures are."""

    def __init__(self, transform: Transform, size: Size, executor: Executor) -> None:
        super().__init__(transform, size)
        self._executor = executor

    async def change(self, number: int) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self.work, number)


class _Pickled:
    """A pool of processes does it: the pixels go there in a pickle, and come back in one."""

    def __init__(self, transform: Transform, size: Size, executor: Executor) -> None:
        self._transform = transform
        self._size = size
        self._executor = executor
        self._pictures: list[bytes] = []

    def put(self, pixels: bytes) -> None:
        self._pictures.append(pixels)

    async def change(self, number: int) -> None:
        self._pictures[number] = await asyncio.get_running_loop().run_in_executor(
            self._executor, jobs.change_data, self._transform.name, self._size, self._pictures[number]
        )

    def pixels(self, number: int) -> bytes:
        return self._pictures[number]


class _Blocks:
    """A space's workers do it, in blocks: a call with the block's name goes there, its name comes back."""

    def __init__(self, transform: Transform, size: Size, space: MemorySpace, blocks: Blocks) -> None:
        self._transform = transform
        self._size = size
        self._space = space
        self._blocks = blocks
        self._pictures: list[Block] = []

    def put(self, pixels: bytes) -> None:
        block = self._blocks.new(len(pixels))
        block.view[:] = pixels
        self._pictures.append(block)

    async def change(self, number: int) -> None:
        given = self._pictures[number].ref
        call = await self._space.eval(jobs.change_block, self._transform.name, self._size, given)
        changed = await call.take()
        # to have it open keeps it, and maps nothing: the loop's process never sees the pixels
        self._pictures[number] = self._blocks.open(changed.pixels)

    def pixels(self, number: int) -> bytes:
        return bytes(self._pictures[number].view)


@asynccontextmanager
async def _open_inline(transform: Transform, size: Size, _: int) -> AsyncIterator[Studio]:
    yield _Inline(transform, size)


@asynccontextmanager
async def _open_threads(transform: Transform, size: Size, workers: int) -> AsyncIterator[Studio]:
    # Linux knows the niceness of each thread (nice(2), "C library/kernel differences"): the loop's stays as it is
    with ThreadPoolExecutor(workers, initializer=jobs.start_worker, initargs=(NICENESS,)) as executor:
        yield _Threads(transform, size, executor)


@asynccontextmanager
async def _open_pickled(transform: Transform, size: Size, workers: int) -> AsyncIterator[Studio]:
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("forkserver"),
        initializer=jobs.start_worker,
        initargs=(NICENESS,),
    ) as executor:
        yield _Pickled(transform, size, executor)


@asynccontextmanager
async def _open_blocks(transform: Transform, size: Size, workers: int) -> AsyncIterator[Studio]:
    blocks = Blocks()
    space = MemorySpace(blocks=blocks)
    async with WorkerPool(
        space, [jobs.__name__], count=workers, niceness=NICENESS, preload=transform.preload
    ):
        yield _Blocks(transform, size, space, blocks)


STRATEGIES = {
    each.name: each
    for each in (
        Strategy(name="inline", sentence="inline on the loop", open=_open_inline, is_serial=True),
        Strategy(name="threads", sentence="threads", open=_open_threads),
        Strategy(name="pickled", sentence="process pool, data pickled", open=_open_pickled),
        Strategy(name="blocks", sentence="workers, shared blocks", open=_open_blocks),
    )
}
