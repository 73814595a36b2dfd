"""What a server does now and then goes on after a failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from poolhouse.app import upkeep
from poolhouse.errors import StoreBusyError

if TYPE_CHECKING:
    import pytest

    from poolhouse.app.house import RunningHouse


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
        self.tidied.set()


async def test_tidying_goes_on_after_a_look_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TIDY_SECONDS", 0.0)
    house = House(failing={1, 2})
    task = asyncio.create_task(upkeep.tidy(cast("RunningHouse", house)))
    async with asyncio.timeout(10):
        await house.tidied.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
