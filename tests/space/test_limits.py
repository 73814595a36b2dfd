"""Limits of a job: memory, blocks, the processor, time; each ends the job with its reason, and the next is done."""

from __future__ import annotations

import pytest

from poolhouse.errors import DeadLetterError
from poolhouse.space import MemorySpace
from poolhouse.space.limits import CPU_LIFE_SECONDS, JobLimits, Limits
from tests.space import jobs
from tests.space.jobs import Number, Said
from tests.space.pools import HandTimers, begun_with, call, working

pytestmark = pytest.mark.slow


@pytest.fixture
def space() -> MemorySpace:
    return MemorySpace()


async def test_memory(space: MemorySpace) -> None:
    async with working(space):
        assert await call(space, jobs.hoard, 40) == Said(str(40 * 1024 * 1024))
        with pytest.raises(DeadLetterError, match=r"^it took more than 64 MiB of memory$"):
            await call(space, jobs.hoard, 100)
        with pytest.raises(DeadLetterError, match=r"^it took more than 64 MiB of memory$"):
            await call(space, jobs.hoard, 1_000_000)
        assert await call(space, jobs.double, 1) == Number(2)


async def test_memory_in_blocks(space: MemorySpace) -> None:
    async with working(space):
        assert await call(space, jobs.hoard_blocks, 60) == Said("done")
        with pytest.raises(DeadLetterError, match="more memory than it may take"):
            await call(space, jobs.hoard_blocks, 70)
        assert await call(space, jobs.double, 1) == Number(2)
        assert space.blocks.count == 0


async def test_the_processor(space: MemorySpace) -> None:
    async with working(space):
        for _ in range(2):
            with pytest.raises(DeadLetterError, match=r"^it took more than 1 seconds of the processor$"):
                await call(space, jobs.spin)
            assert await call(space, jobs.double, 1) == Number(2), "the next job has all of its own time"


@pytest.mark.parametrize(
    ("how", "steps", "worker_survives"),
    [("waiting", 0, True), ("asleep", 1, True), ("computing", 1, True), ("deaf", 2, False)],
)
async def test_time(space: MemorySpace, how: str, steps: int, worker_survives: bool) -> None:
    timers = HandTimers()
    async with working(space, timers=timers) as pool:
        active = await space.eval(jobs.hang, how)
        await space.take(jobs.Token, name=f"began {how}")
        before = pool.pids
        timers.pass_seconds(5)
        for _ in range(steps):
            timers.pass_seconds(1)
        with pytest.raises(DeadLetterError, match=r"^it took more than 5 seconds$"):
            await active.take()
        if not worker_survives:
            timers.pass_seconds(1)
        assert await call(space, jobs.double, 1) == Number(2)
        assert (pool.pids == before) is worker_survives


async def test_who_stops_when_asked_has_done_what_it_did(space: MemorySpace) -> None:
    timers = HandTimers()
    async with working(space, timers=timers):
        active = await space.eval(jobs.hang, "polite")
        await space.take(jobs.Token)
        timers.pass_seconds(5)
        assert await active.take() == Said("stopped when asked")


def test_a_worker_that_did_much_is_worn_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)  # of this process, which has to live on
    limits = JobLimits(Limits())
    assert not limits.is_worn_out
    monkeypatch.setattr("time.process_time", lambda: CPU_LIFE_SECONDS + 1.0)
    limits.begin(Limits())
    assert limits.is_worn_out


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("RLIMIT_NOFILE", 100),
        ("RLIMIT_CPU", 300),
        ("RLIMIT_AS", 1_500_000_000),
        ("RLIMIT_DATA", 400_000_000),
        ("RLIMIT_FSIZE", 100_000_000),
        ("RLIMIT_CORE", 0),
    ],
)
async def test_a_worker_keeps_to_limits_that_were_lower_before(
    space: MemorySpace, name: str, limit: int
) -> None:
    lower = begun_with(f"resource.setrlimit(resource.{name}, ({limit}, {limit}))")
    async with working(space, command=lower):
        assert await call(space, jobs.double, 1) == Number(2)
