"""Processes that are killed at any moment: every effect once, nothing lost, nothing left."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import uvloop

from poolhouse.space import MemorySpace
from tests.space.jobs import Doubled, Inverted, Number, Picture
from tests.space.pools import ended, working

pytestmark = pytest.mark.slow

JOBS = 10_000
PICTURES = 500


def test_ten_thousand_jobs_under_random_kills() -> None:
    """Each result is there once, each picture inverted once, though workers die in mid-write. On the server's loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(do_jobs_under_random_kills())


async def do_jobs_under_random_kills() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    killed: set[int] = set()
    space = MemorySpace(attempt_limit=1_000, capacity_entries=JOBS + PICTURES)
    results: Counter[int] = Counter()
    pictures: Counter[str] = Counter()

    async def collect_numbers() -> None:
        while results.total() < JOBS:
            async with space.take(Doubled) as doubled:
                assert doubled.twice == 2 * doubled.value
                results[doubled.value] += 1

    async def collect_pictures() -> None:
        while pictures.total() < PICTURES:
            async with space.take(Inverted) as inverted:
                with space.blocks.open(inverted.pixels) as block:
                    pictures[inverted.name] += bytes(block.view) == b"\xf0" * 50_000

    async with working(space, count=2) as pool:

        async def kill_now_and_then() -> None:
            async for _ in space.notify(Doubled):
                pids = list(pool.pids)
                if pids and chance.random() < 0.02:
                    victim = chance.choice(pids)
                    os.kill(victim, signal.SIGKILL)
                    killed.add(victim)

        killer = asyncio.create_task(kill_now_and_then())
        async with asyncio.TaskGroup() as group:
            group.create_task(collect_numbers())
            group.create_task(collect_pictures())
            for number in range(JOBS):
                await space.out(Number(number))
                if number % (JOBS // PICTURES) == 0:
                    with space.blocks.new(50_000, on_crash="copy") as block:
                        block.view[:] = b"\x0f" * 50_000
                        await space.out(Picture(str(number), block.ref))
        killer.cancel()
        await asyncio.gather(killer, return_exceptions=True)
    print(len(killed), "workers killed")
    assert results == dict.fromkeys(range(JOBS), 1)
    assert list(pictures.values()) == [1] * PICTURES
    assert len(killed) >= 20
    assert len(space.bag) == space.blocks.count == 0
    await ended(sorted(killed))
    assert not has_mapped_blocks()


def test_workers_and_blocks_end_with_a_killed_parent() -> None:
    program = Path(__file__).with_name("parent.py")
    with subprocess.Popen([sys.executable, "-I", str(program)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said = parent.stdout.readline()
        pids, blocks = ([int(word) for word in part.split()] for part in said.split("/"))
        assert (len(pids), len(blocks)) == (3, 1)
        assert holders_of(blocks) >= {parent.pid}
        assert len(holders_of(blocks)) == 2, "its taker has it too"
        parent.kill()
        asyncio.run(asyncio.wait_for(ended(pids), 10))
    assert holders_of(blocks) == set()


def has_mapped_blocks() -> bool:
    """Whether a block is mapped into this process."""
    return "poolhouse-block" in Path("/proc/self/maps").read_text("utf-8")


def holders_of(inodes: list[int]) -> set[int]:
    """The processes that have a block open, by its inode."""
    found: set[int] = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if "poolhouse-block" in os.readlink(descriptor) and descriptor.stat().st_ino in inodes:
                found.add(int(descriptor.parts[2]))
        except OSError:
            continue
    return found
