"""FeedDocument: what a feed says, before a format says how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class FeedFormat(StrEnum):
    """A feed format; the value is the suffix in an address."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """The Content-Type, with its charset where the type has one."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    FeedFormat.ATOM: "application/atom+xml; charset=utf-8",
    FeedFormat.RSS: "application/rss+xml; charset=utf-8",
    FeedFormat.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEnclosure:
    """A file that belongs to an entry: an absolute http(s) address, a media type, its size, a file name."""

    url: str
    media_type: str
    size_bytes: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry. Texts may hold anything a person or a page wrote; a format makes them safe for its own wire.

    `id` is a `urn:uuid:`, the same in every format and for ever. `url` is http(s) or another scheme of
    `rules.urls.SCHEMES`. `content_html` is HTML that is already safe. Times are aware UTC datetimes in whole
    seconds. `summary` is plain text, "" where the content is short enough to be its own.
    """

    id: str
    url: str
    title: str
    content_html: str
    author: str
    published: datetime
    updated: datetime
    categories: tuple[str, ...] = ()
    summary: str = ""
    enclosures: tuple[FeedEnclosure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """One document of a feed: the newest entries, older ones (RFC 5005), or what is new (RFC 3229).

    All `_url` are absolute; those that may not exist are None. `self_url` is the address this document was
    asked for; `home_url` the pool's page; `next_url` older entries (RFC 5005 §3), `archive_url` the newest
    archive older than this (rel=prev-archive, §4), `current_url` the subscription document as seen from an
    archive (rel=current). `is_archive` marks an archive document.
    """

    id: str
    title: str
    subtitle: str
    author: str
    home_url: str
    self_url: str
    updated: datetime
    entries: tuple[FeedEntry, ...]
    next_url: str | None = None
    previous_url: str | None = None
    archive_url: str | None = None
    newer_archive_url: str | None = None
    current_url: str | None = None
    is_archive: bool = False
