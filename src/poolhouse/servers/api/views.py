"""How things look in JSON; the schemas are in `shapes`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from poolhouse.formats.dates import rfc3339
from poolhouse.rules.urls import is_linkable
from poolhouse.services.reading import paths_of_items
from poolhouse.types import FeedFormat, reading_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import Capture, Entry, Item, ItemId, Job, Person, Pool, PoolId, Secret


def link_data(tx: Transaction, call: Call, item: Item) -> dict[str, Any]:
    """A Link. Asks for the item's pools: one look-up."""
    return links_data(tx, call, [item])[0]


def links_data(tx: Transaction, call: Call, items: Iterable[Item]) -> list[dict[str, Any]]:
    """Links. Asks for the pools of all of them at once."""
    items = list(items)
    paths = paths_of_items(tx, call.principal, items)
    return [_link_data(item, paths.get(item.id, ()), call.base_url) for item in items]


def _link_data(item: Item, pools: Sequence[tuple[PoolId, str]], base_url: str) -> dict[str, Any]:
    captures = _captures_url(item.id, base_url)
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
        "capture_id": item.capture_id,
        "capture_count": item.capture_count,
        "word_count": item.word_count,
        "reading_minutes": reading_minutes(item.word_count),
        "language": item.language,
        "thumbnail_url": f"{captures}/{item.capture_id}/thumbnail" if item.thumbnail else None,
        "checked_at": _time(item.checked_at),
        "dead_since": _time(item.dead_since),
        "dead_reason": item.dead_reason,
        "found_in": item.found_in,
        "attachment_count": item.attachment_count,
        "deferred_until": _time(item.deferred_until),
    }


def capture_data(capture: Capture, base_url: str) -> dict[str, Any]:
    """A Capture; `base_url` is the API's."""
    url = f"{_captures_url(capture.item_id, base_url)}/{capture.id}"
    return {
        "id": capture.id,
        "captured_at": rfc3339(capture.captured_at),
        "url": capture.url if is_linkable(capture.url) else None,
        "is_of_address": capture.is_of_address,
        "mode": capture.mode.value,
        "title": capture.title,
        "author": capture.author,
        "published_at": _time(capture.published_at),
        "language": capture.language,
        "excerpt": capture.excerpt,
        "word_count": capture.word_count,
        "reading_minutes": reading_minutes(capture.word_count),
        "size_bytes": capture.size_bytes,
        "html_url": f"{url}/html" if capture.reader_blob else None,
        "page_url": f"{url}/page" if capture.page_blob else None,
        "thumbnail_url": f"{url}/thumbnail" if capture.thumbnail_blob else None,
    }


def job_data(job: Job) -> dict[str, Any]:
    """A Job."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "label": job.label,
        "attempts": job.attempts,
        "reason": job.reason or None,
        "done": job.done,
        "total": job.total,
        "report": None if job.report is None else json.loads(job.report),
        "created_at": rfc3339(job.created_at),
        "changed_at": rfc3339(job.changed_at),
    }


def entries_data(tx: Transaction, call: Call, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries."""
    links = links_data(tx, call, [entry.item for entry in entries])
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
        "capture": pool.capture.value,
        "skips_inbox": pool.skips_inbox,
        "feed_text": pool.feed_text,
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


def _captures_url(item_id: ItemId, base_url: str) -> str:
    return f"{base_url}/links/{item_id}/captures"


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
