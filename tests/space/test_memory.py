"""The memory backing: the contract, and what it has beside it: room, calls, closing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import DeadLetterError, NotHeldError, SpaceClosedError, StaleBlockError
from poolhouse.space import Active, MemorySpace
from poolhouse.space.bag import Stored
from poolhouse.space.entries import decode, encode, kind_of_call
from poolhouse.space.templates import Template
from poolhouse.space.waiting import Out, Waiter
from tests.space.contract import ATTEMPT_LIMIT, Blur, Blurred, FailedError, SpaceContract, begin, settle
from tests.space.jobs import Picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def space() -> MemorySpace:
    return MemorySpace(attempt_limit=ATTEMPT_LIMIT)


@pytest.fixture
def people() -> tuple[int, int]:
    return 1, 2


class TestMemorySpace(SpaceContract):
    """The contract holds."""


async def test_out_waits_for_room_in_entries() -> None:
    space = MemorySpace(capacity_entries=2)
    await space.out(Blur(1), Blur(2))
    third, fourth = await begin(space.out(Blur(3))), await begin(space.out(Blur(4)))
    assert not third.done()
    async with space.take(Blur):
        await settle()
        assert not third.done(), "what is held may come back: it takes room"
    await third
    assert not fourth.done()
    await space.take(Blur)
    await fourth
    assert [(await space.take(Blur)).image for _ in range(2)] == [3, 4]


async def test_out_waits_for_room_in_bytes_and_lets_in_what_is_larger_than_the_space() -> None:
    space = MemorySpace(capacity_bytes=1_000)
    await space.out(Blur(1, name="x" * 5_000))
    second = await begin(space.out(Blur(2)))
    assert not second.done()
    await space.take(Blur, image=1)
    await second


async def test_who_gives_up_waiting_for_room_lets_the_next_in() -> None:
    space = MemorySpace(capacity_bytes=1_000)
    await space.out(Blur(1, name="x" * 500))
    large, small = await begin(space.out(Blur(2, name="x" * 900))), await begin(space.out(Blur(3)))
    large.cancel()
    await small
    assert await space.try_take(Blur, image=2) is None


async def test_a_small_entry_does_not_overtake_a_large_one_that_waits() -> None:
    space = MemorySpace(capacity_entries=3)
    await space.out(Blur(1), Blur(2))
    two = await begin(space.out(Blur(3), Blur(4)))
    one = await begin(space.out(Blur(5)))
    assert not two.done()
    assert not one.done()
    await space.take(Blur)
    await two
    await space.take(Blur)
    await one


def add(one: int, other: int) -> Blurred:
    """What a call in these tests comes to."""
    return Blurred(one + other)


class Hands:
    """Works on calls by hand, as a pool of workers does."""

    def __init__(self, space: MemorySpace) -> None:
        self.space = space
        self.stopped: list[int] = []
        self.held = asyncio.Queue[Stored]()

    def stop(self, stored: Stored) -> None:
        self.stopped.append(stored.id)

    async def take(self) -> Stored:
        waiter = Waiter((Template(kind_of_call(add)),), self.held.put_nowait, _fail, holder=self)
        self.space.wait_now(waiter)
        return await self.held.get()


async def test_a_call_becomes_its_result(space: MemorySpace) -> None:
    call = await space.eval(add, 2, 3)
    caller = await begin(_result(call))
    stored = await Hands(space).take()
    one, other = decode(tuple[int, int], stored.body)
    space.commit_now(stored, (), Out("Blurred", encode(add(one, other))))
    assert await caller == Blurred(5)
    assert len(space.bag) == 0
    with pytest.raises(DeadLetterError):
        await call.take()


async def test_a_result_is_an_entry_like_any_other(space: MemorySpace) -> None:
    await space.eval(add, 2, 3)
    space.commit_now(await Hands(space).take(), (), Out("Blurred", encode(Blurred(5))))
    assert await space.take(Blurred) == Blurred(5)


async def test_a_call_that_fails_too_often_is_told_to_its_caller_and_leaves_nothing(
    space: MemorySpace,
) -> None:
    call = await space.eval(add, 2, 3)
    caller = await begin(_result(call))
    for _ in range(ATTEMPT_LIMIT):
        space.put_back_now(await Hands(space).take(), "no numbers today")
    with pytest.raises(DeadLetterError, match="no numbers today"):
        await caller
    assert len(space.bag) == 0


async def test_a_call_that_failed_before_anybody_asked_waits_to_tell(space: MemorySpace) -> None:
    call = await space.eval(add, 2, 3)
    space.bury_now(await Hands(space).take(), "no numbers today")
    assert len(await space.dead_letters()) == 1
    with pytest.raises(DeadLetterError, match="no numbers today"):
        await call.take()
    assert len(space.bag) == 0


async def test_a_call_that_waits_can_be_called_off(space: MemorySpace) -> None:
    call = await space.eval(add, 2, 3)
    call.cancel()
    assert len(space.bag) == 0


async def test_whoever_works_on_a_call_is_told_that_it_is_called_off(space: MemorySpace) -> None:
    hands = Hands(space)
    call = await space.eval(add, 2, 3)
    stored = await hands.take()
    call.cancel()
    call.cancel()
    assert hands.stopped == [call.id]
    space.put_back_now(stored, "stopped")
    assert len(space.bag) == 0


async def test_leaving_a_call_calls_it_off_and_drops_what_nobody_took(space: MemorySpace) -> None:
    async with await space.eval(add, 2, 3):
        space.commit_now(await Hands(space).take(), (), Out("Blurred", encode(Blurred(5))))
    assert len(space.bag) == 0


async def test_what_was_called_off_cannot_be_committed(space: MemorySpace) -> None:
    await space.out(Blur(1))
    with pytest.raises(NotHeldError):
        await _work_on_what_is_called_off(space)
    assert len(space.bag) == 0


async def test_closing_ends_all_waiting() -> None:
    space = MemorySpace(capacity_entries=1)
    await space.out(Blur(1))
    waiting = [await begin(space.rd(Blurred)), await begin(space.out(Blur(2)))]
    space.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SpaceClosedError] * 2
    with pytest.raises(SpaceClosedError):
        await space.out(Blur(3))


async def test_who_is_let_in_takes_no_more_room_than_there_is() -> None:
    space = MemorySpace(capacity_entries=100, capacity_bytes=2_000)
    await space.out(Blur(1, name="x" * 1_000), *[Blurred(image) for image in range(20)])
    putting = [await begin(space.out(Blur(image, name="x" * 1_000))) for image in range(2, 20)]
    await space.take(Blur)
    for _ in range(10):
        await space.take(Blurred)
    await settle()
    assert space.bag.size_bytes <= 2_000
    assert [each.done() for each in putting] == [True] + [False] * 17
    for each in putting[1:]:
        each.cancel()
    await asyncio.gather(*putting, return_exceptions=True)


async def test_nothing_is_put_into_a_space_that_was_closed_while_it_was_let_in() -> None:
    space = MemorySpace(capacity_entries=1)
    await space.out(Blur(1))
    putting = await begin(space.out(Blur(2)))
    space.call_off(space.bag.all()[0].id)
    space.close()
    with pytest.raises(SpaceClosedError):
        await putting
    assert len(space.bag) == 0


async def test_entries_are_put_all_or_none(space: MemorySpace) -> None:
    with space.blocks.new(10) as block, pytest.raises(StaleBlockError):
        await space.out(Blur(1), Picture("a", block.ref), Picture("b", block.ref))
    assert len(space.bag) == 0


async def test_a_commit_is_made_whole_or_not_at_all(space: MemorySpace) -> None:
    await space.out(Blur(1))
    taking = space.take(Blur)
    with space.blocks.new(10) as block, pytest.raises(StaleBlockError):
        async with taking:
            taking.out(Picture("a", block.ref), Picture("b", block.ref))
    assert [(each.kind, each.state) for each in space.bag.all()] == [("blur", "ready")]


@pytest.mark.parametrize("is_held", [False, True])
async def test_who_waits_for_what_is_called_off_is_told(space: MemorySpace, is_held: bool) -> None:
    call = await space.eval(add, 2, 3)
    caller = await begin(_result(call))
    if is_held:
        await Hands(space).take()
    call.cancel()
    await settle()
    assert isinstance(caller.exception(), DeadLetterError)
    with pytest.raises(DeadLetterError):
        await call.take()


async def test_who_waits_for_a_result_that_another_has_is_told_when_it_is_gone(space: MemorySpace) -> None:
    call = await space.eval(add, 2, 3)
    space.commit_now(await Hands(space).take(), (), Out("Blurred", encode(Blurred(5))))
    async with space.take(Blurred):
        caller = await begin(_result(call))
        assert not caller.done()
    await settle()
    assert isinstance(caller.exception(), DeadLetterError)


async def test_closing_ends_listening(space: MemorySpace) -> None:
    listening = await begin(_next(space.notify(Blur)))
    space.close()
    await settle()
    assert isinstance(listening.exception(), SpaceClosedError)


@pytest.mark.parametrize("is_called_off", [False, True])
async def test_what_was_held_when_the_space_closed_stays_gone(
    space: MemorySpace, is_called_off: bool
) -> None:
    await space.out(Blur(1))
    (stored,) = space.bag.all()
    with pytest.raises(FailedError):
        await _fail_once_closed(space, stored if is_called_off else None)
    assert stored.state == "gone"


async def _fail_once_closed(space: MemorySpace, called_off: Stored | None) -> None:
    async with space.take(Blur):
        if called_off is not None:
            space.call_off(called_off.id)
        space.close()
        raise FailedError


async def _next(notices: AsyncIterator[Blur]) -> Blur:
    return await anext(notices)


async def _work_on_what_is_called_off(space: MemorySpace) -> None:
    taking = space.take(Blur)
    async with taking:
        taking.out(Blurred(1))
        space.call_off(space.bag.all()[0].id)


async def _result(call: Active[Blurred]) -> Blurred:
    return await call.take()


def _fail(error: Exception) -> None:
    raise error
