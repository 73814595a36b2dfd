"""Readings of pages as a worker would file them, without a page, a worker or a network."""

from __future__ import annotations

import gzip
from html import escape
from typing import TYPE_CHECKING, Any

from poolhouse.services.captures import record_capture
from poolhouse.services.pages import NOBODY
from poolhouse.types import Captured, CaptureMode

if TYPE_CHECKING:
    from poolhouse.ports import Blobs, Transaction
    from poolhouse.types import CaptureId, ItemId


def captured(text: str, blobs: Blobs | None = None, **given: Any) -> Captured:
    """What was found on a page of that text; its reader's view is kept where there are blobs to keep it in."""
    if blobs is not None:
        given.setdefault("reader_blob", blobs.put(gzip.compress(f"<p>{escape(text)}</p>".encode(), mtime=0)))
    defaults = {"url": "https://read.test/", "mode": CaptureMode.TEXT, "word_count": len(text.split())}
    return Captured(**{**defaults, **given}, text=text)


def told(tx: Transaction, item_id: ItemId, **given: Any) -> None:
    """File what the page says of itself and nothing beside, as where a pool captures nothing."""
    read(tx, item_id, "", mode=CaptureMode.OFF, **given)


def read(
    tx: Transaction, item_id: ItemId, text: str, blobs: Blobs | None = None, **given: Any
) -> CaptureId | None:
    """File a reading of the item's page at the address it has now."""
    item = tx.items.get(item_id, NOBODY)
    assert item is not None
    return record_capture(tx, item_id, item.url, captured(text, blobs, **given))
