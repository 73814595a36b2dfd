"""A pool: when workers start and end, what becomes of their jobs, how they are stopped, and what lies cost."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import DeadLetterError, SpaceError
from poolhouse.space import MemorySpace
from poolhouse.space.pool import WorkerPool
from tests.space import jobs
from tests.space.contract import settle
from tests.space.jobs import Number, Picture, Said, Token
from tests.space.pools import ROOT, HandTimers, begun_with, call, ended, working

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

LIAR = (sys.executable, "-I", str(Path(__file__).with_name("liar.py")))


@pytest.fixture
def space() -> MemorySpace:
    return MemorySpace()


async def test_workers_start_when_there_is_work(space: MemorySpace) -> None:
    async with working(space, count=2) as pool:
        assert pool.pids == []
        await call(space, jobs.double, 1)
        first = pool.pids
        await call(space, jobs.double, 1)
        assert pool.pids == first != []


async def test_what_was_there_before_the_pool_is_done(space: MemorySpace) -> None:
    active = await space.eval(jobs.double, 4)
    async with working(space):
        assert await active.take() == Number(8)


async def test_an_idle_worker_ends(space: MemorySpace) -> None:
    timers = HandTimers()
    async with working(space, timers=timers, idle_seconds=30) as pool:
        await call(space, jobs.double, 1)
        timers.pass_seconds(29)
        assert await call(space, jobs.double, 1) == Number(2)
        idle = pool.pids
        timers.pass_seconds(29)
        await settle()
        assert pool.pids == idle
        timers.pass_seconds(1)
        await ended(idle)
        assert pool.pids == []
        assert await call(space, jobs.double, 1) == Number(2)


async def test_two_pools_share_a_space(space: MemorySpace) -> None:
    async with working(space), WorkerPool(space, ["tests.space.more_jobs"], paths=[ROOT]):
        assert await call(space, jobs.double, 1) == Number(2)
        await space.out(Token("swap"))
        assert await space.take(Said) == Said("paws")


async def test_closing_puts_back_what_workers_had(space: MemorySpace) -> None:
    async with working(space):
        active = await space.eval(jobs.hang, "asleep")
        await space.take(Token)
    held = space.bag.get(active.id)
    assert held is not None
    assert (held.state, held.attempts) == ("ready", 0)


async def test_a_closed_space_gives_no_more_work(space: MemorySpace) -> None:
    async with working(space) as pool:
        await space.eval(jobs.hang, "polite")
        await space.take(Token)
        space.close()
        assert len(pool.pids) == 1
    async with working(space) as pool:
        assert pool.pids == []


async def test_a_dead_worker_costs_one_attempt_and_is_replaced(space: MemorySpace) -> None:
    async with working(space) as pool:
        with pytest.raises(DeadLetterError, match=r"^the worker died by signal 11 \(SIGSEGV\)$"):
            await call(space, jobs.die, signal.SIGSEGV)
        assert await call(space, jobs.double, 1) == Number(2)
        assert len(pool.pids) == 1


def kill(pid: int) -> None:
    """Have it dead, and the loop know nothing of that yet."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def halt(pid: int) -> None:
    """Have it look at nothing that comes."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)


@pytest.mark.parametrize("befall", [halt, kill])
async def test_a_job_that_its_worker_never_looked_at_has_all_its_attempts(
    space: MemorySpace, befall: Callable[[int], None]
) -> None:
    async with working(space) as pool:
        await call(space, jobs.double, 1)
        [pid] = pool.pids
        befall(pid)
        active = await space.eval(jobs.read_file, "/dev/null")  # may be attempted once
        os.kill(pid, signal.SIGKILL)
        assert await active.take() == Said("")
        assert pool.pids != [pid]


async def test_a_worker_can_die_by_a_signal_without_a_name(space: MemorySpace) -> None:
    async with working(space):
        with pytest.raises(DeadLetterError, match=r"^the worker died by signal 40 \(without a name\)$"):
            await call(space, jobs.die, 40)
        assert await call(space, jobs.double, 1) == Number(2)


async def test_any_number_of_jobs_too_large_for_a_worker_are_dead_letters_at_once(space: MemorySpace) -> None:
    for _ in range(500):
        await space.eval(jobs.fail, "x" * 70_000)
    async with working(space):
        assert await call(space, jobs.double, 1) == Number(2)
        assert len(await space.dead_letters()) == 500


async def test_without_descriptors_a_job_fails_and_the_next_is_done(space: MemorySpace) -> None:
    async with working(space):
        assert await call(space, jobs.double, 1) == Number(2)
        with space.blocks.new(10, on_crash="copy") as block:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))  # none can be opened besides
            try:
                active = await space.eval(jobs.scribble, Picture("a", block.ref), "raise")
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            with pytest.raises(
                DeadLetterError, match=r"^it could not be given to a worker: Too many open files"
            ):
                await active.take()
        assert await call(space, jobs.double, 1) == Number(2)


async def test_who_may_not_choose_how_it_is_scheduled_works_all_the_same(space: MemorySpace) -> None:
    async with working(space, command=begun_with("seccomp.install()")):
        assert await call(space, jobs.double, 1) == Number(2)


async def test_who_dies_again_and_again_is_replaced_ever_later(space: MemorySpace) -> None:
    timers = HandTimers()
    async with working(space, timers=timers) as pool:
        delays: list[float] = []
        for _ in range(11):
            with pytest.raises(DeadLetterError):
                await call(space, jobs.die, signal.SIGKILL)
            await ended(pool.pids)
            (delay,) = timers.delays()
            delays.append(round(delay, 1))
            timers.pass_seconds(delay)
        assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]
        assert await call(space, jobs.double, 1) == Number(2)
        with pytest.raises(DeadLetterError):
            await call(space, jobs.die, signal.SIGKILL)
        await ended(pool.pids)
        assert [round(delay, 1) for delay in timers.delays()] == [0.1], "one that worked ends the row"
        timers.pass_seconds(0.1)


@pytest.mark.parametrize(
    ("how", "steps", "worker_survives"),
    [
        ("polite", 0, True),
        ("waiting", 0, True),
        ("asleep", 1, True),
        ("computing", 1, True),
        ("deaf", 2, False),
    ],
)
async def test_a_call_that_is_called_off_stops(
    space: MemorySpace, how: str, steps: int, worker_survives: bool
) -> None:
    timers = HandTimers()
    async with working(space, timers=timers) as pool:
        active = await space.eval(jobs.hang, how)
        await space.take(Token, name=f"began {how}")
        before = pool.pids
        active.cancel()
        for _ in range(steps):
            timers.pass_seconds(1)
        assert await call(space, jobs.double, 1) == Number(2)
        assert (pool.pids == before) is worker_survives
        assert [each.kind for each in space.bag.all()] == [], "nothing is left of it"


async def test_a_module_that_fails_says_so(space: MemorySpace, tmp_path: Path) -> None:
    (tmp_path / "late_failure.py").write_text(
        "import sys\nassert 'pytest' in sys.modules, 'only here'\n", "utf-8"
    )
    sys.path.append(str(tmp_path))
    try:
        pool = WorkerPool(space, ["tests.space.jobs", "late_failure"], paths=[ROOT, tmp_path])
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["late_failure"]
    async with pool:
        with pytest.raises(DeadLetterError, match="the worker could not start: AssertionError: only here"):
            await call(space, jobs.fail, "x")


def test_one_function_handles_a_class(space: MemorySpace) -> None:
    with pytest.raises(SpaceError, match="two functions handle Token"):
        WorkerPool(space, ["tests.space.more_jobs", "tests.space.more_jobs"])


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("garbage", "said what it may not"),
        ("pickle", "said what it may not"),
        ("another's job", "it speaks of another's job"),
        ("no result", "it returned what it does not declare"),
        ("both", "it returned what it does not declare"),
        ("another kind", "its pool does not let it put eval os:system"),
        ("no entry", "said what it may not"),
        ("large entry", "send a block"),
        ("stolen block", "no block 4711"),
        ("not taken", "it has not taken that"),
        ("no template", "this is no entry"),
        ("no field", "Token has no such field"),
        ("many words", r"^0 1 2 [0-9 ]{,500}$"),
        ("setup again", "it said what it may not say within a job"),
        ("impatient", "has not waited for an answer"),
        ("deaf", "signal 9"),
        ("hung up", "signal 9"),
        ("early", "it has no job to speak of"),
    ],
)
async def test_a_lie_costs_the_liar_its_job(space: MemorySpace, how: str, reason: str) -> None:
    async with working(space, command=(*LIAR, how)):
        active = await space.eval(jobs.double, 21)
        with pytest.raises(DeadLetterError, match=reason):
            await active.take()
    assert len(space.bag) == 0
    async with working(space):
        assert await call(space, jobs.double, 1) == Number(2)


@pytest.mark.parametrize("how", ["twice", "forged call", "forbidden", "greedy", "many blocks", "silent"])
async def test_a_lie_beside_a_true_result_changes_nothing(space: MemorySpace, how: str) -> None:
    async with working(space, command=(*LIAR, how)) as pool:
        active = await space.eval(jobs.double, 21)
        assert await active.take() == Number(1)
        if how in {"twice", "silent"}:
            await ended(pool.pids)
    assert len(space.bag) == 0
