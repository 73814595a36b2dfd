"""Kept entries: never out of date, and bounded."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from poolhouse.servers.feeds.cache import ENTRY_OVERHEAD_BYTES, ByteCache
from poolhouse.servers.feeds.documents import DOCUMENT_LIMIT_BYTES
from poolhouse.servers.feeds.door import FeedDoor
from poolhouse.servers.http.message import Request
from poolhouse.services.captures import delete_capture, recapture
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import add_pool, edit_pool, find_pool
from poolhouse.services.reading import get_item
from poolhouse.services.secrets import add_feed_secret
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.types import FeedFormat, Mark, PoolId, Principal
from tests.store.readings import read, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from tests.conftest import StillClock

LINKS = 60


def _body(door: FeedDoor, path: str) -> bytes:
    reply = door.answer(Request(b"GET", path.partition("?")[0].encode(), path.partition("?")[2].encode(), []))
    assert reply is not None
    assert reply.status == 200
    return reply.body


def test_a_door_that_kept_entries_says_what_a_new_one_says(
    house: RunningHouse, clock: StillClock, principal: Principal
) -> None:
    write = house.data.database.write

    def save(number: int, **more: Any) -> Callable[[Transaction], Any]:
        return lambda tx: save_link(tx, principal, f"https://example.org/{number}", **more)

    items = [write(save(number, title=f"Page {number}")).item.id for number in range(LINKS)]
    first = write(lambda tx: find_pool(tx, principal, "Bookmarks"))
    found = write(lambda tx: add_pool(tx, principal, "Found", query="page"))
    text = {}
    for pool_id in (first.id, found.id):
        make = partial(
            add_feed_secret, vault=house.vault, principal=principal, pool_id=pool_id, label="a reader"
        )
        text[pool_id] = write(make)[1]
    changes: list[Callable[[Transaction], Any]] = [
        save(100, title="Page of the newest"),
        lambda tx: edit_link(tx, principal, items[30], title="Page renamed"),
        lambda tx: edit_link(tx, principal, items[31], tags=("one", "two")),
        lambda tx: edit_link(tx, principal, items[32], note="A note", title="No longer found"),
        lambda tx: trash_item(tx, principal, items[33]),
        lambda tx: restore_item(tx, principal, items[33]),
        save(34, tags=("three",)),
        lambda tx: told(tx, items[35], title="T", description="What it says"),
        lambda tx: mark_item(tx, principal, items[36], Mark.READ, is_on=True),
        lambda tx: edit_pool(tx, principal, found.id, name="Renamed"),
        lambda tx: edit_pool(tx, principal, found.id, query="page -two"),
        lambda tx: read(tx, items[37], "The page's own text", house.blobs),
        lambda tx: edit_pool(tx, principal, first.id, feed_text=True),
        lambda tx: [read(tx, item, f"page {item}", house.blobs) for item in items[38:50]],
        lambda tx: edit_pool(tx, principal, found.id, feed_text=True),
        lambda tx: recapture(tx, principal, items[38]),
        lambda tx: read(tx, items[38], "The page as it is now", house.blobs),
        lambda tx: delete_capture(tx, principal, items[38], get_item(tx, principal, items[38]).capture_id),  # type: ignore[arg-type] # it has one
        lambda tx: edit_pool(tx, principal, first.id, feed_text=False),
    ]
    kept = FeedDoor(house)
    for change in changes:
        clock.pass_seconds(1)
        write(change)
        for path in _paths(text):
            assert _body(kept, path) == _body(FeedDoor(house), path)


def test_long_captured_pages_are_made_as_far_as_the_document_goes_and_the_rest_follows(
    house: RunningHouse, principal: Principal
) -> None:
    """Whoever walks the pages has every entry once, with its text."""
    write = house.data.database.write
    pool = write(lambda tx: find_pool(tx, principal, "Bookmarks"))
    write(lambda tx: edit_pool(tx, principal, pool.id, feed_text=True))
    for number in range(30):
        item = write(lambda tx, at=number: save_link(tx, principal, f"https://{at}.test/")).item  # type: ignore[misc] # mypy cannot infer a lambda's default
        text = f"begin{number} {'x' * 50_000} end{number}"
        write(lambda tx, at=item.id, text=text: read(tx, at, text, house.blobs))  # type: ignore[misc] # as above
    secret = write(lambda tx: add_feed_secret(tx, house.vault, principal, pool.id, "reader"))[1]
    path: str | None = f"/s/{secret}/pools/{pool.id}.json"
    found: list[str] = []
    sizes: list[int] = []
    while path:
        body = _body(FeedDoor(house), path)
        document = json.loads(body)
        sizes.append(len(body))
        found += [entry["content_html"] for entry in document["items"]]
        path = document.get("next_url", "").removeprefix("http://pools.test") or None
    assert max(sizes) <= DOCUMENT_LIMIT_BYTES
    assert len(sizes) == 3
    assert [html[: html.index(" ")] for html in found] == [
        f"<p>begin{number}" for number in reversed(range(30))
    ]
    assert all(
        html.endswith(f"end{number}</p>") for number, html in zip(reversed(range(30)), found, strict=True)
    )


def _paths(secrets: dict[PoolId, str]) -> list[str]:
    return [
        f"/s/{secret}/pools/{pool_id}.{suffix}{page}"
        for pool_id, secret in secrets.items()
        for suffix in FeedFormat
        for page in ("", "?before=40", "?archive=1")
    ]


def test_the_least_recently_used_goes_first() -> None:
    cache: ByteCache[str] = ByteCache(3 * (ENTRY_OVERHEAD_BYTES + 100))
    for name in "abc":
        cache.put(name, bytes(100))
    assert cache.get("a") == bytes(100)
    cache.put("d", bytes(100))
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]


def test_putting_twice_takes_no_more_room() -> None:
    cache: ByteCache[str] = ByteCache(2 * (ENTRY_OVERHEAD_BYTES + 100))
    for _ in range(5):
        cache.put("a", bytes(100))
    cache.put("b", bytes(100))
    assert cache.get("a") is not None
    assert cache.get("b") is not None


def test_what_is_larger_than_the_cache_is_given_and_makes_room_for_the_next() -> None:
    cache: ByteCache[str] = ByteCache(10)
    cache.put("a", bytes(1000))
    assert cache.get("a") is not None
    cache.put("b", bytes(1))
    assert cache.get("a") is None


def test_an_archive_of_long_pages_is_whole(house: RunningHouse, principal: Principal) -> None:
    """Whoever follows archives alone, as RFC 5005 §4 lets one, misses no entry."""
    write = house.data.database.write
    pool = write(lambda tx: find_pool(tx, principal, "Bookmarks"))
    write(lambda tx: edit_pool(tx, principal, pool.id, feed_text=True))
    for number in range(LINKS):
        item = write(lambda tx, at=number: save_link(tx, principal, f"https://{at}.test/")).item  # type: ignore[misc] # mypy cannot infer a lambda's default
        write(lambda tx, at=item.id: read(tx, at, f"{'x' * 20_000} end", house.blobs))  # type: ignore[misc] # as above
    secret = write(lambda tx: add_feed_secret(tx, house.vault, principal, pool.id, "reader"))[1]
    archive = json.loads(_body(FeedDoor(house), f"/s/{secret}/pools/{pool.id}.json?archive=1"))
    assert len(archive["items"]) == 50
    assert all("end</" in entry["content_html"] for entry in archive["items"])
