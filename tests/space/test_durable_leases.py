"""Leases of a durable space: kept while their server lives, taken back when it ends, lost to who is late."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import NotHeldError
from tests.space.contract import ATTEMPT_LIMIT, Blur, FailedError, begin, settle
from tests.space.server import LEASE_SECONDS, Fetch, Server, fill_the_disk, names, note, work, work_slowly

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.space.durable import DurableSpace
    from poolhouse.space.taking import Taking
    from poolhouse.store.transaction import StoreTransaction
    from tests.conftest import StillClock


async def test_who_lost_its_lease_does_nothing(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    other = Server(server.data, "other")
    await space.out(Fetch("https://one.test/"))
    held, go = asyncio.Event(), asyncio.Event()
    slow = asyncio.ensure_future(work_slowly(space, held, go))
    await held.wait()
    clock.pass_seconds(LEASE_SECONDS + 1)
    taking = asyncio.ensure_future(work(other.space, note("other")))
    await settle()
    assert not taking.done()
    keeping = asyncio.ensure_future(other.space.run())
    await taking
    go.set()
    with pytest.raises(NotHeldError):
        await slow
    assert names(server.data) == ["other"]
    keeping.cancel()
    await other.close()


class Crowd:
    """Takers that hold what they took until all of them have."""

    def __init__(self, space: DurableSpace[StoreTransaction], count: int) -> None:
        self.images: list[int] = []
        self.space = space
        self.count = count
        self.all_hold = asyncio.Event()

    async def hold(self) -> None:
        async with self.space.take(Blur) as blur:
            self.images.append(blur.image)
            if len(self.images) == self.count:
                self.all_hold.set()
            await asyncio.Event().wait()


async def test_takers_of_one_turn_share_a_commit(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(*(Blur(image) for image in range(100)))
    assert await space.try_take(Fetch) is None
    before = server.commits
    crowd = Crowd(space, 100)
    takers = [asyncio.ensure_future(crowd.hold()) for _ in range(100)]
    await crowd.all_hold.wait()
    assert server.commits == before + 1
    assert crowd.images == list(range(100))
    for each in takers:
        each.cancel()
    await asyncio.gather(*takers, return_exceptions=True)
    assert server.states() == [("ready", 0)] * 100


async def test_what_a_killed_server_held_is_taken_back_by_the_next_and_counts(
    data: OpenData, clock: StillClock
) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    for attempt in range(1, ATTEMPT_LIMIT + 1):
        killed = Server(data)
        taking = killed.space.take(Blur)
        assert await taking.__aenter__() == Blur(0)
        assert taking.attempts == attempt
        killed.writer.close()
    following = Server(data)
    assert await following.space.take(Blur) == Blur(1)
    (dead,) = await following.space.dead_letters()
    assert (dead.attempts, dead.reason) == (ATTEMPT_LIMIT, "the server ended while it was at this")
    await following.close()


async def test_a_server_that_starts_takes_back_what_it_held_although_nobody_takes(data: OpenData) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    killed = Server(data)
    for _ in range(3):
        await killed.space.take(Blur).__aenter__()
    killed.writer.close()
    following = Server(data)
    keeping = await begin(following.space.run())
    await following.pauses.next()
    assert following.states() == [("ready", 1)] * 3
    assert [(await following.space.take(Blur)).image for _ in range(3)] == [0, 1, 2]
    keeping.cancel()
    await following.close()


def leases(data: OpenData) -> list[int]:
    """How many seconds every lease has from now on."""
    now = int(data.database.clock.now().timestamp())
    rows = data.database.writing.execute("SELECT lease_until FROM tuple WHERE state = 'held' ORDER BY id")
    return [row[0] - now for row in rows]


async def test_a_lease_is_kept_while_its_server_lives(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    await space.out(Blur(1), Blur(2))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    before = server.commits
    await server.pauses.next()
    assert server.commits == before, "nothing is held, nothing is written"
    async with space.take(Blur):
        for _ in range(5):
            clock.pass_seconds(LEASE_SECONDS / 3)
            await server.pauses.next()
            assert leases(server.data) == [LEASE_SECONDS]
    assert server.pauses.asked == [LEASE_SECONDS / 3] * 7
    keeping.cancel()


async def test_a_server_that_slept_keeps_what_nobody_else_wanted(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    await space.out(Blur(1))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    async with space.take(Blur):
        clock.pass_seconds(100 * LEASE_SECONDS)
        await server.pauses.next()
        assert leases(server.data) == [LEASE_SECONDS]
        assert await space.try_take(Blur) is None
    assert server.states() == []
    keeping.cancel()


async def test_what_cannot_be_put_back_now_is_put_back_later(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    with pytest.raises(FailedError):
        await _fail_on_a_full_disk(space, server)
    assert server.states() == [("held", 1)]
    await server.pauses.next()
    assert server.states() == [("held", 1)]
    server.before_commit = lambda: None
    await server.pauses.next()
    assert server.states() == [("ready", 1)]
    keeping.cancel()


async def _fail_on_a_full_disk(space: DurableSpace[StoreTransaction], server: Server) -> None:
    async with space.take(Blur):
        server.before_commit = fill_the_disk
        raise FailedError("no such image")


async def test_what_is_held_when_the_space_closes_can_still_be_ended(server: Server) -> None:
    await server.space.out(Fetch("https://one.test/"), Fetch("https://two.test/"))
    done, failed = server.space.take(Fetch), server.space.take(Fetch)
    async with done:
        with pytest.raises(FailedError):
            await _fail_and_close(failed, server)
    assert server.states() == [("ready", 1)]


async def _fail_and_close(taking: Taking[Fetch], server: Server) -> None:
    async with taking:
        await server.space.close()
        raise FailedError("no such page")


async def test_many_servers_share_a_store(data: OpenData) -> None:
    """Several spaces over one database, each entry done once: what PostgreSQL will do between machines."""
    servers = [Server(data, f"server {number}") for number in range(4)]
    await servers[0].space.out(*(Fetch(f"https://{number}.test/") for number in range(60)))
    workers = [_work_all(each.space) for each in servers for _ in range(5)]
    await asyncio.gather(*workers)
    assert sorted(names(data)) == sorted(f"p{number}" for number in range(60))
    for each in servers:
        await each.close()


async def _work_all(space: DurableSpace[StoreTransaction]) -> None:
    while True:
        taking = space.try_take(Fetch)
        async with taking as fetch:
            if fetch is None:
                return
            taking.commit_with(note("p" + fetch.url.removeprefix("https://").removesuffix(".test/")))
