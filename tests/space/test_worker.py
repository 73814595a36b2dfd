"""What a declared function is given and may do, in real workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import DeadLetterError, SpaceError
from poolhouse.space import MemorySpace
from poolhouse.space.remote import space as remote_space
from tests.space import jobs
from tests.space.jobs import Doubled, Inverted, Number, Picture, Said, Token
from tests.space.pools import call, working

if TYPE_CHECKING:
    from poolhouse.space.blocks import OnCrash

pytestmark = pytest.mark.slow


@pytest.fixture
def space() -> MemorySpace:
    return MemorySpace()


async def test_a_call_becomes_its_result(space: MemorySpace) -> None:
    async with working(space):
        assert await call(space, jobs.double, 21) == Number(42)
    assert len(space.bag) == 0


async def test_an_entry_is_handled(space: MemorySpace) -> None:
    async with working(space):
        await space.out(Number(4))
        assert await space.take(Doubled) == Doubled(4, 8)


async def test_a_failure_is_tried_again_and_then_says_why(space: MemorySpace) -> None:
    async with working(space):
        active = await space.eval(jobs.fail, "no such thing")
        with pytest.raises(DeadLetterError, match="ValueError: no such thing"):
            await active.take()


async def test_attempts_are_the_declared_number(space: MemorySpace) -> None:
    async with working(space):
        await space.eval(jobs.fail, "x")
        await call(space, jobs.double, 1)
        (dead,) = await space.dead_letters()
        assert (dead.attempts, dead.reason) == (2, "ValueError: x")


async def test_a_call_that_does_not_fit_is_not_made(space: MemorySpace) -> None:
    async with working(space):
        active = await space.eval(jobs.double, "one")
        with pytest.raises(DeadLetterError, match="double cannot be called so"):
            await active.take()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("take", "its pool does not let it have Inverted"),
        ("put", "its pool does not let it put Inverted"),
        ("large", "put what is large in a block"),
        ("wrong", "it returned Token, which it does not declare"),
    ],
)
async def test_what_a_function_may_not_do_is_refused(space: MemorySpace, how: str, reason: str) -> None:
    async with working(space) as pool:
        active = await space.eval(jobs.overreach, how)
        with pytest.raises(DeadLetterError, match=reason):
            await active.take()
        assert len(pool.pids) == 1, "the worker goes on"


async def test_too_large_a_job_is_a_dead_letter_and_the_next_is_done(space: MemorySpace) -> None:
    async with working(space):
        active = await space.eval(jobs.fail, "x" * 70_000)
        with pytest.raises(DeadLetterError, match="in a block"):
            await active.take()
        assert await call(space, jobs.double, 1) == Number(2)


async def test_functions_work_together_through_the_space(space: MemorySpace) -> None:
    async with working(space, count=2):
        assert await call(space, jobs.add_up, 10) == Number(2 * sum(range(10)))


async def test_a_take_within_a_job_is_a_transaction(space: MemorySpace) -> None:
    async with working(space):
        await space.out(Token("baton"))
        with pytest.raises(DeadLetterError, match="dropped it"):
            await call(space, jobs.pass_on, True)
        assert await space.try_rd(Token) == Token("baton")
        assert await call(space, jobs.pass_on, False) == Said("baton")
        assert await space.take(Token) == Token("passed on")
        assert await call(space, jobs.pass_on, False) == Said("there was none")


def test_only_a_worker_has_a_space_of_its_own() -> None:
    with pytest.raises(SpaceError, match="only a function that a worker calls"):
        remote_space()


async def test_a_block_is_worked_on_where_it_is(space: MemorySpace) -> None:
    async with working(space):
        with space.blocks.new(1_000_000) as block:
            block.view[:5] = bytes([0, 1, 2, 254, 255])
            await space.out(Picture("a", block.ref))
        async with space.take(Inverted) as inverted:
            with space.blocks.open(inverted.pixels) as block:
                assert bytes(block.view[:5]) == bytes([255, 254, 253, 1, 0])


async def test_a_worker_makes_a_block(space: MemorySpace) -> None:
    async with working(space):
        active = await space.eval(jobs.make_picture, 1000)
        async with active.take() as picture:
            with space.blocks.open(picture.pixels) as block:
                assert bytes(block.view) == b"\7" * 1000


@pytest.mark.parametrize("how", ["raise", "die"])
@pytest.mark.parametrize(("policy", "seen"), [("retry", "torn 99"), ("copy", "whole 5")])
async def test_a_block_half_written_is_seen_torn_or_as_it_was(
    space: MemorySpace, policy: OnCrash, seen: str, how: str
) -> None:
    async with working(space):
        with space.blocks.new(10, on_crash=policy) as block:
            block.view[0] = 5
            active = await space.eval(jobs.scribble, Picture("a", block.ref), how)
        assert (await active.take()).name == seen


async def test_a_block_half_written_can_end_its_entry(space: MemorySpace) -> None:
    async with working(space):
        with space.blocks.new(10, on_crash="dead") as block:
            active = await space.eval(jobs.scribble, Picture("a", block.ref), "die")
        with pytest.raises(DeadLetterError, match=r"signal 9 \(SIGKILL\), and left a block half written"):
            await active.take()


async def test_what_a_job_keeps_of_a_block_it_gave_on_is_nothing(space: MemorySpace) -> None:
    async with working(space):
        with space.blocks.new(10) as block:
            block.view[0] = 5
            active = await space.eval(jobs.keep_looking, Picture("a", block.ref))
        async with active.take() as kept:
            assert await call(space, jobs.write_what_is_left) == Said("wrote 66")
            with space.blocks.open(kept.pixels) as block:
                assert bytes(block.view) == b"\5" + b"\0" * 9, "the worker is no writer any more"
