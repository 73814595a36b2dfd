"""Reads the pages of saved links, some at a time, after the save and beside everything else.

What is to be read stands in the store, so a restart forgets nothing; a page that cannot be read is marked so and costs
nobody their link.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from poolhouse.errors import FetchError, StoreError
from poolhouse.fetch.pages import read_page
from poolhouse.services.pages import is_awaited, pending_pages, record_page, record_page_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.fetcher import Fetcher
    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId, PersonId

AT_ONCE = 4
LOOK_SECONDS = 30.0  # commands beside the server save links too, and cannot wake us
_OUR_FAULT = "Poolhouse failed at this page; its log says how"
_log = logging.getLogger("poolhouse.pages")


class PageReader:
    """One task for the life of the server; `wake` it after a commit."""

    def __init__(self, house: RunningHouse, fetcher: Fetcher) -> None:
        self._house = house
        self._fetcher = fetcher
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Something may be waiting."""
        self._awake.set()

    async def run(self) -> None:
        """Read pages until cancelled."""
        while True:
            self._awake.clear()
            try:
                waiting = self._house.read(lambda tx: pending_pages(tx, AT_ONCE))
            except StoreError as error:
                _log.warning("which pages are to be read could not be read: %s", error)
                waiting = ()
            if waiting:
                async with asyncio.TaskGroup() as group:
                    for item_id, owner_id, url in waiting:
                        group.create_task(self._read(item_id, owner_id, url))
                continue
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Close what the fetcher holds open; `run` has ended."""
        await self._fetcher.aclose()

    async def _read(self, item_id: ItemId, owner_id: PersonId, url: str) -> None:
        try:
            await self._read_and_file(item_id, owner_id, url)
        except StoreError as error:
            # tried again at the next look; the link itself is safe
            _log.warning("the page of item %d was read but not kept: %s", item_id, error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _read_and_file(self, item_id: ItemId, owner_id: PersonId, url: str) -> None:
        """Read one page and write down what it says or why it could not be read. Raises StoreError alone."""

        async def write(record: Callable[[Transaction], None]) -> None:
            # where the address was changed meanwhile, the new one is read next
            await self._house.write(lambda tx: record(tx) if is_awaited(tx, item_id, url) else None)

        try:
            page = await read_page(self._fetcher, url)
            # in a thread: it waits for the disk
            icon = await asyncio.to_thread(self._house.blobs.put, page.icon) if page.icon else None
            await write(
                lambda tx: record_page(
                    tx,
                    item_id,
                    owner_id,
                    title=page.title or "",
                    description=page.description,
                    author=page.author,
                    favicon=icon,
                )
            )
        except StoreError:
            raise
        except FetchError as error:
            reason = error.reason
            await write(lambda tx: record_page_failure(tx, item_id, url, reason))
        except Exception:  # noqa: BLE001 - whatever one page does to us, the others are still read
            _log.exception("the page of item %d could not be read", item_id)
            await write(lambda tx: record_page_failure(tx, item_id, url, _OUR_FAULT))
