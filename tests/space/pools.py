"""What the tests of pools share: a pool of the test functions, time that they move, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from poolhouse.space.pool import WorkerPool
from poolhouse.space.process import COMMAND
from tests.space.contract import settle
from tests.space.jobs import Doubled, Number, Said, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from poolhouse.space import MemorySpace

R = TypeVar("R")

ROOT = Path(__file__).parents[2]
JOBS = "tests.space.jobs"


@asynccontextmanager
async def working(
    space: MemorySpace, modules: tuple[str, ...] = (JOBS,), **settings: Any
) -> AsyncIterator[WorkerPool]:
    """A pool that does the jobs of tests; when it ends, nothing is left of it."""
    settings.setdefault("entries", (Number, Doubled, Said, Token))
    settings.setdefault("count", 1)
    before = left()
    async with WorkerPool(space, modules, paths=[ROOT], **settings) as pool:
        yield pool
    await settle()
    after = left()
    assert after == before, f"{before} became {after}"


def begun_with(statements: str) -> tuple[str, ...]:
    """The command of a worker that does this first, in a process of its own."""
    program = f"import resource; from poolhouse.space import seccomp, worker; {statements}; worker.main()"
    return (*COMMAND[:-1], program)


async def call(space: MemorySpace, function: Callable[..., R], *arguments: object) -> R:
    """What a worker makes of a call."""
    active = await space.eval(function, *arguments)
    return await active.take()


async def ended(pids: Sequence[int]) -> None:
    """Wait until these processes are dead, and whoever waited for that as well has heard of it."""
    loop = asyncio.get_running_loop()
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        dead = asyncio.Event()
        loop.add_reader(descriptor, dead.set)
        await dead.wait()
        loop.remove_reader(descriptor)
        os.close(descriptor)
    await settle()


def left() -> tuple[list[str], list[str]]:
    """What workers could leave behind in this process: children, and descriptors by what they are of."""
    gc.collect()
    tasks = Path("/proc/self/task").iterdir()
    children = sorted(child for task in tasks for child in (task / "children").read_text("ascii").split())
    links = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    return children, sorted(link.split(":")[0] for link in links)


class HandTimers:
    """`hand.Timers` that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.handles: list[tuple[asyncio.TimerHandle, Callable[[], object]]] = []

    def time(self) -> float:
        """Now."""
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> asyncio.TimerHandle:
        """Remember it."""
        handle = asyncio.TimerHandle(when, callback, (), asyncio.get_running_loop())
        self.handles.append((handle, callback))
        return handle

    def delays(self) -> list[float]:
        """For how long each that waits still waits, shortest first."""
        return sorted(handle.when() - self.now for handle, _ in self.handles if not handle.cancelled())

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        self.now += seconds
        due = [each for each in self.handles if each[0].when() <= self.now]
        self.handles = [each for each in self.handles if each[0].when() > self.now]
        for handle, callback in sorted(due, key=lambda each: each[0].when()):
            if not handle.cancelled():
                callback()
