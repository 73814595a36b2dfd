"""What a server does now and then goes on after a failure."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from poolhouse.app import upkeep
from poolhouse.errors import StoreBusyError
from poolhouse.services.imports import queue_import
from poolhouse.services.links import save_link
from poolhouse.services.reading import pools_of_item
from poolhouse.services.setting_aside import defer_item
from poolhouse.space.shelf import wanted
from poolhouse.types import ImportFile
from tests.letters import receive, write_letter
from tests.store.actor import new_actor

if TYPE_CHECKING:
    import pytest

    from poolhouse.app.data import OpenData
    from poolhouse.app.house import RunningHouse
    from poolhouse.store.transaction import StoreTransaction
    from tests.conftest import StillClock


class House:
    """A store that was written to before each look, and that fails at the looks it is told."""

    def __init__(self, failing: set[int]) -> None:
        self._failing = failing
        self._looks = 0
        self.tidied = asyncio.Event()

    def version(self) -> int:
        self._looks += 1
        if self._looks in self._failing:
            raise StoreBusyError("somebody else writes")
        return self._looks

    async def write(self, _: object) -> None:
        """Nothing is to be written."""

    async def remove_unused_blobs(self) -> None:
        self.tidied.set()


async def test_tidying_goes_on_after_a_look_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TIDY_SECONDS", 0.01)  # not 0: a loop that spins starves the writer
    house = House(failing={1, 2})
    task = asyncio.create_task(upkeep.tidy(cast("RunningHouse", house)))
    async with asyncio.timeout(10):
        await house.tidied.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_files_that_nothing_names_go_and_reports_that_are_old(
    house: RunningHouse, data: OpenData, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "TIDY_SECONDS", 0.01)  # not 0: a loop that spins starves the writer
    anna = new_actor(data.database, "anna")
    named, unnamed, young = (house.blobs.put(content) for content in (b"named", b"unnamed", b"young"))
    for address in (named, unnamed):
        os.utime(house.blobs.path(address), (0, 0))
    item = anna.do(save_link, "https://heron.test/").item.id
    data.database.write(lambda tx: tx.items.edit(item, favicon=named))
    job = anna.do(queue_import, young, "birds.html")

    def finish(tx: StoreTransaction) -> None:
        (kept,) = tx.tuples.lease(wanted(ImportFile, {}), "server", 60, 1)
        assert tx.tuples.commit(kept.id, "server", "{}")

    data.database.write(finish)
    clock.pass_seconds(31 * 24 * 3_600)
    task = asyncio.create_task(upkeep.tidy(house))
    async with asyncio.timeout(60):
        while house.blobs.get(unnamed) is not None:
            await house.write(lambda tx: tx.items.edit(item, title="again"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [house.blobs.get(each) for each in (named, young)] == [b"named", b"young"]
    assert data.database.read(lambda tx: tx.tuples.get(job)) is None


async def test_what_is_deferred_comes_back_by_itself(
    house: RunningHouse, data: OpenData, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "DUE_SECONDS", 0.01)  # not 0: a loop that spins starves the writer
    anna = new_actor(data.database, "anna")
    item_id = receive(data, write_letter()).item_id
    anna.do(defer_item, item_id, clock.now() + timedelta(hours=1))
    clock.pass_seconds(3_600)
    task = asyncio.create_task(upkeep.bring_back(house))
    async with asyncio.timeout(10):
        while [pool.path for pool in anna.ask(pools_of_item, item_id)] != ["Inbox"]:
            await house.next_commit(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_an_older_version_read_is_asked_for_at_the_start(
    house: RunningHouse, data: OpenData, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = new_actor(data.database, "anna")
    receive(data, write_letter())
    jobs = data.database.read(lambda tx: tx.tuples.of(anna.principal.person_id, limit=9))
    data.database.write(lambda tx: [tx.tuples.cancel(job.id) for job in jobs])
    for module in ("services.messages", "app.upkeep"):
        monkeypatch.setattr(f"poolhouse.{module}.READER_REVISION", 2)
    task = asyncio.create_task(upkeep.bring_back(house))
    async with asyncio.timeout(10):
        while not data.database.read(lambda tx: tx.tuples.of(anna.principal.person_id, limit=9)):
            await house.next_commit(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
