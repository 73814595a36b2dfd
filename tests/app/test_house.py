"""The house, running: whoever watches it hears of every commit, whatever the store does meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poolhouse.app import house as house_module
from poolhouse.app.house import PAUSE_SECONDS
from poolhouse.errors import StoreBusyError
from tests.store.actor import new_actor

if TYPE_CHECKING:
    import pytest

    from poolhouse.app.data import OpenData
    from poolhouse.app.house import RunningHouse


async def test_who_watches_looks_again_after_each_commit_and_where_the_store_failed(
    house: RunningHouse, data: OpenData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_module, "WATCH_SECONDS", 0.01)
    looks: asyncio.Queue[int] = asyncio.Queue()
    pauses: list[float] = []

    async def look() -> None:
        looks.put_nowait(house.version())
        if not pauses:
            raise StoreBusyError("another program is writing to the store")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        watching = group.create_task(house.watch(look, pause=pause))
        first, again = await looks.get(), await looks.get()
        new_actor(data.database, "anna")
        assert await looks.get() != first == again
        watching.cancel()
    assert pauses == [PAUSE_SECONDS]
    assert looks.empty()
