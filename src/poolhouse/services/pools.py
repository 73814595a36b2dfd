"""Making, renaming, nesting and deleting pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.names import clean_pool_name
from poolhouse.rules.query import parse_query
from poolhouse.services._access import require_own, require_pool
from poolhouse.services.filing import fill, refill_by_pools
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.types import CaptureMode, ChangeKind, PoolKind, PoolRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import PersonId, Pool, PoolId, Principal

DEPTH_LIMIT = 20


def list_pools(tx: Transaction, principal: Principal) -> Sequence[Pool]:
    """The person's pools, by path, so that a parent comes before what is in it."""
    require_own(principal, Verb.READ)
    return tx.pools.of(principal.person_id)


def get_pool(tx: Transaction, principal: Principal, pool_id: PoolId) -> Pool:
    """One pool. Raises NotFoundError."""
    return require_pool(tx, principal, Verb.READ, pool_id)


def find_pool(tx: Transaction, principal: Principal, path: str) -> Pool:
    """The pool of that path, such as `Reading/Python`, compared without case. Raises NotFoundError."""
    require_own(principal, Verb.READ)
    pool = tx.pools.by_path(principal.person_id, path.strip("/"))
    if pool is None:
        raise NotFoundError(f"pool as {path}")
    return pool


def receiving_pool(
    tx: Transaction, person_id: PersonId, pool_id: PoolId | None, home: PoolRole = PoolRole.INBOX
) -> Pool:
    """The pool that takes what is meant for `pool_id`, None for no pool: one that is always there where it cannot.

    A pool in the trash, or one that fills itself, takes nothing. Ask in the transaction that puts something there: any
    pool may be thrown away at any time. One look-up, two where the pool is gone.
    """
    pool = None if pool_id is None else tx.pools.get(pool_id)
    if pool is None or pool.trashed_at is not None or pool.kind is not PoolKind.MANUAL:
        return tx.pools.by_role(person_id, home)
    return pool


def add_pool(
    tx: Transaction,
    principal: Principal,
    name: str,
    *,
    parent_id: PoolId | None = None,
    query: str | None = None,
    capture: CaptureMode | None = None,
    feed_text: bool = False,
    skips_inbox: bool = False,
) -> Pool:
    """Make a pool; with a query, a computed one, which is filled before this returns.

    `capture` says how much is kept of the pages of links saved into it: their text where nothing is said. `feed_text`:
    its feed carries that text. Raises InvalidInputError (also for a `capture` of a computed pool), ConflictError (the
    name is taken there), NotFoundError (the parent).
    """
    require_own(principal, Verb.WRITE)
    name = clean_pool_name(name)
    _check_query(query)
    _check_place(tx, principal, name, parent_id)
    if query is not None:
        _check_captures_nothing(name, capture)
    kind = PoolKind.MANUAL if query is None else PoolKind.COMPUTED
    tx.changes.add(ChangeKind.POOL_ADDED, principal.person_id)
    pool = tx.pools.add(
        principal.person_id,
        name,
        kind=kind,
        parent_id=parent_id,
        query=query,
        capture=capture or CaptureMode.TEXT,
        feed_text=feed_text,
    )
    if skips_inbox:
        _set_skips_inbox(tx, pool, is_on=True)
    if query is not None:
        fill(tx, pool)
    return get_pool(tx, principal, pool.id)


def find_or_add_pool(tx: Transaction, principal: Principal, names: Sequence[str]) -> Pool:
    """The pool at the end of that path of names, made with its parents where they are missing."""
    pool: Pool | None = None
    for name in names:
        name = clean_pool_name(name)  # noqa: PLW2901 - the clean name is the name
        path = f"{pool.path}/{name}" if pool else name
        found = tx.pools.by_path(principal.person_id, path)
        pool = found or add_pool(tx, principal, name, parent_id=pool.id if pool else None)
    if pool is None:
        raise InvalidInputError("pool", "a path of at least one name is needed")
    return pool


def edit_pool(
    tx: Transaction,
    principal: Principal,
    pool_id: PoolId,
    *,
    name: str | None = None,
    parent_id: PoolId | None = None,
    is_moved: bool = False,
    query: str | None = None,
    capture: CaptureMode | None = None,
    feed_text: bool | None = None,
    skips_inbox: bool | None = None,
) -> Pool:
    """Rename, move (`is_moved`: to `parent_id`, None is the top), change the query of a computed pool or the settings.

    `capture` counts for pages that are read from now on; `feed_text` changes every entry of the feed, and costs a write
    for each. `skips_inbox`, of a computed pool, counts for messages that come from now on.
    """
    pool = require_pool(tx, principal, Verb.WRITE, pool_id)
    new_name = pool.name if name is None else clean_pool_name(name)
    new_parent = parent_id if is_moved else pool.parent_id
    if (new_name, new_parent) != (pool.name, pool.parent_id):
        _check_place(tx, principal, new_name, new_parent, moved=pool)
        tx.pools.place(pool_id, name=new_name, parent_id=new_parent)
        refill_by_pools(tx, principal.person_id)
    if capture is not None:
        if pool.kind is PoolKind.COMPUTED:
            _check_captures_nothing(pool.path, capture)
        tx.pools.set_capture(pool_id, capture)
    if skips_inbox is not None:
        _set_skips_inbox(tx, pool, is_on=skips_inbox)
    version = tx.changes.add(ChangeKind.POOL_CHANGED, principal.person_id, pool_id=pool_id)
    tx.pools.touch(pool_id, version)
    if feed_text is not None and feed_text != pool.feed_text:
        tx.pools.set_feed_text(pool_id, is_on=feed_text)
        tx.memberships.touch_all(pool_id, version)
    if query is not None and query != pool.query:
        if pool.kind is not PoolKind.COMPUTED:
            raise InvalidInputError("query", f"{pool.path} is filled by hand and has no query")
        _check_query(query)
        tx.pools.set_query(pool_id, query)
        fill(tx, get_pool(tx, principal, pool_id))
    return get_pool(tx, principal, pool_id)


def _set_skips_inbox(tx: Transaction, pool: Pool, *, is_on: bool) -> None:
    if is_on and pool.kind is not PoolKind.COMPUTED:
        raise InvalidInputError("skips_inbox", f"{pool.path} is filled by hand; only a saved search can")
    tx.pools.set_skips_inbox(pool.id, is_on=is_on)


def trash_pool(tx: Transaction, principal: Principal, pool_id: PoolId) -> Pool:
    """Delete a pool and what is beneath it, to the trash; items that are in no other pool go with it.

    Its feeds stop with the commit. Raises InvalidInputError for pools with a role, NotFoundError.
    """
    pool = require_pool(tx, principal, Verb.WRITE, pool_id)
    pools = [each for each in tx.pools.under(pool_id) if each.trashed_at is None]
    for each in pools:
        if each.role is not None:
            raise InvalidInputError(
                "pool", f"{each.path} is always there; move it out first or keep this pool"
            )
    going = {each.id for each in pools}
    for each in pools:
        if each.kind is PoolKind.MANUAL:
            for item_id in tx.memberships.item_ids(each.id):
                places = {
                    place.id for place in tx.memberships.of_item(item_id) if place.kind is PoolKind.MANUAL
                }
                if places <= going:
                    trash_item(tx, principal, item_id)
        tx.changes.add(ChangeKind.POOL_TRASHED, principal.person_id, pool_id=each.id)
    tx.pools.set_trashed([each.id for each in pools], tx.now)
    refill_by_pools(tx, principal.person_id)
    return pool


def restore_pool(tx: Transaction, principal: Principal, pool_id: PoolId) -> Pool:
    """Undo: bring back a deleted pool, all that was deleted with it, and the items that went with it."""
    pool = tx.pools.get(pool_id)
    if pool is None or not allows(principal, Verb.WRITE, pool.owner_id, pool.id):
        raise NotFoundError("pool")
    if pool.trashed_at is None:
        return pool
    parent = None if pool.parent_id is None else tx.pools.get(pool.parent_id)
    parent_id = parent.id if parent and parent.trashed_at is None else None
    back = _trashed_together(tx, pool)
    for each in back:
        place = parent_id if each.id == pool_id else each.parent_id
        tx.pools.place(each.id, name=free_name(tx, each.owner_id, each.name, place), parent_id=place)
        tx.pools.set_trashed([each.id], None)
        version = tx.changes.add(ChangeKind.POOL_RESTORED, principal.person_id, pool_id=each.id)
        tx.pools.touch(each.id, version)
    for each in back:
        for item_id in tx.trash.items_of(each.id):
            item = tx.items.get(item_id, principal.person_id)
            if item and item.trashed_at == pool.trashed_at:  # not what was in the trash before the pool was
                restore_item(tx, principal, item_id)
    for each in back:
        if each.kind is PoolKind.COMPUTED:
            fill(tx, each)
    refill_by_pools(tx, principal.person_id)
    return get_pool(tx, principal, pool_id)


def _trashed_together(tx: Transaction, pool: Pool) -> Sequence[Pool]:
    """The pool and what was trashed with it, parents first."""
    back = [pool]
    for each in tx.pools.under(pool.id):
        if each.trashed_at == pool.trashed_at and each.parent_id in {parent.id for parent in back}:
            back.append(each)
    return back


def list_trashed_pools(tx: Transaction, principal: Principal) -> Sequence[Pool]:
    """Deleted pools that can be brought back."""
    require_own(principal, Verb.READ)
    return tx.pools.trashed(principal.person_id)


def free_name(tx: Transaction, owner_id: PersonId, name: str, parent_id: PoolId | None = None) -> str:
    """The name, with a number behind it where a pool there is called so already."""
    parent = None if parent_id is None else tx.pools.get(parent_id)
    free, copy = name, 1
    while tx.pools.by_path(owner_id, f"{parent.path}/{free}" if parent else free):
        copy += 1
        free = f"{name} ({copy})"
    return free


def _check_query(query: str | None) -> None:
    if query is not None and not parse_query(query).terms:
        raise InvalidInputError("query", "say what the saved search shall find")


def _check_captures_nothing(path: str, capture: CaptureMode | None) -> None:
    if capture not in {None, CaptureMode.OFF}:
        raise InvalidInputError(
            "capture", f"{path} is a saved search; the pools that its links are saved into say what is kept"
        )


def _check_place(
    tx: Transaction, principal: Principal, name: str, parent_id: PoolId | None, moved: Pool | None = None
) -> None:
    parent = None if parent_id is None else require_pool(tx, principal, Verb.WRITE, parent_id)
    beneath = tx.pools.under(moved.id) if moved else ()
    if parent and parent.id in {pool.id for pool in beneath}:
        raise InvalidInputError("parent", "a pool cannot be moved into itself")
    if parent and _depth(parent) + _height(beneath) > DEPTH_LIMIT:
        raise InvalidInputError("parent", f"pools can be nested {DEPTH_LIMIT} deep")
    taken = tx.pools.by_path(principal.person_id, f"{parent.path}/{name}" if parent else name)
    if taken and not (moved and taken.id == moved.id):
        raise ConflictError("name", f"there is already a pool called {taken.path}")


def _depth(pool: Pool) -> int:
    return pool.path.count("/") + 1


def _height(beneath: Sequence[Pool]) -> int:
    """How many levels a pool takes with what is beneath it, in the trash too: that could come back."""
    depths = [_depth(pool) for pool in beneath]
    return max(depths) - min(depths) + 1 if depths else 1
