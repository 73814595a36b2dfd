"""Setting aside: into the Archive, or into Later until a date; and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.rules.access import Verb
from poolhouse.services._access import require_item
from poolhouse.services.filing import put_in_pool, refile, say_changed, take_from_pool
from poolhouse.services.pools import free_name, receiving_pool
from poolhouse.services.trash import home_of
from poolhouse.types import ChangeKind, Mark, PoolKind, PoolRole

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, PersonId, Pool, PoolId, Principal

_NAMES = {PoolRole.ARCHIVE: "Archive", PoolRole.LATER: "Later"}
_LEFT = (PoolRole.INBOX, PoolRole.BOOKMARKS, PoolRole.LATER)


def role_pool(tx: Transaction, person_id: PersonId, role: PoolRole) -> Pool:
    """The pool of a role. Archive and Later are made at their first use; a manual pool of that name is taken for it."""
    found = tx.pools.find_role(person_id, role)
    if found is not None:
        return found
    there = tx.pools.by_path(person_id, _NAMES[role])
    if there and there.kind is PoolKind.MANUAL and there.role is None:
        tx.pools.set_role(there.id, role)
        return there
    tx.changes.add(ChangeKind.POOL_ADDED, person_id)
    name = free_name(tx, person_id, _NAMES[role])
    return tx.pools.add(person_id, name, kind=PoolKind.MANUAL, role=role)


def is_set_aside(tx: Transaction, item: Item) -> bool:
    """Whether it was put out of the way: into the Archive, or into Later."""
    return any(_place(tx, item, role) for role in (PoolRole.ARCHIVE, PoolRole.LATER))


def archive_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """Out of Inbox, Bookmarks and Later into the Archive; it stays in its other pools. Twice is once.

    Raises NotFoundError, ConflictError (it is in the trash).
    """
    item = _live(tx, principal, item_id)
    for role in _LEFT:
        _take_from_role(tx, item, role)
    _put(tx, item, role_pool(tx, item.owner_id, PoolRole.ARCHIVE).id)
    return _settled(tx, principal, item)


def skip_inbox(tx: Transaction, item: Item) -> None:
    """Out of the Inbox alone into the Archive, where a saved search that holds the item says so.

    One look-up where its person has no such search, as most have none.
    """
    skipping = tx.pools.skipping(item.owner_id)
    if any(tx.memberships.get(pool_id, item.id) for pool_id in skipping) and _take_from_role(
        tx, item, PoolRole.INBOX
    ):
        _put(tx, item, role_pool(tx, item.owner_id, PoolRole.ARCHIVE).id)
        refile(tx, item.owner_id, item.id)


def unarchive_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """Undo: out of the Archive, back to where such items begin. One that is not there stays where it is."""
    item = _live(tx, principal, item_id)
    if _take_from_role(tx, item, PoolRole.ARCHIVE):
        _put(tx, item, tx.pools.by_role(item.owner_id, home_of(item)).id)
    return _settled(tx, principal, item)


def defer_item(tx: Transaction, principal: Principal, item_id: ItemId, until: datetime) -> Item:
    """Into Later until a time to come; then it is back on top of where it was, unread.

    That is the Inbox if it is there, or else its first pool by path; deferred anew from elsewhere than the Inbox, it
    has left where it was already. Raises InvalidInputError, NotFoundError, ConflictError.
    """
    item = _live(tx, principal, item_id)
    if until <= tx.now:
        raise InvalidInputError("until", "choose a time that is to come")
    later = role_pool(tx, item.owner_id, PoolRole.LATER)
    pools = [pool for pool in tx.memberships.of_item(item_id) if pool.kind is PoolKind.MANUAL]
    elsewhere = sorted(
        (pool for pool in pools if pool.id != later.id), key=lambda pool: pool.role is not PoolRole.INBOX
    )
    origin = tx.items.deferred_from(item_id) if item.deferred_until else None
    if elsewhere and (origin is None or elsewhere[0].role is PoolRole.INBOX):
        origin = elsewhere[0].id
        take_from_pool(tx, item.owner_id, origin, item_id)
    _put(tx, item, later.id)
    tx.items.set_deferred(item_id, until, origin)
    return _told(tx, principal, item)


def undefer_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """Back to where it was, now. One that is not deferred stays as it is."""
    item = _live(tx, principal, item_id)
    if item.deferred_until is not None:
        _return(tx, item)
    return _told(tx, principal, item)


def return_deferred(tx: Transaction, limit: int = 100) -> int:
    """Bring back what is due, unread, on top of where it was; returns how many. Call again until 0."""
    due = tx.items.due(limit)
    for item_id, owner_id in due:
        item = tx.items.get(item_id, owner_id)
        assert item is not None
        tx.items.set_mark(item_id, owner_id, Mark.READ, is_on=False)
        _return(tx, item)
        say_changed(tx, item)
    return len(due)


def _live(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is not None:
        raise ConflictError("item", "it is in the trash; put it back first")
    return item


def _return(tx: Transaction, item: Item) -> None:
    pool = receiving_pool(tx, item.owner_id, tx.items.deferred_from(item.id), home_of(item))
    _take_from_role(tx, item, PoolRole.LATER)
    put_in_pool(tx, item.owner_id, pool.id, item.id)
    tx.items.set_deferred(item.id, None, None)


def _place(tx: Transaction, item: Item, role: PoolRole) -> Pool | None:
    """The pool of that role, if the item is in it."""
    pool = tx.pools.find_role(item.owner_id, role)
    return None if pool is None or tx.memberships.get(pool.id, item.id) is None else pool


def _take_from_role(tx: Transaction, item: Item, role: PoolRole) -> bool:
    pool = _place(tx, item, role)
    if pool is not None:
        take_from_pool(tx, item.owner_id, pool.id, item.id)
    return pool is not None


def _put(tx: Transaction, item: Item, pool_id: PoolId) -> None:
    if tx.memberships.get(pool_id, item.id) is None:
        put_in_pool(tx, item.owner_id, pool_id, item.id)


def _settled(tx: Transaction, principal: Principal, item: Item) -> Item:
    if item.deferred_until is not None:
        tx.items.set_deferred(item.id, None, None)
    return _told(tx, principal, item)


def _told(tx: Transaction, principal: Principal, item: Item) -> Item:
    refile(tx, item.owner_id, item.id)
    return require_item(tx, principal, Verb.READ, item.id)
