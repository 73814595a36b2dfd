"""Documents: the bytes of a feed's documents, made of kept entries where those have not changed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from poolhouse.formats.feed import WRITERS, render
from poolhouse.servers.feeds.cache import DOCUMENT_BYTES, FRAGMENT_BYTES, ByteCache

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.services.feeds import FeedBuilder, FeedOutline, FeedView
    from poolhouse.types import FeedFormat, Membership, Principal, Seq

DOCUMENT_LIMIT_BYTES = 512 * 1024
# more than 50 captured pages as long as a feed carries them: who follows archives alone must miss nothing (RFC 5005 §4)
ARCHIVE_LIMIT_BYTES = 64 * 1024 * 1024
_LONG_AT_ONCE = (
    8  # captured pages and messages: each is read from a file, and a document holds a few of the longest
)

_FragmentKey = tuple[str, int, int, int]


class Documents:
    """Writes what a FeedBuilder builds. Who may read it has been asked before."""

    def __init__(self, builder: FeedBuilder) -> None:
        self._builder = builder
        self._whole: ByteCache[tuple[str | None, bytes]] = ByteCache(DOCUMENT_BYTES)
        self._fragments: ByteCache[_FragmentKey] = ByteCache(FRAGMENT_BYTES)

    def whole(self, tx: Transaction, principal: Principal, view: FeedView, etag: bytes) -> bytes:
        """The document that has this ETag in the transaction's snapshot. Raises NotFoundError."""
        # an ETag is that of a pool, a format and a page; the address in it is the reader's own
        key = (view.secret, etag)
        kept = self._whole.get(key)
        if kept is not None:
            return kept
        outline = self._builder.outline(tx, principal, view)
        limit_bytes = DOCUMENT_LIMIT_BYTES if view.archive is None else ARCHIVE_LIMIT_BYTES
        body, _ = WRITERS[view.format].assemble_within(
            outline.document,
            self._entries(tx, view.format, outline, limit_bytes),
            limit_bytes,
            lambda count: self._builder.page_url(view, outline.places[count - 1].position),
        )
        self._whole.put(key, body)
        return body

    def delta(self, tx: Transaction, principal: Principal, view: FeedView, since: Seq) -> bytes | None:
        """What changed since; None where there is nothing to say so, or more than one document holds."""
        document = self._builder.delta(tx, principal, view, since)
        if document is None or not document.entries:
            return None
        body = render(view.format, document)
        return body if len(body) <= DOCUMENT_LIMIT_BYTES else None

    def _entries(
        self, tx: Transaction, feed_format: FeedFormat, outline: FeedOutline, limit_bytes: int
    ) -> list[bytes]:
        """One fragment a place, topmost first; of long ones no more than show that a document is full."""
        if not outline.is_long:
            return self._portion(tx, feed_format, outline, outline.places)
        found: list[bytes] = []
        places = iter(outline.places)
        while sum(map(len, found)) <= limit_bytes and (portion := tuple(islice(places, _LONG_AT_ONCE))):
            found += self._portion(tx, feed_format, outline, portion)
        return found

    def _portion(
        self, tx: Transaction, feed_format: FeedFormat, outline: FeedOutline, places: Sequence[Membership]
    ) -> list[bytes]:
        """One fragment a place, kept or made; all that are missing are read at once."""
        writer, home_url = WRITERS[feed_format], outline.document.home_url
        shared = f"{feed_format} {outline.document.author}"
        keys = [(shared, place.pool_id, place.item_id, place.version) for place in places]
        found = [self._fragments.get(key) for key in keys]
        missing = [at for at, fragment in enumerate(found) if fragment is None]
        entries = self._builder.entries(tx, outline, [places[at] for at in missing])
        for at, entry in zip(missing, entries, strict=True):
            made = found[at] = writer.entry(entry, home_url)
            self._fragments.put(keys[at], made)
        return [fragment for fragment in found if fragment is not None]
