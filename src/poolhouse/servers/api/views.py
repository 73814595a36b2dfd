"""How things look in JSON; the schemas are in `shapes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.formats.dates import rfc3339
from poolhouse.rules.urls import is_linkable
from poolhouse.services.reading import paths_of_items
from poolhouse.types import FeedFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import Entry, Item, Person, Pool, PoolId, Principal, Secret


def link_data(tx: Transaction, principal: Principal, item: Item) -> dict[str, Any]:
    """A Link. Asks for the item's pools: one look-up."""
    return _link_data(item, paths_of_items(tx, principal, [item]).get(item.id, ()))


def links_data(tx: Transaction, principal: Principal, items: Iterable[Item]) -> list[dict[str, Any]]:
    """Links. Asks for the pools of all of them at once."""
    items = list(items)
    paths = paths_of_items(tx, principal, items)
    return [_link_data(item, paths.get(item.id, ())) for item in items]


def _link_data(item: Item, pools: Sequence[tuple[PoolId, str]]) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "url": item.url if is_linkable(item.url) else None,
        "title": item.title,
        "note": item.note,
        "author": item.author,
        "description": item.description,
        "tags": list(item.tags),
        "marks": sorted(mark.value for mark in item.marks),
        "pools": [{"id": pool_id, "path": path} for pool_id, path in pools],
        "created_at": rfc3339(item.created_at),
        "saved_at": rfc3339(item.saved_at),
        "changed_at": rfc3339(item.changed_at),
        "trashed_at": _time(item.trashed_at),
        "page_state": item.page_state.value,
        "page_error": item.page_error,
    }


def entries_data(tx: Transaction, principal: Principal, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries."""
    links = links_data(tx, principal, [entry.item for entry in entries])
    return [
        {"number": entry.membership.number, "position": entry.membership.position, "link": link}
        for entry, link in zip(entries, links, strict=True)
    ]


def pool_data(pool: Pool, addresses: Addresses) -> dict[str, Any]:
    """A Pool."""
    return {
        "id": pool.id,
        "name": pool.name,
        "path": pool.path,
        "parent_id": pool.parent_id,
        "kind": pool.kind.value,
        "role": pool.role.value if pool.role else None,
        "query": pool.query,
        "entry_count": pool.entry_count,
        "version": pool.version,
        "created_at": rfc3339(pool.created_at),
        "changed_at": rfc3339(pool.changed_at),
        "trashed_at": _time(pool.trashed_at),
        "url": addresses.pool(pool.id),
        "feeds": {each.value: addresses.feed(pool.id, each) for each in FeedFormat},
    }


def secret_data(secret: Secret) -> dict[str, Any]:
    """A Secret, which is everything but the secret."""
    use = secret.last_use
    return {
        "id": secret.id,
        "kind": secret.kind.value,
        "label": secret.label,
        "pool_id": secret.pool_id,
        "created_at": rfc3339(secret.created_at),
        "last_use": {"at": rfc3339(use.at), "user_agent": use.user_agent, "status": use.status}
        if use
        else None,
        "cut_off_at": _time(secret.cut_off_at),
    }


def made_secret_data(secret: Secret, text: str, person: Person, addresses: Addresses) -> dict[str, Any]:
    """A MadeSecret: the one answer that holds a secret, with the pool's addresses in both forms."""
    found: dict[str, Any] | None = None
    if secret.pool_id is not None:
        pool_id = secret.pool_id
        found = {
            "path": {each.value: addresses.feed(pool_id, each, text) for each in FeedFormat},
            "basic": {
                each.value: addresses.basic_feed(pool_id, each, person.name, text) for each in FeedFormat
            },
        }
    return {**secret_data(secret), "secret": text, "addresses": found}


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
