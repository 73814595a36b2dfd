"""A program with a pool of workers that a test kills: it says who they are and what memory they share, and waits."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from poolhouse.space import MemorySpace
from poolhouse.space.pool import WorkerPool
from tests.space import jobs


def blocks_open() -> list[int]:
    """The inodes of the blocks that this process has open."""
    links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return [entry.stat().st_ino for entry in links if "poolhouse-block" in os.readlink(entry)]


async def main() -> None:
    """Have one worker hang in a job that holds a block, another compute, a third idle."""
    space = MemorySpace()
    paths = [Path(__file__).parents[2]]
    async with WorkerPool(space, ["tests.space.jobs"], count=3, entries=[jobs.Token], paths=paths) as pool:
        held = space.blocks.new(1_000_000)
        hanging = [
            await space.eval(jobs.hang_with, jobs.Picture("held", held.ref)),
            await space.eval(jobs.hang, "deaf"),
        ]
        for _ in hanging:
            await space.take(jobs.Token)
        await (await space.eval(jobs.double, 1)).take()
        print(*pool.pids, "/", *blocks_open(), flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
