"""Reads the pages of saved links: fetched here by the one guarded fetcher, read by workers that can reach nothing."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from poolhouse.errors import DeadLetterError, FetchError, StoreError
from poolhouse.fetch.pages import fetch_icon, fetch_page, fetch_resources
from poolhouse.services.captures import mode_of, record_capture
from poolhouse.services.pages import is_awaited, record_page_failure, record_page_unwanted
from poolhouse.space.hand import NO_START
from poolhouse.types import Captured, CaptureMode, ItemId
from poolhouse.workers.pages import (
    Page,
    PageReading,
    Resources,
    assemble_page,
    plan_styles,
    read_page,
    shrink_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.fetcher import Fetched, Fetcher
    from poolhouse.ports import Transaction
    from poolhouse.space import MemorySpace
    from poolhouse.space.blocks import BlockRef
    from poolhouse.space.durable_taking import DurableTaking
    from poolhouse.space.keeper import Blocks
    from poolhouse.types import ReadPage

Result = TypeVar("Result")

PAGE_BYTES = {
    CaptureMode.OFF: 1024 * 1024,  # large sites put half a megabyte of script before their title
    CaptureMode.TEXT: 5 * 1024 * 1024,
    CaptureMode.FULL: 10 * 1024 * 1024,
}

CUT_OFF = "The page is very long: only its beginning was read."
OUR_FAULT = "Poolhouse failed at this page; its log says how"
_log = logging.getLogger("poolhouse.jobs")


class Capturing:
    """Does `ReadPage` jobs. `space` is where workers take calls, with `blocks`; without a fetcher no page is read."""

    def __init__(
        self, house: RunningHouse, fetcher: Fetcher | None, space: MemorySpace, blocks: Blocks
    ) -> None:
        self._house = house
        self._fetcher = fetcher
        self._space = space
        self._blocks = blocks

    async def read(self, taking: DurableTaking[Transaction, Any], job: ReadPage) -> None:
        """Read one page, and file what it said, or why it could not be read, with the end of the job.

        Raises DeadLetterError where no worker can start.
        """
        item_id, url = ItemId(job.item_id), job.url
        if self._fetcher is None:
            taking.commit_with(lambda tx: record_page_unwanted(tx, item_id, url))
            return
        mode = self._house.read(lambda tx: mode_of(tx, item_id) if is_awaited(tx, item_id, url) else None)
        if mode is None:  # its address was changed, or it is gone for good
            return
        try:
            async with AsyncExitStack() as stack:
                reading = _Reading(self._house, self._fetcher, self._space, self._blocks, stack)
                captured = await reading.capture(url, mode)
        except FetchError as error:
            reason = error.reason
            taking.commit_with(lambda tx: record_page_failure(tx, item_id, url, reason))
        except DeadLetterError as error:
            if error.reason.startswith(NO_START):  # no page's fault: the job is done again
                raise
            reason = f"the page could not be read: {error.reason}"
            taking.commit_with(lambda tx: record_page_failure(tx, item_id, url, reason))
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - a fault of ours costs one page, and its person reads that it was one
            _log.exception("the page of item %d could not be read", item_id)
            taking.commit_with(lambda tx: record_page_failure(tx, item_id, url, OUR_FAULT))
        else:
            taking.commit_with(lambda tx: record_capture(tx, item_id, url, captured))


class _Reading:
    """The reading of one page. What workers make stays in its blocks, held by `stack`, until it is on the disk."""

    def __init__(
        self,
        house: RunningHouse,
        fetcher: Fetcher,
        space: MemorySpace,
        blocks: Blocks,
        stack: AsyncExitStack,
    ) -> None:
        self._house = house
        self._fetcher = fetcher
        self._space = space
        self._blocks = blocks
        self._stack = stack
        self._size_bytes = 0

    async def capture(self, url: str, mode: CaptureMode) -> Captured:
        """Fetch a page and have it read. Raises FetchError, DeadLetterError, StoreError."""
        fetched = await fetch_page(self._fetcher, url, limit_bytes=PAGE_BYTES[mode])
        page = Page(
            body=await self._share(fetched.body),
            url=fetched.url,
            media_type=fetched.media_type,
            charset=fetched.charset,
            mode=mode.value,
        )
        found = await self._call(read_page, page)
        text = bytes(self._open(found.text)).decode() if found.text else ""
        single_file = picture = None
        if mode is CaptureMode.FULL and found.is_html:
            single_file = await self._single_file(page, found)
        if mode is not CaptureMode.OFF:
            picture = await self._picture(fetched, found)
        icon = await fetch_icon(self._fetcher, found.icon_urls)
        return Captured(
            url=fetched.url,
            mode=mode,
            title=found.title,
            description=found.description,
            author=found.author,
            published_at=datetime.fromisoformat(found.published) if found.published else None,
            language=found.language,
            excerpt=found.excerpt,
            word_count=found.word_count,
            text=text,
            favicon=await self._keep(icon),
            reader_blob=await self._keep_block(found.reader),
            page_blob=await self._keep_block(single_file),
            thumbnail_blob=await self._keep_block(picture),
            size_bytes=self._size_bytes,
            remark=found.without_text
            or (CUT_OFF if fetched.is_truncated and mode is not CaptureMode.OFF else ""),
        )

    async def _single_file(self, page: Page, found: PageReading) -> BlockRef | None:
        """The page with all it is made of, in one document."""
        styles = await fetch_resources(self._fetcher, found.style_urls)
        named = (await self._call(plan_styles, await self._pack(styles))).urls if styles else ()
        images = await fetch_resources(self._fetcher, (*found.image_urls, *named))
        resources = await self._pack({**styles, **images})
        return (await self._call(assemble_page, page, resources)).page

    async def _pack(self, fetched: Mapping[str, Fetched]) -> Resources:
        """What was fetched, in one block; each is copied in a turn of the loop of its own."""
        index = tuple((url, each.media_type, len(each.body)) for url, each in fetched.items() if each.body)
        if not index:
            return Resources(None, ())
        block = self._stack.enter_context(self._blocks.new(sum(size_bytes for _, _, size_bytes in index)))
        start = 0
        for url, _, size_bytes in index:
            block.view[start : start + size_bytes] = fetched[url].body
            start += size_bytes
            await asyncio.sleep(0)
        return Resources(block.ref, index)

    async def _picture(self, fetched: Fetched, found: PageReading) -> BlockRef | None:
        """A small image of what the page is about; a page is no worse for having none that can be shown."""
        body = b""
        if fetched.media_type.startswith("image/"):
            body = b"" if fetched.is_truncated else fetched.body
        elif found.image_url is not None:
            images = await fetch_resources(self._fetcher, (found.image_url,))
            body = images[found.image_url].body if images else b""
        image = await self._share(body)
        if image is None:
            return None
        try:
            return (await self._call(shrink_image, image)).picture
        except DeadLetterError:
            return None

    async def _share(self, content: bytes) -> BlockRef | None:
        """A block that workers may read; None for nothing, of which there is no block."""
        if not content:
            return None
        return self._stack.enter_context(await self._blocks.freeze_in_turns(content)).ref

    async def _call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Have a worker call a function. Raises DeadLetterError where it cannot be done."""
        call = await self._stack.enter_async_context(await self._space.eval(function, *arguments))
        return await self._stack.enter_async_context(call.take())

    async def _keep_block(self, ref: BlockRef | None) -> str | None:
        return None if ref is None else await self._keep(self._open(ref))

    def _open(self, ref: BlockRef) -> memoryview:
        return self._stack.enter_context(self._blocks.open(ref)).view

    async def _keep(self, content: bytes | memoryview | None) -> str | None:
        """Keep a blob, in a thread: it waits for the disk. Who is cancelled waits as well, or the block would be taken
        away from under the thread, and nought be kept under the name of what was in it."""
        if content is None:
            return None
        self._size_bytes += len(content)
        keeping = asyncio.ensure_future(asyncio.to_thread(self._house.blobs.put, content))
        try:
            return await asyncio.shield(keeping)
        finally:
            while not keeping.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait((keeping,))
