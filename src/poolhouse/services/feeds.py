"""A pool as a feed: which entries a document holds, and where its other documents are.

The subscription document is the newest entries. Behind it stand pages (RFC 5005 §3: `before` a position) for programs
that walk back, and archives (§4: block k of positions) for those that keep everything: an archive's address is stable,
and because positions only grow, every entry is in the subscription document or in an archive. A document with only
what changed since a version answers RFC 3229's `A-IM: feed`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha1
from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.rules.access import Verb
from poolhouse.rules.urls import is_linkable
from poolhouse.services._access import require_pool
from poolhouse.services.contents import content_html, note_html, page_texts
from poolhouse.services.mail_entries import mail_entry
from poolhouse.types import FeedDocument, FeedEntry, FeedFormat, ItemKind, PoolKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from poolhouse.ports import Blobs, Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import Entry, Membership, PersonId, Pool, PoolId, Principal, Seq

ENTRY_LIMIT = 50
_WEB = ("https://", "http://")
_LARGEST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """Which document of which pool is asked for; `secret` is the one in the address, if it was there.

    At most one of `before` (a page of older entries) and `archive` (a block's number, from 1) is given.
    """

    pool_id: PoolId
    format: FeedFormat
    secret: str | None = None
    before: int | None = None
    archive: int | None = None

    @property
    def page(self) -> str:
        """The query that names this document of the feed."""
        if self.archive is not None:
            return f"?archive={self.archive}"
        return "" if self.before is None else f"?before={self.before}"

    @property
    def positions(self) -> tuple[int, int]:
        """The first and the last position of which it shows the topmost `ENTRY_LIMIT`."""
        if self.archive is not None:
            return (self.archive - 1) * ENTRY_LIMIT + 1, self.archive * ENTRY_LIMIT
        return 0, _LARGEST if self.before is None else self.before - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOutline:
    """A document without entries, and the places that those stand at, topmost first.

    An entry of one place and version is the same in every document of the pool, so it need not be made twice.
    `has_text`: the entries carry the captured pages; `is_long`: they carry those, or messages.
    """

    document: FeedDocument
    owner_id: PersonId
    has_text: bool
    is_long: bool
    places: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class FeedBuilder:
    """Builds the documents of one server's feeds; `server_id` roots the ids of their entries.

    `blobs` hold the captured pages, for feeds that carry them. `key_mark` stands in the addresses of attachments where
    the key of each reader is to stand: entries are kept for all of them.
    """

    server_id: UUID
    addresses: Addresses
    blobs: Blobs
    key_mark: str = ""

    def document(
        self, tx: Transaction, principal: Principal, view: FeedView
    ) -> tuple[FeedDocument, Sequence[int]]:
        """The document of a view, and the positions of its entries. Raises as `outline`; costs two of its rows each."""
        outline = self.outline(tx, principal, view)
        document = replace(outline.document, entries=tuple(self.entries(tx, outline, outline.places)))
        return document, [place.position for place in outline.places]

    def outline(self, tx: Transaction, principal: Principal, view: FeedView) -> FeedOutline:
        """The document of a view without its entries, and their places.

        Raises NotFoundError (also for an archive that is not complete yet). Costs at most ENTRY_LIMIT + 1 small rows.
        """
        pool = get_feed_pool(tx, principal, view.pool_id)
        if view.archive is not None:
            return self._archive(tx, pool, view, view.archive)
        found = tx.memberships.span(pool.id, *view.positions, limit=ENTRY_LIMIT + 1)
        places, rest = found[:ENTRY_LIMIT], found[ENTRY_LIMIT:]
        newest_archive = pool_blocks(tx, pool) if rest and view.before is None else 0
        document = self._document(
            tx,
            pool,
            view,
            next_url=self.page_url(view, places[-1].position) if rest else None,
            archive_url=self._archive_url(view, newest_archive),
            current_url=self._url(view, "") if view.before is not None else None,
        )
        return self._outline(tx, document, pool, places)

    def entries(
        self, tx: Transaction, outline: FeedOutline, places: Sequence[Membership]
    ) -> Sequence[FeedEntry]:
        """The entries at some of the outline's places, in their order. Reads what stands between them as well.

        With the captured pages, one small file an entry more.
        """
        if not places:
            return ()
        first, last = places[-1].position, places[0].position
        wanted = {place.position for place in places}
        found = tx.memberships.block(places[0].pool_id, outline.owner_id, first, last)
        chosen = [entry for entry in found if entry.membership.position in wanted]
        return self._entries(tx, chosen, outline.document.author, has_text=outline.has_text)

    def delta(self, tx: Transaction, principal: Principal, view: FeedView, since: Seq) -> FeedDocument | None:
        """Only the entries that changed after version `since`; None where that is more than a document holds."""
        pool = get_feed_pool(tx, principal, view.pool_id)
        found = tx.memberships.changed_since(pool.id, pool.owner_id, since, limit=ENTRY_LIMIT + 1)
        if len(found) > ENTRY_LIMIT:
            return None
        document = self._document(tx, pool, view)
        entries = self._entries(tx, found, document.author, has_text=pool.feed_text)
        return replace(document, entries=tuple(entries))

    def page_url(self, view: FeedView, before: int) -> str:
        """The address of the entries below a position."""
        return self._url(view, f"?before={before}")

    def _archive(self, tx: Transaction, pool: Pool, view: FeedView, number: int) -> FeedOutline:
        blocks = pool_blocks(tx, pool)
        if not 1 <= number <= blocks:
            raise NotFoundError("archive")
        places = tx.memberships.span(pool.id, *view.positions, limit=ENTRY_LIMIT)
        document = self._document(
            tx,
            pool,
            view,
            archive_url=self._archive_url(view, number - 1),
            newer_archive_url=self._archive_url(view, number + 1) if number < blocks else None,
            current_url=self._url(view, ""),
            is_archive=True,
        )
        return self._outline(tx, document, pool, places)

    @staticmethod
    def _outline(
        tx: Transaction, document: FeedDocument, pool: Pool, places: Sequence[Membership]
    ) -> FeedOutline:
        return FeedOutline(
            document=document,
            owner_id=pool.owner_id,
            has_text=pool.feed_text,
            is_long=pool.feed_text or tx.messages.has_any(pool.owner_id),
            places=tuple(places),
        )

    def _archive_url(self, view: FeedView, number: int) -> str | None:
        return self._url(view, f"?archive={number}") if number >= 1 else None

    def _url(self, view: FeedView, page: str) -> str:
        return self.addresses.feed(view.pool_id, view.format, view.secret) + page

    def _document(
        self,
        tx: Transaction,
        pool: Pool,
        view: FeedView,
        *,
        next_url: str | None = None,
        archive_url: str | None = None,
        newer_archive_url: str | None = None,
        current_url: str | None = None,
        is_archive: bool = False,
    ) -> FeedDocument:
        owner = tx.persons.get(pool.owner_id)
        return FeedDocument(
            id=_urn(self.server_id, f"pool/{pool.id}"),
            title=pool.name,
            # not what is searched for: it may name other pools, tags and persons, and a reader knows only this one
            subtitle="Saved search" if pool.kind is PoolKind.COMPUTED else "",
            author=owner.name if owner else "",
            home_url=self.addresses.pool(pool.id),
            self_url=self._url(view, view.page),
            updated=pool.changed_at,
            entries=(),
            next_url=next_url,
            archive_url=archive_url,
            newer_archive_url=newer_archive_url,
            current_url=current_url,
            is_archive=is_archive,
        )

    def _entries(
        self, tx: Transaction, found: Sequence[Entry], owner: str, *, has_text: bool
    ) -> list[FeedEntry]:
        texts = page_texts(tx, self.blobs, [entry.item for entry in found]) if has_text else {}
        letters = [entry.item.id for entry in found if entry.item.kind is ItemKind.MESSAGE]
        read = tx.messages.feed_bodies(letters) if letters else {}
        return [
            mail_entry(self.addresses, self._id(entry), entry, owner, read.get(entry.item.id), self.key_mark)
            if entry.item.kind is ItemKind.MESSAGE
            else self._entry(entry, owner, texts.get(entry.item.id))
            for entry in found
        ]

    def _id(self, entry: Entry) -> str:
        """Of the pool and the item, so that taking it out and putting it back shows no reader a second entry."""
        return _urn(self.server_id, f"pool/{entry.membership.pool_id}/item/{entry.item.id}")

    def _entry(self, entry: Entry, owner: str, text: str | None) -> FeedEntry:
        item = entry.item
        place = entry.membership
        return FeedEntry(
            id=self._id(entry),
            # checked at ingest, and here again; parsed only where it is none of the web, because each costs 3 µs
            url=item.url
            if item.url.startswith(_WEB) or is_linkable(item.url)
            else self.addresses.pool(place.pool_id),
            title=item.title,
            content_html=note_html(item.note) + text if text else content_html(item.note, item.description),
            author=item.author or owner,
            published=item.created_at,
            updated=item.changed_at,
            categories=item.tags,
        )


def _urn(namespace: UUID, name: str) -> str:
    """The URN of the name's version-5 UUID (RFC 9562 §5.5): what uuid.uuid5 gives, in a third of its time."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def get_feed_pool(tx: Transaction, principal: Principal, pool_id: PoolId) -> Pool:
    """The pool, if `principal` may read it as a feed. Raises NotFoundError."""
    return require_pool(tx, principal, Verb.FEED, pool_id)


def has_files(tx: Transaction, pool: Pool, view: FeedView) -> bool:
    """Whether an entry of that document names files."""
    return tx.messages.has_attachments(pool, *view.positions, limit=ENTRY_LIMIT)


def pool_blocks(tx: Transaction, pool: Pool) -> int:
    """How many archives of a pool are complete."""
    return tx.memberships.top_position(pool.id) // ENTRY_LIMIT
