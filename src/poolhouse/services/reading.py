"""Lists, search and tags: what a person looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.query import parse_query
from poolhouse.services._access import require_item, require_own, require_pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Entry, Item, ItemId, Pool, PoolId, Principal

PAGE_LIMIT = 200


def list_entries(
    tx: Transaction, principal: Principal, pool_id: PoolId, *, before: int | None = None, limit: int = 50
) -> Sequence[Entry]:
    """The entries of a pool below position `before`, topmost first. Cost does not grow with the pool."""
    require_pool(tx, principal, Verb.READ, pool_id)
    return tx.memberships.newest(pool_id, principal.person_id, before=before, limit=_bounded(limit))


def search_items(
    tx: Transaction, principal: Principal, text: str, *, before: ItemId | None = None, limit: int = 50
) -> Sequence[Item]:
    """Items that match a query, newest first. Raises InvalidInputError. Run it where a deadline is."""
    require_own(principal, Verb.READ)
    return tx.search.find(principal.person_id, parse_query(text), before=before, limit=_bounded(limit))


def get_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """One item, trashed or not. Raises NotFoundError."""
    return require_item(tx, principal, Verb.READ, item_id)


def pools_of_item(tx: Transaction, principal: Principal, item_id: ItemId) -> Sequence[Pool]:
    """The live pools an item is in, by path."""
    require_item(tx, principal, Verb.READ, item_id)
    return tx.memberships.of_item(item_id)


def paths_of_items(
    tx: Transaction, principal: Principal, items: Sequence[Item]
) -> Mapping[ItemId, Sequence[tuple[PoolId, str]]]:
    """The live pools that each of some items is in, with their paths. One statement for all of them."""
    if not all(allows(principal, Verb.READ, item.owner_id) for item in items):
        raise NotFoundError("link")
    return tx.memberships.paths_of([item.id for item in items])


def list_tags(tx: Transaction, principal: Principal) -> Sequence[tuple[str, int]]:
    """The person's tags in use, each with its number of items, by name."""
    require_own(principal, Verb.READ)
    return tx.items.tags_of(principal.person_id)


def _bounded(limit: int) -> int:
    if not 1 <= limit <= PAGE_LIMIT:
        raise InvalidInputError("limit", f"ask for 1 to {PAGE_LIMIT} at a time")
    return limit
