"""Looks now and then whether links still lead anywhere: the jobs are the server's own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from poolhouse.errors import StoreError
from poolhouse.fetch.checks import check_link
from poolhouse.services.checks import queue_checks, record_check
from poolhouse.types import ItemId

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.fetcher import Fetcher
    from poolhouse.ports import Transaction
    from poolhouse.space.durable_taking import DurableTaking
    from poolhouse.types import CheckLink

PLAN_SECONDS = 600.0
PLANNED_AT_ONCE = 100
"""So many links are looked at in PLAN_SECONDS: 100,000 within a week, and no site is asked twice in a hurry."""
_log = logging.getLogger("poolhouse.jobs")


class Checking:
    """Plans looks at links, and looks. Without a fetcher, neither."""

    def __init__(
        self,
        house: RunningHouse,
        fetcher: Fetcher | None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`pause` waits so many seconds."""
        self._house = house
        self._fetcher = fetcher
        self._pause = pause

    async def plan(self) -> None:
        """Until cancelled, have those links looked at that are due. Reads one index now and then where none is."""
        while self._fetcher is not None:
            try:
                if self._house.read(lambda tx: bool(tx.checks.due(1))):
                    await self._house.write(lambda tx: queue_checks(tx, PLANNED_AT_ONCE))
            except StoreError as error:
                _log.warning("which links are due to be looked at could not be read: %s", error)
            await self._pause(PLAN_SECONDS)

    async def check(self, taking: DurableTaking[Transaction, Any], job: CheckLink) -> None:
        """Look at one link, and file what it told with the end of the job."""
        if self._fetcher is None:
            return
        outcome = await check_link(self._fetcher, job.url)
        taking.commit_with(lambda tx: record_check(tx, ItemId(job.item_id), job.url, outcome))
