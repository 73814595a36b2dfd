"""Waiting at a durable space: what wakes who waits, what waiting costs, and how it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.errors import SpaceClosedError, StoreFullError
from poolhouse.space.durable import DurableSpace
from tests.space.contract import Blur, Blurred, begin, settle
from tests.space.server import Fetch, Server, fill_the_disk, shelf_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from poolhouse.store.transaction import StoreTransaction


async def test_what_a_write_puts_wakes_who_waits(
    server: Server, space: DurableSpace[StoreTransaction], people: tuple[int, int]
) -> None:
    assert await space.try_take(Fetch) is None  # the first one commits, in a thread; those after it only look
    taking = await begin(_take_fetch(space))
    server.data.database.write(lambda tx: tx.tuples.put(Fetch("https://one.test/"), person_id=people[0]))
    await settle()
    assert not taking.done()
    space.wake()
    assert await taking == Fetch("https://one.test/")


async def test_who_waits_for_nothing_costs_no_commit(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    assert await space.try_take(Fetch) is None
    before = server.commits
    waiting = [await begin(_take_fetch(space)), await begin(space.rd(Fetch))]
    for _ in range(10):
        space.wake()
        await settle()
    assert await space.try_take(Fetch) is None
    assert server.commits == before
    for each in waiting:
        each.cancel()


async def _take_fetch(space: DurableSpace[StoreTransaction]) -> Fetch:
    return await space.take(Fetch)


async def test_a_space_where_nobody_waits_reads_nothing(server: Server) -> None:
    def read(ask: Callable[[StoreTransaction], Any]) -> Any:
        raise AssertionError("it was read")

    space = DurableSpace(server.write, read, shelf_of, owner="server")
    space.wake()
    await settle()
    assert server.commits == 0


async def test_a_store_that_cannot_lease_tells_who_waits(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    server.before_commit = fill_the_disk
    with pytest.raises(StoreFullError):
        await space.take(Blur)
    server.before_commit = lambda: None
    assert await space.take(Blur) == Blur(1)


async def test_what_arrives_for_who_went_away_goes_back(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    assert await space.try_take(Fetch) is None
    go = server.hold_up()
    gone = await begin(_take_blur(space))
    gone.cancel()
    await settle()
    go.set()
    assert await space.take(Blur) == Blur(1)
    assert gone.cancelled()


async def test_a_listener_hears_what_commands_beside_the_server_put(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    notices = space.notify(Blur)
    late = space.notify(Blur, image=2)
    server.data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    keeping = asyncio.ensure_future(space.run())
    assert [(await anext(notices)).image for _ in range(3)] == [0, 1, 2]
    assert (await anext(late)).image == 2
    keeping.cancel()


async def test_closing_ends_all_waiting(server: Server) -> None:
    space = server.space
    notices = space.notify(Blur)
    waiting = [
        await begin(_take_blur(space)),
        await begin(space.rd(Blurred)),
        await begin(_next(notices)),
    ]
    await space.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SpaceClosedError] * 3
    for call in (space.out(Blur(1)), space.rd(Blur), space.try_rd(Blur), _take_blur(space)):
        with pytest.raises(SpaceClosedError):
            await call
    with pytest.raises(SpaceClosedError):
        space.notify(Blur)


async def _take_blur(space: DurableSpace[StoreTransaction]) -> Blur:
    return await space.take(Blur)


async def _next(notices: AsyncIterator[Blur]) -> Blur:
    return await anext(notices)
