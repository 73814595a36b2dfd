"""What a server does for itself now and then: notes, what is over, the search index. An idle one writes nothing."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from poolhouse.errors import StoreError

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction

NOTES_SECONDS = 60.0
TIDY_SECONDS = 3_600.0
REPORTS_KEPT = timedelta(days=30)
MERGE_PAGES = 1_000  # a quarter of a second of the writer at the most
_log = logging.getLogger("poolhouse")


async def note_uses(house: RunningHouse) -> None:
    """Write down each minute when readers last asked."""
    while True:
        await asyncio.sleep(NOTES_SECONDS)
        try:
            await house.write_uses()
        except StoreError as error:
            _log.warning("when readers last asked could not be written down: %s", error)


async def tidy(house: RunningHouse) -> None:
    """Each hour in which something was written: drop what is over and files that nothing names, and merge the index."""
    tidied: int | None = None
    while True:
        try:
            if tidied is not None and house.version() != tidied:
                await house.write(_tidy)
                await house.remove_unused_blobs()
            tidied = house.version()
        except StoreError as error:
            _log.warning("the store could not be tidied: %s", error)
        await asyncio.sleep(TIDY_SECONDS)


def _tidy(tx: Transaction) -> None:
    tx.sessions.remove_expired()
    tx.tuples.remove_done(tx.now - REPORTS_KEPT)
    tx.search.merge(MERGE_PAGES)
