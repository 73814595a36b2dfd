"""What every tuple space does, whatever backs it: a suite that each backing's tests inherit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import pytest

from poolhouse.errors import NotAnEntryError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from poolhouse.space import Notices, Space, Taking

T = TypeVar("T")

ATTEMPT_LIMIT = 3


@dataclass(frozen=True)
class Blur:
    """Work to do."""

    KIND: ClassVar[str] = "blur"
    image: int
    radius: float = 1.0
    name: str = ""
    is_urgent: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blurred:
    """Work that is done."""

    image: int


@dataclass
class Loose:
    """No entry: it could be changed under its readers."""

    image: int = 0


async def settle(turns: int = 20) -> None:
    """Let everything run that can run without waiting for anything outside the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def begin(work: Coroutine[object, object, T], *, turns: int = 20) -> asyncio.Task[T]:
    task = asyncio.ensure_future(work)
    await settle(turns)
    return task


class FailedError(Exception):
    """What goes wrong in a test's job."""


async def fail_at(taking: Taking[object], *outs: object) -> None:
    """Take, and fail at the work with results half put."""
    with pytest.raises(FailedError):
        await _fail_at(taking, *outs)


async def _fail_at(taking: Taking[object], *outs: object) -> None:
    async with taking:
        taking.out(*outs)
        raise FailedError("no such image")


class SpaceContract:
    """Inherit it, and give a fixture `space` with ATTEMPT_LIMIT attempts."""

    async def test_what_is_put_is_taken_once_and_first_in_first_out(self, space: Space) -> None:
        await space.out(*(Blur(image) for image in range(5)))
        taken = [await space.take(Blur) for _ in range(5)]
        assert taken == [Blur(image) for image in range(5)]
        assert await space.try_take(Blur) is None

    async def test_a_kind_is_asked_for_by_its_class(self, space: Space) -> None:
        await space.out(Blurred(1), Blur(2))
        assert await space.take(Blur) == Blur(2)
        assert await space.take(Blurred) == Blurred(1)

    async def test_values_choose(self, space: Space) -> None:
        await space.out(Blur(1, name="a"), Blur(2, name="b"), Blur(3, name="b", tags=("x", "y")))
        assert await space.take(Blur, name="b") == Blur(2, name="b")
        assert await space.take(Blur, image=3, tags=("x", "y")) == Blur(3, name="b", tags=("x", "y"))
        assert await space.try_take(Blur, image=2) is None
        assert await space.try_take(Blur, name="c") is None

    async def test_types_are_wildcards(self, space: Space) -> None:
        await space.out(Blur(1))
        assert await space.try_rd(Blur, image=str) is None
        assert await space.try_rd(Blur, image=bool) is None
        assert await space.try_rd(Blur, is_urgent=int) is None
        assert await space.try_rd(Blur, image=int, name=str, is_urgent=bool, tags=tuple) == Blur(1)

    async def test_numbers_match_by_value_and_are_no_booleans(self, space: Space) -> None:
        await space.out(Blur(1, radius=2.0))
        assert await space.try_rd(Blur, image=1.0, radius=2) == Blur(1, radius=2.0)
        assert await space.try_rd(Blur, image=True) is None
        assert await space.try_rd(Blur, is_urgent=0) is None

    async def test_reading_leaves_it_there(self, space: Space) -> None:
        await space.out(Blur(1))
        assert await space.rd(Blur) == await space.rd(Blur) == await space.take(Blur)
        assert await space.try_rd(Blur) is None

    async def test_a_take_waits(self, space: Space) -> None:
        taking = await begin(_take(space, 2))
        await space.out(Blur(1))
        await settle()
        assert not taking.done()
        await space.out(Blur(2))
        assert await taking == Blur(2)

    async def test_a_read_waits_and_many_may_read(self, space: Space) -> None:
        readings = [await begin(space.rd(Blur)) for _ in range(3)]
        taking = await begin(_take(space, 1))
        await space.out(Blur(1))
        assert await asyncio.gather(taking, *readings) == [Blur(1)] * 4

    async def test_who_waits_first_is_served_first(self, space: Space) -> None:
        takings = [await begin(_take_any(space)) for _ in range(3)]
        await space.out(Blur(1), Blur(2), Blur(3))
        assert await asyncio.gather(*takings) == [Blur(1), Blur(2), Blur(3)]

    async def test_leaving_the_block_commits(self, space: Space) -> None:
        await space.out(Blur(1))
        taking = space.take(Blur)
        async with taking as blur:
            assert blur == Blur(1)
            assert taking.attempts == 1
            assert await space.try_rd(Blur) is None
            taking.out(Blurred(1))
            assert await space.try_rd(Blurred) is None
        assert await space.try_rd(Blur) is None
        assert await space.take(Blurred) == Blurred(1)

    async def test_a_failure_puts_it_back_in_front_and_its_results_never_were(self, space: Space) -> None:
        await space.out(Blur(1), Blur(2))
        await fail_at(space.take(Blur), Blurred(1))
        assert await space.try_rd(Blurred) is None
        again = space.take(Blur)
        async with again as blur:
            assert blur == Blur(1)
            assert again.attempts == 2

    async def test_what_is_put_back_goes_to_who_waits(self, space: Space) -> None:
        await space.out(Blur(1))
        held = asyncio.Event()
        holding = asyncio.ensure_future(_hold(space, held))
        await held.wait()
        waiting = await begin(_take_any(space))
        holding.cancel()
        assert await waiting == Blur(1)

    async def test_too_many_failures_make_a_dead_letter_which_can_be_tried_again(self, space: Space) -> None:
        await space.out(Blur(1), person=None)
        for _ in range(ATTEMPT_LIMIT):
            await fail_at(space.take(Blur))
        assert await space.try_take(Blur) is None
        assert await space.try_rd(Blur) is None
        (dead,) = await space.dead_letters()
        assert (dead.kind, dead.attempts, dead.reason) == ("blur", ATTEMPT_LIMIT, "no such image")
        assert await space.retry(dead.id)
        assert not await space.retry(dead.id)
        assert await space.dead_letters() == []
        taking = space.take(Blur)
        async with taking as blur:
            assert blur == Blur(1)
            assert taking.attempts == 1

    async def test_a_dead_letter_can_be_dropped(self, space: Space) -> None:
        await space.out(Blur(1))
        for _ in range(ATTEMPT_LIMIT):
            await fail_at(space.take(Blur))
        (dead,) = await space.dead_letters()
        assert await space.drop(dead.id)
        assert not await space.drop(dead.id)
        assert await space.dead_letters() == []
        assert await space.try_take(Blur) is None

    async def test_being_cancelled_is_no_fault_of_the_entry(self, space: Space) -> None:
        await space.out(Blur(1))
        for _ in range(ATTEMPT_LIMIT + 1):
            held = asyncio.Event()
            task = asyncio.ensure_future(_hold(space, held))
            await held.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        taking = space.take(Blur)
        async with taking:
            assert taking.attempts == 1

    async def test_who_stops_waiting_gets_nothing(self, space: Space) -> None:
        first = await begin(_take_any(space))
        second = await begin(_take_any(space))
        first.cancel()
        await space.out(Blur(1))
        assert await second == Blur(1)
        assert first.cancelled()

    async def test_what_is_cancelled_while_it_arrives_is_not_lost(self, space: Space) -> None:
        taking = await begin(_take_any(space))
        putting = asyncio.ensure_future(space.out(Blur(1)))
        await asyncio.sleep(0)
        taking.cancel()
        await putting
        outcome = (await asyncio.gather(taking, return_exceptions=True))[0]
        left = await space.try_take(Blur)
        assert [each for each in (outcome, left) if isinstance(each, Blur)] == [Blur(1)]

    async def test_a_listener_hears_what_is_put_from_then_on(self, space: Space) -> None:
        await space.out(Blur(0))
        notices = space.notify(Blur, name="b")
        await space.out(Blur(1, name="b"), Blur(2))
        await space.take(Blur, image=1)
        await space.out(Blur(3, name="b"))
        heard = [await anext(notices), await anext(notices)]
        assert heard == [Blur(1, name="b"), Blur(3, name="b")]

    async def test_who_hears_nothing_more_is_told_nothing(self, space: Space) -> None:
        async with space.notify(Blur) as notices:
            await space.out(Blur(1))
        await space.out(Blur(2))
        assert await anext(notices) == Blur(1)
        listening = await begin(_next(notices))
        assert not listening.done()
        listening.cancel()

    async def test_persons_take_turns(self, space: Space, people: tuple[int, int]) -> None:
        ann, ben = people
        await space.out(*(Blur(image) for image in range(4)), person=ann)
        await space.out(Blur(10), Blur(11), person=ben)
        images = [(await space.take(Blur)).image for _ in range(6)]
        assert images.index(10) <= 1
        assert images.index(11) <= 3
        assert sorted(images) == [0, 1, 2, 3, 10, 11]
        assert [image for image in images if image < 10] == [0, 1, 2, 3]

    async def test_what_is_no_entry_is_refused(self, space: Space) -> None:
        with pytest.raises(NotAnEntryError, match="frozen"):
            await space.out(Loose())
        with pytest.raises(NotAnEntryError, match="no field size"):
            space.take(Blur, size=1)
        with pytest.raises(NotAnEntryError):
            space.take(Blur, image=Loose)


async def _take(space: Space, image: int) -> Blur:
    return await space.take(Blur, image=image)


async def _next(notices: Notices[Blur]) -> Blur:
    return await anext(notices)


async def _take_any(space: Space) -> Blur:
    return await space.take(Blur)


async def _hold(space: Space, held: asyncio.Event) -> None:
    async with space.take(Blur):
        held.set()
        await asyncio.Event().wait()
