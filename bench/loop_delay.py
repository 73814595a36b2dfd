"""How late the event loop comes to what is due while every worker parses, captures and shrinks, as much as it can.

`python -m bench.loop_delay` prints JSON. The loop is the server's (uvloop), the workers and what they do are too, and
the loop answers small requests over TCP meanwhile, which are asked at times of their own, whatever happens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import uvloop

from bench.heavy import PAGE_URL, make_heavy
from poolhouse.space import MemorySpace
from poolhouse.space.keeper import Blocks
from poolhouse.space.pool import WorkerPool
from poolhouse.survey.lateness import Ticker, next_tick
from poolhouse.survey.spread import percentile
from poolhouse.survey.usage import foreign_share, usage
from poolhouse.types import CaptureMode
from poolhouse.workers import MODULES, PRELOAD
from poolhouse.workers.pages import Page, Resources, assemble_page, read_page, shrink_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.heavy import Heavy
    from poolhouse.space.blocks import BlockRef

TICK_MS = 5
ASK_MS = 10
WORKERS = 2
LEAD = 2
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 20480\r\n\r\n" + b"x" * 20_480
_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Milliseconds: the median, what one in a hundred passes, the worst; of `count`."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopDelay:
    """What came out. `busy_share` is how much of the machine our processes used: near 1 where workers are saturated."""

    seconds: float
    done: dict[str, int]
    idle_ticks: Late
    ticks: Late
    answers: Late
    busy_share: float
    foreign_share: float


class _Work:
    """Gives workers one heavy thing after another, as the server does when it captures pages."""

    def __init__(self, space: MemorySpace, blocks: Blocks, heavy: Heavy) -> None:
        self.done: Counter[str] = Counter()
        self._space = space
        self._blocks = blocks
        self._heavy = heavy
        self.is_warm = asyncio.Event()
        self._kinds = (self._read, self._assemble, self._shrink)
        self._next = cycle(self._kinds)

    async def go_on(self) -> None:
        """One thing after another, until cancelled."""
        while True:
            async with AsyncExitStack() as stack:
                await next(self._next)(stack)
            if len(self.done) == len(self._kinds):
                self.is_warm.set()

    async def _read(self, stack: AsyncExitStack) -> None:
        found = await self._call(stack, read_page, self._page(stack, CaptureMode.TEXT))
        assert found.word_count > 1000
        assert len(self._content(stack, found.text)) > 1000
        self.done["pages read"] += 1

    async def _assemble(self, stack: AsyncExitStack) -> None:
        index = tuple((url, "image/jpeg", len(body)) for url, body in self._heavy.pictures.items())
        pictures = self._share(stack, b"".join(self._heavy.pictures.values()))
        page = self._page(stack, CaptureMode.FULL)
        found = await self._call(stack, assemble_page, page, Resources(pictures, index))
        assert len(self._content(stack, found.page)) > 1000
        self.done["single files"] += 1

    async def _shrink(self, stack: AsyncExitStack) -> None:
        found = await self._call(stack, shrink_image, self._share(stack, self._heavy.photograph))
        assert len(self._content(stack, found.picture)) > 100
        self.done["thumbnails"] += 1

    def _page(self, stack: AsyncExitStack, mode: CaptureMode) -> Page:
        body = self._share(stack, self._heavy.page)
        return Page(body=body, url=PAGE_URL, media_type="text/html", charset=None, mode=mode.value)

    async def _call(self, stack: AsyncExitStack, function: Callable[..., Any], *arguments: object) -> Any:
        call = await stack.enter_async_context(await self._space.eval(function, *arguments))
        return await stack.enter_async_context(call.take())

    def _share(self, stack: AsyncExitStack, content: bytes) -> BlockRef:
        return stack.enter_context(self._blocks.freeze(content)).ref

    def _content(self, stack: AsyncExitStack, ref: BlockRef | None) -> bytes:
        assert ref is not None
        return bytes(stack.enter_context(self._blocks.open(ref)).view)


async def measure_loop_delay(heavy: Heavy, *, seconds: float = 10.0, workers: int = WORKERS) -> LoopDelay:
    """Measure on the running loop: a while without work, then `seconds` with as much as `workers` can do."""
    idle, _ = await _observed(seconds / 5)
    blocks = Blocks()
    space = MemorySpace(blocks=blocks)
    work = _Work(space, blocks, heavy)
    async with WorkerPool(space, MODULES, count=workers, preload=PRELOAD), asyncio.TaskGroup() as group:
        tasks = [group.create_task(work.go_on()) for _ in range(workers + LEAD)]
        await work.is_warm.wait()
        work.done.clear()
        before = usage(os.getpid())
        ticks, answers = await _observed(seconds)
        after = usage(os.getpid())
        for task in tasks:
            task.cancel()
    cores = len(os.sched_getaffinity(0))
    return LoopDelay(
        seconds=after.at - before.at,
        done=dict(work.done),
        idle_ticks=idle,
        ticks=ticks,
        answers=answers,
        busy_share=(after.own_cpu - before.own_cpu) / (after.at - before.at) / cores,
        foreign_share=foreign_share(before, after, cores),
    )


async def _observed(seconds: float) -> tuple[Late, Late]:
    """How late ticks come, and how long after its time each request is answered."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    ticker = Ticker(asyncio.get_running_loop(), interval_ms=TICK_MS)
    waits = await _ask(reader, writer, seconds)
    ticks = ticker.stop()
    writer.close()
    server.close()
    await writer.wait_closed()
    await server.wait_closed()
    return _late(ticks), _late(waits)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> list[float]:
    """Ask at the intended times; a request that could not be sent at its time waits since then all the same."""
    waits = []
    began = due = time.monotonic_ns()
    while due < began + seconds * 1e9:
        due = next_tick(began, due, ASK_MS * _MS)
        delay = due - time.monotonic_ns()
        if delay > 0:
            await asyncio.sleep(delay / 1e9)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readexactly(len(ANSWER))
        waits.append((time.monotonic_ns() - due) / _MS)
    return waits


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
    writer.close()


def _late(values: Sequence[float]) -> Late:
    return Late(
        count=len(values),
        p50_ms=percentile(values, 0.5),
        p99_ms=percentile(values, 0.99),
        max_ms=max(values),
    )


def run_loop_delay(seed: int, *, seconds: float = 10.0) -> LoopDelay:
    """Measure on a loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure_loop_delay(make_heavy(seed), seconds=seconds))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.loop_delay", description="Measure the loop's delay."
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print(json.dumps(asdict(run_loop_delay(given.seed, seconds=given.seconds)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
