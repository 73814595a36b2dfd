"""What a server does now and then goes on after a failure."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, cast

from poolhouse.app import upkeep
from poolhouse.errors import StoreBusyError
from poolhouse.services.imports import queue_import
from poolhouse.services.links import save_link
from poolhouse.space.shelf import wanted
from poolhouse.types import ImportFile
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
