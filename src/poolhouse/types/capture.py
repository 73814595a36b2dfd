"""Capture: one reading of an item's page, kept; a later one stands beside it and never in its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.item import ItemId

CaptureId = NewType("CaptureId", int)


class CaptureMode(StrEnum):
    """How much of a page is kept; each keeps what those before it keep.

    OFF: what the page says of itself (title, description, icon). TEXT: its readable text and an image. FULL: the whole
    page in a single file.
    """

    OFF = "off"
    TEXT = "text"
    FULL = "full"

    @property
    def rank(self) -> int:
        """Larger where more is kept."""
        return tuple(CaptureMode).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What one reading of a page found, before it is filed.

    `url` is the page's address after redirects. `description` is what the page says of itself, `excerpt` the beginning
    of its readable text or a better summary, `text` all of it without markup. `language` is a BCP 47 tag or "".
    `word_count` is 0 where there was nothing readable. `favicon` and the `_blob`s are content addresses (SHA-256, hex)
    of blobs that are kept already: the icon; the clean HTML of the text, an UTF-8 fragment, gzip; the whole page, gzip;
    a small image. `size_bytes` is what they take on the disk together. `remark` is a sentence that says what its person
    misses of it: why there is no readable text, or that the page was cut off; "" where nothing is missed.
    """

    url: str
    mode: CaptureMode
    title: str = ""
    description: str = ""
    author: str = ""
    published_at: datetime | None = None
    language: str = ""
    excerpt: str = ""
    word_count: int = 0
    text: str = ""
    favicon: str | None = None
    reader_blob: str | None = None
    page_blob: str | None = None
    thumbnail_blob: str | None = None
    size_bytes: int = 0
    remark: str = ""

    @property
    def holds_something(self) -> bool:
        """Whether there is anything to keep beside what goes to the item itself."""
        return bool(self.word_count or self.reader_blob or self.page_blob or self.thumbnail_blob)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One version of an item's page, without its text. Fields are as in `Captured`.

    `is_of_address` is False for one that was read at a former address of the item: it is kept, but is not what the item
    shows.
    """

    id: CaptureId
    item_id: ItemId
    captured_at: datetime
    url: str
    mode: CaptureMode
    title: str
    author: str
    published_at: datetime | None
    language: str
    excerpt: str
    word_count: int
    reader_blob: str | None
    page_blob: str | None
    thumbnail_blob: str | None
    size_bytes: int
    is_of_address: bool = True


WORDS_A_MINUTE = 238
"""Silent reading of non-fiction, in English: the mean of 190 studies (Brysbaert 2019)."""


def reading_minutes(word_count: int) -> int:
    """How long a text takes to read, in whole minutes; 0 for none."""
    return -(-word_count // WORDS_A_MINUTE)
