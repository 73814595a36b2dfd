"""What stands in a feed's entry: the person's note, then the page, in its own words or as it was captured."""

from __future__ import annotations

import zlib
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.ports import Blobs, Transaction
    from poolhouse.types import Item, ItemId

READER_LIMIT_BYTES: Final = 64 * 1024
"""Longer captured HTML is not in a feed: an eighth of a document (../shared/design/feeds.md: 512 KiB)."""

TEXT_LIMIT: Final = 20_000
"""So many characters of a longer page's text stand there instead."""

_GZIP: Final = 16 + zlib.MAX_WBITS


def content_html(note: str, description: str) -> str:
    """An entry's content: the person's note, then what the page says of itself, quoted. Text only, so it is safe."""
    quoted = f"<blockquote><p>{_lines(description)}</p></blockquote>" if description else ""
    return note_html(note) + quoted


def note_html(note: str) -> str:
    """A person's note, in paragraphs."""
    return "".join(f"<p>{_lines(paragraph)}</p>" for paragraph in note.split("\n\n") if paragraph.strip())


def page_texts(tx: Transaction, blobs: Blobs, items: Sequence[Item]) -> Mapping[ItemId, str]:
    """The captured pages of items as HTML; those without a readable text are left out.

    The clean HTML of the reader's view, which was made safe when it was captured; where that is longer than
    READER_LIMIT_BYTES or its blob is gone, the beginning of the text. One statement, and one small file each.
    """
    captured = [item for item in items if item.word_count]
    readers = tx.captures.readers([item.id for item in captured]) if captured else {}
    return {item.id: _reader_html(blobs, readers.get(item.id)) or _beginning(tx, item) for item in captured}


def _reader_html(blobs: Blobs, address: str | None) -> str | None:
    packed = None if address is None else blobs.get(address)
    if packed is None:
        return None
    unpacking = zlib.decompressobj(_GZIP)
    try:
        # no more than is wanted, whatever it would become
        html = unpacking.decompress(packed, READER_LIMIT_BYTES + 1)
    except zlib.error:  # a damaged file: verify says so
        return None
    is_whole = unpacking.eof and len(html) <= READER_LIMIT_BYTES
    return html.decode("utf-8", "replace") if is_whole else None


def _beginning(tx: Transaction, item: Item) -> str:
    text = "" if item.capture_id is None else tx.captures.text(item.capture_id)
    cut = text[:TEXT_LIMIT]
    return note_html(cut if cut == text else f"{cut.rstrip()}…")


def _lines(text: str) -> str:
    return escape(text.strip()).replace("\n", "<br>")
