"""Filing: computed pools hold ordinary memberships, kept right in the same transaction as the change.

So a saved search has numbers, a version and a feed like any pool, and an unchanged poll of it is one look-up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from poolhouse.rules.query import parse_query
from poolhouse.types import ChangeKind, Condition, ConditionTerm

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, PersonId, Pool, PoolId, Query


@lru_cache(maxsize=1024)
def _query(text: str) -> Query:
    return parse_query(text)


def put_in_pool(tx: Transaction, person_id: PersonId, pool_id: PoolId, item_id: ItemId) -> None:
    """Put the item on top of the pool and say so."""
    version = tx.changes.add(ChangeKind.ENTRY_ADDED, person_id, pool_id=pool_id, item_id=item_id)
    tx.memberships.put(pool_id, item_id, version)


def take_from_pool(tx: Transaction, person_id: PersonId, pool_id: PoolId, item_id: ItemId) -> None:
    """Take the item out of the pool and say so, with the number it had."""
    there = tx.memberships.get(pool_id, item_id)
    if there:
        version = tx.changes.add(
            ChangeKind.ENTRY_REMOVED, person_id, pool_id=pool_id, item_id=item_id, number=there.number
        )
        tx.memberships.remove(pool_id, item_id, version)


def say_changed(tx: Transaction, item: Item) -> None:
    """The item changed visibly: everybody who shows it is told."""
    version = tx.changes.add(ChangeKind.ITEM_CHANGED, item.owner_id, item_id=item.id)
    if item.trashed_at is None:
        tx.memberships.touch(item.id, version)
        refile(tx, item.owner_id, item.id)


def refile(
    tx: Transaction,
    owner_id: PersonId,
    item_id: ItemId,
    *,
    is_on_top: bool = False,
    has_new_words: bool = True,
) -> None:
    """Bring the search index and the owner's computed pools up to date with an item that changed.

    Costs one index write, most of it for the text of its page (some 0.6 ms for 10 kB), and, for each computed pool, one
    look at one item. Where nothing changed that the index holds (`has_new_words`), the index is left alone.
    """
    if has_new_words:
        tx.items.index(item_id)
    for pool_id, text in tx.pools.computed(owner_id):
        belongs = tx.search.matches(owner_id, _query(text), item_id)
        is_there = tx.memberships.get(pool_id, item_id) is not None
        if belongs and (is_on_top or not is_there):
            put_in_pool(tx, owner_id, pool_id, item_id)
        elif is_there and not belongs:
            take_from_pool(tx, owner_id, pool_id, item_id)


def fill(tx: Transaction, pool: Pool) -> None:
    """Make a computed pool hold what its query finds, oldest at the bottom. Reads every match."""
    wanted = tx.search.all_matches(pool.owner_id, _query(pool.query or ""))
    present = set(tx.memberships.item_ids(pool.id))
    for item_id in present.difference(wanted):
        take_from_pool(tx, pool.owner_id, pool.id, item_id)
    for item_id in wanted:
        if item_id not in present:
            put_in_pool(tx, pool.owner_id, pool.id, item_id)


def refill_by_pools(tx: Transaction, owner_id: PersonId) -> None:
    """Fill again the computed pools that ask for pools by name: a pool was renamed, moved, trashed or restored."""
    for pool_id, text in tx.pools.computed(owner_id):
        if any(
            isinstance(term, ConditionTerm) and term.condition is Condition.POOL
            for term in _query(text).terms
        ) and (pool := tx.pools.get(pool_id)):
            fill(tx, pool)
