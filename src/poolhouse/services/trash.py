"""Deleting to the trash, undo, and emptying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.rules.access import Verb
from poolhouse.services._access import require_item, require_own
from poolhouse.services.filing import put_in_pool, refile, take_from_pool
from poolhouse.types import ChangeKind, ItemKind, PoolKind, PoolRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, Principal


def trash_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """Move an item to the trash: it leaves every pool, feed and search, and can be put back. Twice is once."""
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is None:
        places = tx.memberships.places(item_id)
        tx.trash.keep_places(item_id, [pool_id for pool_id, kind in places if kind is PoolKind.MANUAL])
        for pool_id, _ in places:
            take_from_pool(tx, principal.person_id, pool_id, item_id)
        tx.items.set_trashed(item_id, tx.now)
        tx.items.index(item_id)
        tx.changes.add(ChangeKind.ITEM_TRASHED, principal.person_id, item_id=item_id)
    return require_item(tx, principal, Verb.READ, item_id)


def restore_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """Undo: put an item back into the pools it was in, and where it began if those are all gone. Twice is once.

    It is put into pools that are in the trash too, so that it is there when they come back.
    """
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is not None:
        tx.items.set_trashed(item_id, None)
        tx.changes.add(ChangeKind.ITEM_RESTORED, principal.person_id, item_id=item_id)
        places = [pool for place in tx.trash.take_places(item_id) if (pool := tx.pools.get(place))]
        if all(pool.trashed_at for pool in places):
            places.append(tx.pools.by_role(principal.person_id, home_of(item)))
        for pool in places:
            put_in_pool(tx, principal.person_id, pool.id, item_id)
        refile(tx, principal.person_id, item_id)
    return require_item(tx, principal, Verb.READ, item_id)


def home_of(item: Item) -> PoolRole:
    """The pool that is always there for such an item: a message's Inbox, a link's Bookmarks."""
    return PoolRole.INBOX if item.kind is ItemKind.MESSAGE else PoolRole.BOOKMARKS


def list_trash(
    tx: Transaction, principal: Principal, *, before: int | None = None, limit: int = 50
) -> Sequence[Item]:
    """What is in the trash, newest item first, a page at a time."""
    require_own(principal, Verb.READ)
    return tx.items.trashed(principal.person_id, before=before, limit=limit)


def empty_trash(tx: Transaction, principal: Principal, *, limit: int = 1_000) -> int:
    """Delete for good at most `limit` items of the trash; returns how many. Call again until 0."""
    require_own(principal, Verb.WRITE)
    items = tx.items.trashed(principal.person_id, before=None, limit=limit)
    for item in items:
        tx.items.remove(item.id)
    return len(items)


def delete_item(tx: Transaction, principal: Principal, item_id: ItemId) -> None:
    """Delete one item of the trash for good. Raises NotFoundError where it is not in the trash."""
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is None:
        raise NotFoundError("link in the trash")
    tx.items.remove(item_id)
