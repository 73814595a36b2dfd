"""A feed in any of its formats: the table of who writes which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.formats.atom import ATOM
from poolhouse.formats.jsonfeed import JSON_FEED
from poolhouse.formats.rss import RSS
from poolhouse.types import FeedFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.formats.fragments import FeedWriter
    from poolhouse.types import FeedDocument

WRITERS: dict[FeedFormat, FeedWriter] = {
    FeedFormat.ATOM: ATOM,
    FeedFormat.RSS: RSS,
    FeedFormat.JSON: JSON_FEED,
}


def render(feed_format: FeedFormat, document: FeedDocument) -> bytes:
    """Return the document in that format, UTF-8; the same document gives the same bytes."""
    return WRITERS[feed_format].render(document)


def render_within(
    feed_format: FeedFormat,
    document: FeedDocument,
    limit_bytes: int,
    next_url_for: Callable[[int], str | None] | None = None,
) -> tuple[bytes, int]:
    """Return the document cut to as many leading entries as fit in `limit_bytes` (at least one), and their number.

    Where entries are left out, the document's `rel=next` is `next_url_for(number)`.
    """
    return WRITERS[feed_format].render_within(document, limit_bytes, next_url_for)
