"""The loop hears of commits made in the writer's thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poolhouse.app.commits import Commits

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse


async def test_a_write_is_heard_by_who_waits(house: RunningHouse) -> None:
    waiting = asyncio.ensure_future(house.next_commit(60.0))
    await asyncio.sleep(0)
    await house.write(lambda tx: tx.sessions.remove_expired())
    assert await waiting


async def test_nothing_came_in_time(house: RunningHouse) -> None:
    assert not await house.next_commit(0.0)


async def test_many_commits_before_the_listener_runs_are_one_call() -> None:
    commits, calls = Commits(), []
    with commits.listening(lambda: calls.append(1)):
        for _ in range(100):
            commits.announce()
        await asyncio.sleep(0)
        assert len(calls) == 1
        commits.announce()
        await asyncio.sleep(0)
    assert len(calls) == 2


async def test_who_listens_no_more_hears_nothing() -> None:
    commits, calls = Commits(), []
    with commits.listening(lambda: calls.append(1)):
        commits.announce()
    await asyncio.sleep(0)
    commits.announce()
    await asyncio.sleep(0)
    assert calls == []
