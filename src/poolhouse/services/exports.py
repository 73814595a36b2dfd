"""Everything a person keeps, in formats that outlive us; docs/reference/export.md describes them.

Long questions: run them where a deadline is.
"""

from __future__ import annotations

from json import JSONEncoder
from typing import TYPE_CHECKING, Any, NamedTuple

from poolhouse.formats.dates import rfc3339
from poolhouse.formats.netscape import NetscapeBookmark, write_netscape
from poolhouse.formats.opml import OpmlFeed, write_opml
from poolhouse.rules.access import Verb
from poolhouse.rules.urls import is_linkable
from poolhouse.services._access import require_own
from poolhouse.types import Condition, ConditionTerm, FeedFormat, ItemKind, Mark, PoolKind, Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import Capture, Item, ItemId, Message, Pool, Principal

EXPORT_VERSION = 1
_PAGE_SIZE = 500
_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Place(NamedTuple):
    """Where an item is: the pool, and its rank there, 1 at the bottom; None in the trash, which has no order."""

    pool: Pool
    rank: int | None


def export_json_lines(tx: Transaction, principal: Principal, *, has_texts: bool = False) -> Iterator[str]:
    """Yield one JSON document a line (with its line feed): what this is, the pools, then the items, newest first.

    After an item comes what is kept beside a message, or the captures of its page, oldest first, with their readable
    text where `has_texts` (some 10 kB each: not for where a deadline is). Nothing else is left out but secrets, jobs,
    and what is in blobs, which captures and messages name. Memory is that of the places: some hundred bytes an item.
    """
    require_own(principal, Verb.READ)
    person = tx.persons.get(principal.person_id)
    yield _line(
        type="export",
        version=EXPORT_VERSION,
        person=person.name if person else "",
        exported_at=rfc3339(tx.now),
    )
    pools = [*tx.pools.of(principal.person_id), *tx.pools.trashed(principal.person_id)]
    for pool in pools:
        yield _line(**_pool_data(pool))
    places = _places(tx, pools)
    seen: set[ItemId] = set()
    for item in _items(tx, principal):
        seen.add(item.id)
        yield from _item_lines(tx, item, places.get(item.id, []), has_texts=has_texts)
    for item_id in sorted(places.keys() - seen, reverse=True):
        # an export is a way out of a damaged store too: what the search index has lost is in its pools still
        lost = tx.items.get(item_id, principal.person_id)
        if lost and lost.owner_id == principal.person_id:
            yield from _item_lines(tx, lost, places[item_id], has_texts=has_texts)


def export_netscape(tx: Transaction, principal: Principal) -> str:
    """Write the links that are not in the trash as a bookmark file, each under every pool that it is in.

    Pools are folders, by path; what is topmost comes first. Saved searches are left out, they fill themselves. Import
    reads it back to the same addresses, titles, tags, notes, dates and pools.
    """
    require_own(principal, Verb.READ)
    pools = [pool for pool in tx.pools.of(principal.person_id) if pool.kind is PoolKind.MANUAL]
    return write_netscape(
        bookmark
        for pool in sorted(pools, key=lambda each: each.path.split("/"))
        for bookmark in _bookmarks(tx, principal, pool)
    )


def export_mail(tx: Transaction, principal: Principal) -> Iterator[tuple[Item, Sequence[str]]]:
    """Yield each message that is not in the trash, newest first, and the paths of the manual pools that it is in."""
    require_own(principal, Verb.READ)
    before: ItemId | None = None
    query = Query(terms=(ConditionTerm(condition=Condition.KIND, value=ItemKind.MESSAGE.value),))
    while page := tx.search.find(principal.person_id, query, before=before, limit=_PAGE_SIZE):
        for item in page:
            pools = tx.memberships.of_item(item.id)
            yield item, [pool.path for pool in pools if pool.kind is PoolKind.MANUAL]
        before = page[-1].id


def export_opml(tx: Transaction, principal: Principal, addresses: Addresses) -> str:
    """Write the addresses of every pool's feed, without secrets, for a reader that asks for name and password."""
    require_own(principal, Verb.READ)
    person = tx.persons.get(principal.person_id)
    return write_opml(
        f"Pools of {person.name if person else ''}",
        (
            OpmlFeed(
                title=pool.path,
                feed_url=addresses.feed(pool.id, FeedFormat.ATOM),
                home_url=addresses.pool(pool.id),
            )
            for pool in tx.pools.of(principal.person_id)
        ),
    )


def _items(tx: Transaction, principal: Principal) -> Iterator[Item]:
    """Every item, those in the trash last, a page at a time."""
    before: ItemId | None = None
    while page := tx.search.find(principal.person_id, Query(), before=before, limit=_PAGE_SIZE):
        yield from page
        before = page[-1].id
    before = None
    while page := tx.items.trashed(principal.person_id, before=before, limit=_PAGE_SIZE):
        yield from page
        before = page[-1].id


def _places(tx: Transaction, pools: list[Pool]) -> dict[ItemId, list[_Place]]:
    places: dict[ItemId, list[_Place]] = {}
    for pool in pools:
        if pool.kind is PoolKind.MANUAL:
            for rank, item_id in enumerate(tx.memberships.item_ids(pool.id), start=1):
                places.setdefault(item_id, []).append(_Place(pool, rank))
            for item_id in tx.trash.items_of(pool.id):
                places.setdefault(item_id, []).append(_Place(pool, None))
    return places


def _bookmarks(tx: Transaction, principal: Principal, pool: Pool) -> Iterator[NetscapeBookmark]:
    folders = tuple(pool.path.split("/"))
    before: int | None = None
    while page := tx.memberships.newest(pool.id, principal.person_id, before=before, limit=_PAGE_SIZE):
        for entry in page:
            item = entry.item
            if is_linkable(item.url) and item.owner_id == principal.person_id:
                yield NetscapeBookmark(
                    url=item.url,
                    title=item.title,
                    note=item.note,
                    folders=folders,
                    tags=item.tags,
                    added_at=item.created_at,
                    modified_at=item.changed_at,
                    is_unread=Mark.READ not in item.marks,
                )
        before = page[-1].membership.position


def _item_lines(tx: Transaction, item: Item, places: list[_Place], *, has_texts: bool) -> Iterator[str]:
    yield _line(**_item_data(item, places))
    message = tx.messages.get(item.id) if item.kind is ItemKind.MESSAGE else None
    if message is not None:
        yield _line(**_message_data(item, message))
    for capture in tx.captures.of(item.id) if item.capture_count else ():
        text = {"text": tx.captures.text(capture.id)} if has_texts else {}
        yield _line(**_capture_data(capture), **text)


def _line(**data: Any) -> str:
    return _json(data) + "\n"


def _pool_data(pool: Pool) -> dict[str, Any]:
    return {
        "type": "pool",
        "id": pool.id,
        "path": pool.path,
        "kind": pool.kind.value,
        "role": pool.role.value if pool.role else None,
        "query": pool.query,
        "capture": pool.capture.value,
        "feed_text": pool.feed_text,
        "skips_inbox": pool.skips_inbox,
        "created_at": rfc3339(pool.created_at),
        "trashed_at": _time(pool.trashed_at),
    }


def _item_data(item: Item, places: list[_Place]) -> dict[str, Any]:
    return {
        "type": "item",
        "id": item.id,
        "kind": item.kind.value,
        "url": item.url,
        "title": item.title,
        "note": item.note,
        "author": item.author,
        "description": item.description,
        "tags": list(item.tags),
        "marks": sorted(mark.value for mark in item.marks),
        "pools": [{"id": place.pool.id, "path": place.pool.path, "rank": place.rank} for place in places],
        "created_at": rfc3339(item.created_at),
        "saved_at": rfc3339(item.saved_at),
        "changed_at": rfc3339(item.changed_at),
        "trashed_at": _time(item.trashed_at),
        "checked_at": _time(item.checked_at),
        "dead_since": _time(item.dead_since),
        "dead_reason": item.dead_reason,
        "found_in": item.found_in,
        "deferred_until": _time(item.deferred_until),
    }


def _message_data(item: Item, message: Message) -> dict[str, Any]:
    facts = message.facts
    return {
        "type": "message",
        "item": item.id,
        "blob": item.blob,
        "size_bytes": message.size_bytes,
        "received_at": rfc3339(message.received_at),
        "source": message.envelope.source.value,
        "envelope_sender": message.envelope.sender,
        "envelope_recipient": message.envelope.recipient,
        "message_id": facts.message_id if facts else "",
    }


def _capture_data(capture: Capture) -> dict[str, Any]:
    return {
        "type": "capture",
        "id": capture.id,
        "item": capture.item_id,
        "captured_at": rfc3339(capture.captured_at),
        "url": capture.url,
        "mode": capture.mode.value,
        "title": capture.title,
        "author": capture.author,
        "published_at": _time(capture.published_at),
        "language": capture.language,
        "excerpt": capture.excerpt,
        "word_count": capture.word_count,
        "blobs": {
            "reader": capture.reader_blob,
            "page": capture.page_blob,
            "thumbnail": capture.thumbnail_blob,
        },
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
