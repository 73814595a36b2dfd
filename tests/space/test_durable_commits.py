"""What a durable take commits: its effects with its results, all of it or nothing, though the store may refuse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import StoreError, StoreFullError
from tests.space.contract import ATTEMPT_LIMIT, Blur, Blurred, FailedError, settle
from tests.space.server import Fetch, Server, fill_the_disk, names, note, work, work_slowly

if TYPE_CHECKING:
    from poolhouse.space.durable import DurableSpace
    from poolhouse.store.transaction import StoreTransaction


async def test_effects_are_in_the_commit(server: Server, space: DurableSpace[StoreTransaction]) -> None:
    await space.out(Fetch("https://one.test/"))
    assert await space.try_take(Blur) is None  # what was held before this server began is taken back now
    before = server.commits
    await work(space, note("one"), note("two"))
    assert server.commits == before + 2  # the lease, and all the rest
    assert names(server.data) == ["one", "two"]
    assert await space.take(Blurred) == Blurred(1)
    assert server.states() == []


async def test_where_an_effect_fails_nothing_was_done(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    for _ in range(ATTEMPT_LIMIT):
        with pytest.raises(FailedError):
            await work(space, note("one"), fail)
    assert names(server.data) == []
    assert await space.try_rd(Blurred) is None
    (dead,) = await space.dead_letters()
    assert dead.reason == "no such page"


def fail(tx: StoreTransaction) -> None:
    raise FailedError("no such page")


async def test_what_is_undone_with_its_write_never_was(server: Server) -> None:
    def put_and_fail(tx: StoreTransaction) -> None:
        tx.tuples.put(Fetch("https://one.test/"))
        raise FailedError

    with pytest.raises(FailedError):
        await server.write(put_and_fail)
    assert server.states() == []


async def test_a_commit_that_cannot_be_kept_is_told_and_tried_again(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))

    with pytest.raises(StoreFullError):
        await _finish_on_a_full_disk(space, server)
    assert server.states() == [("ready", 0)], "a full disk is no fault of the job"
    await work(space, note("one"))
    assert names(server.data) == ["one"]


async def _finish_on_a_full_disk(space: DurableSpace[StoreTransaction], server: Server) -> None:
    def fill_once() -> None:
        server.before_commit = lambda: None
        fill_the_disk()

    async with space.take(Fetch):
        server.before_commit = fill_once


async def test_an_effect_that_the_store_refuses_is_not_tried_for_ever(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    for _ in range(ATTEMPT_LIMIT):
        with pytest.raises(StoreError, match="refused"):
            await work(space, note("one"), lambda tx: tx.tuples.put(Blur(1), person_id=99))
    (dead,) = await space.dead_letters()
    assert "refused" in dead.reason
    assert names(server.data) == []


async def test_cancelled_while_it_commits_it_is_committed(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    held, finish = asyncio.Event(), asyncio.Event()
    working = asyncio.ensure_future(work_slowly(space, held, finish))
    await held.wait()
    go = server.hold_up()
    finish.set()
    await settle()
    working.cancel()
    await settle()
    assert not working.done(), "it is known by then which of the two it came to"
    working.cancel()
    await settle()
    assert working.cancelled()
    go.set()
    await space.close()
    assert names(server.data) == ["slow"]
    assert server.states() == []
