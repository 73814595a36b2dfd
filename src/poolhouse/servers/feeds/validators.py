"""ETag and Last-Modified: what a reader shows to hear "nothing new" (RFC 9110 §8.8, §13)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from poolhouse.services.feeds import FeedView
    from poolhouse.types import Pool, Seq

# Thunderbird's first If-Modified-Since is 2000-01-01, so nothing may be that old
EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
# a change may still come in the second that a clock shows, or be on its way to the disk
UNSETTLED = timedelta(seconds=3)
REMEMBERED_TAGS = 10_000


class Validators:
    """Makes ETags, and remembers which version each stood for (for RFC 3229), in bounded memory.

    An ETag is a keyed hash: it tells nobody how much happened elsewhere on the server. `revision` changes whenever the
    bytes of an unchanged pool do, with a new renderer or base URL.
    """

    def __init__(self, server_id: UUID, revision: str) -> None:
        self._key = server_id.bytes
        self._revision = revision
        self._versions: OrderedDict[bytes, Seq] = OrderedDict()

    def etag(self, pool: Pool, view: FeedView, keys: str = "") -> bytes:
        """The strong ETag of a document, with its quotes. `keys`: of which reader and period its files' keys are."""
        what = f"{self._revision} {pool.id} {pool.version} {view.format}{view.page}{keys}"
        tag = b'"' + blake2b(what.encode(), key=self._key, digest_size=12).hexdigest().encode() + b'"'
        if not view.page and tag not in self._versions:  # nobody is told only what is new on an older page
            self._versions[tag] = pool.version
            if len(self._versions) > REMEMBERED_TAGS:
                self._versions.popitem(last=False)
        return tag

    def version_of(self, if_none_match: bytes) -> Seq | None:
        """The newest version among the ETags that a reader shows, if we remember one."""
        versions = [self._versions.get(tag) for tag in tags_in(if_none_match)]
        return max((version for version in versions if version is not None), default=None)


def last_modified(pool: Pool, now: datetime) -> datetime:
    """The time of the newest change, a second early while that second may still bring another.

    So a reader that knows only times (Thunderbird) fetches once too often rather than once too seldom.
    """
    changed_at = pool.changed_at
    if not is_settled(pool, now):
        changed_at -= timedelta(seconds=1)
    return max(changed_at, EARLIEST)


def is_settled(pool: Pool, now: datetime) -> bool:
    """Whether Last-Modified stays as it is until the pool changes again."""
    return now - pool.changed_at >= UNSETTLED


def is_unchanged(
    if_none_match: bytes | None, if_modified_since: bytes | None, etag: bytes, pool: Pool
) -> bool:
    """Whether the reader has this document already; If-None-Match wins over If-Modified-Since.

    A time is compared with that of the change itself, not with the early one that an unsettled pool shows: two changes
    in one second then never look like one.
    """
    if if_none_match is not None:
        return if_none_match.strip() == b"*" or etag in tags_in(if_none_match)
    since = None if if_modified_since is None else _http_time(if_modified_since)
    return since is not None and since >= max(pool.changed_at, EARLIEST)


def time_headers(
    pool: Pool, now: datetime, if_modified_since: bytes | None
) -> tuple[tuple[bytes, bytes], ...]:
    """Last-Modified, left out where it is no later than the time a reader shows with something new to fetch.

    libcurl's time condition (newsboat sets it) throws the body of such a 200 or 226 away, and with the new ETag kept
    the reader would never see the entry: two changes within seconds are told apart by the ETag alone.
    """
    modified = last_modified(pool, now)
    shown = None if if_modified_since is None else _http_time(if_modified_since)
    if shown is not None and shown >= modified:
        return ()
    return ((b"last-modified", http_time(modified)),)


def tags_in(header: bytes) -> list[bytes]:
    """The ETags of an If-None-Match, without the mark of weakness: 304 needs weak comparison only."""
    return [part.strip().removeprefix(b"W/") for part in header.split(b",")]


@lru_cache(maxsize=256)
def http_time(at: datetime) -> bytes:
    """An HTTP date."""
    return format_datetime(at, usegmt=True).encode("ascii")


def _http_time(value: bytes) -> datetime | None:
    try:
        at = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
