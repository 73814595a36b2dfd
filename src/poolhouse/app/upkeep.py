"""What a server does for itself now and then: notes, what is over, the search index. An idle one writes nothing."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from poolhouse.errors import StoreError
from poolhouse.services.messages import READER_REVISION, ask_to_reread
from poolhouse.services.setting_aside import return_deferred

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction

NOTES_SECONDS = 60.0
DUE_SECONDS = 30.0
TIDY_SECONDS = 3_600.0
REPORTS_KEPT = timedelta(days=30)
BROKEN_IMPORTS_KEPT = timedelta(days=90)
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


async def bring_back(house: RunningHouse) -> None:
    """Bring back what was deferred, within half a minute of its time; and have read what only an older reader read."""
    try:
        if house.read(lambda tx: tx.messages.owners_unread_by(READER_REVISION)):
            await house.write(ask_to_reread)
    except StoreError as error:
        _log.warning("messages that an older version read could not be looked for: %s", error)
    while True:
        try:
            while house.read(lambda tx: tx.items.due(1)):
                await house.write(return_deferred)
        except StoreError as error:
            _log.warning("what was deferred could not be brought back: %s", error)
        await asyncio.sleep(DUE_SECONDS)


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
    tx.mail_imports.forget_before(tx.now - BROKEN_IMPORTS_KEPT)
    tx.search.merge(MERGE_PAGES)
