"""Model: what a person's pools and links should be, in plain dicts and lists and nothing clever.

Every method does what the service of that name says it does, or raises Refused and does nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolhouse.rules.tags import tag_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime


class Refused(Exception):  # noqa: N818 - it is an answer
    """The service should refuse this."""


@dataclass
class ModelItem:
    id: int
    page: str
    url: str
    title: str
    note: str
    saved_at: datetime
    tags: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    places: list[int] = field(default_factory=list)
    trashed_at: datetime | None = None
    is_awaited: bool = True
    captures: dict[int, tuple[str, str]] = field(default_factory=dict)  # page and text, by id
    failing_since: datetime | None = None
    is_dead: bool = False

    @property
    def current(self) -> int | None:
        """The capture it shows; every text of this model is readable."""
        return max((id_ for id_, (page, _) in self.captures.items() if page == self.page), default=None)

    @property
    def text(self) -> str:
        return "" if self.current is None else self.captures[self.current][1]


@dataclass
class ModelPool:
    id: int
    name: str
    parent: int | None = None
    query: str | None = None
    has_role: bool = False
    trashed_at: datetime | None = None
    order: list[int] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    last_number: int = 0

    @property
    def is_live(self) -> bool:
        return self.trashed_at is None

    def put(self, item: int) -> None:
        if item in self.numbers:
            self.order.remove(item)
        else:
            self.last_number += 1
            self.numbers[item] = self.last_number
        self.order.append(item)

    def take(self, item: int) -> None:
        if item in self.numbers:
            del self.numbers[item]
            self.order.remove(item)


class World:
    """One person's."""

    def __init__(self, inbox: int, bookmarks: int) -> None:
        self.bookmarks = bookmarks
        self.pools = {
            inbox: ModelPool(inbox, "Inbox", has_role=True),
            bookmarks: ModelPool(bookmarks, "Bookmarks", has_role=True),
        }
        self.items: dict[int, ModelItem] = {}
        self.tag_names: dict[str, str] = {}

    # what is there

    def path(self, pool: ModelPool) -> str:
        return pool.name if pool.parent is None else f"{self.path(self.pools[pool.parent])}/{pool.name}"

    def live(self) -> list[ModelPool]:
        return sorted((pool for pool in self.pools.values() if pool.is_live), key=self._by_path)

    def _by_path(self, pool: ModelPool) -> tuple[str, int]:
        return self.path(pool).lower(), pool.id

    def under(self, pool: ModelPool) -> list[ModelPool]:
        found = [pool]
        for each in found:
            found += [child for child in self.pools.values() if child.parent == each.id]
        return sorted(found, key=self._by_path)

    def tags(self, item: ModelItem) -> tuple[str, ...]:
        return tuple(sorted(self.tag_names[key] for key in item.tags))

    def tag_counts(self) -> list[tuple[str, int]]:
        counts = {key: self._bearers(key) for key in self.tag_names}
        return [(self.tag_names[key], count) for key, count in sorted(counts.items()) if count]

    def _bearers(self, key: str) -> int:
        return sum(key in item.tags for item in self.items.values() if item.trashed_at is None)

    def search(self, query: str) -> list[int]:
        matches = QUERIES[query]
        return sorted(
            (item.id for item in self.items.values() if item.trashed_at is None and matches(self, item)),
            reverse=True,
        )

    def words(self, item: ModelItem) -> set[str]:
        text = " ".join((item.title, item.note, item.url, *self.tags(item), item.text))
        return set(re.findall("[a-z0-9]+", text.lower()))

    def is_in(self, item: ModelItem, name: str) -> bool:
        roots = [
            pool
            for pool in self.live()
            if pool.query is None and name.lower() in {pool.name.lower(), self.path(pool).lower()}
        ]
        within = [pool for root in roots for pool in self.under(root) if pool.is_live and pool.query is None]
        return any(item.id in pool.numbers for pool in within)

    # filing

    def refile(self, item: ModelItem, *, is_on_top: bool = False) -> None:
        for pool in self.live():
            if pool.query is None:
                continue
            if QUERIES[pool.query](self, item):
                if is_on_top or item.id not in pool.numbers:
                    pool.put(item.id)
            else:
                pool.take(item.id)

    def fill(self, pool: ModelPool) -> None:
        wanted = sorted(self.search(pool.query or ""))
        for item in set(pool.order).difference(wanted):
            pool.take(item)
        for item in wanted:
            if item not in pool.numbers:
                pool.put(item)

    def refill_by_pools(self) -> None:
        for pool in self.live():
            if pool.query and "pool:" in pool.query:
                self.fill(pool)

    def set_tags(self, item: ModelItem, names: Iterable[str]) -> None:
        item.tags = set()
        for name in names:
            key = tag_key(name)
            if not self._bearers(key):
                self.tag_names[key] = name
            item.tags.add(key)

    # links

    def target(self, pool_id: int) -> ModelPool:
        pool = self.pools[pool_id]
        if pool.query is not None or not pool.is_live:
            raise Refused
        return pool

    def by_page(self, page: str) -> ModelItem | None:
        return next((item for item in self.items.values() if item.page == page), None)

    def save_again(
        self, item: ModelItem, pool: ModelPool, *, title: str, note: str, tags: Sequence[str], now: datetime
    ) -> None:
        item.trashed_at, item.places = None, []
        item.title, item.note, item.saved_at = title or item.title, note or item.note, now
        if {tag_key(tag) for tag in tags} - item.tags:
            self.set_tags(item, {tag_key(tag): tag for tag in (*tags, *self.tags(item))}.values())
        pool.put(item.id)
        self.refile(item, is_on_top=True)

    def save_new(self, item: ModelItem, pool: ModelPool, tags: Iterable[str]) -> None:
        self.items[item.id] = item
        self.set_tags(item, tags)
        pool.put(item.id)
        self.refile(item)

    def edit_link(
        self,
        item: ModelItem,
        *,
        page: str | None,
        url: str | None,
        title: str | None,
        note: str | None,
        tags: Sequence[str] | None,
        pools: Sequence[int] | None,
    ) -> None:
        if item.trashed_at is not None:
            raise Refused
        if page is not None and self.by_page(page) not in (None, item):
            raise Refused
        if pools is not None:
            wanted = {self.target(pool).id for pool in pools}
            if not wanted:
                raise Refused
            present = {pool.id for pool in self.live() if pool.query is None and item.id in pool.numbers}
            for pool_id in sorted(wanted - present):
                self.pools[pool_id].put(item.id)
            for pool_id in present - wanted:
                self.pools[pool_id].take(item.id)
        if page is not None and url is not None:
            if title is None and item.title == item.url:
                title = url
            if page != item.page:
                item.is_awaited, item.failing_since, item.is_dead = True, None, False
            item.page, item.url = page, url
        if title is not None:
            item.title = title or item.url
        item.note = item.note if note is None else note
        if tags is not None:
            self.set_tags(item, tags)
        self.refile(item)

    def mark(self, item: ModelItem, mark: str, *, is_on: bool) -> None:
        if (mark in item.marks) != is_on:
            item.marks ^= {mark}
            if item.trashed_at is None:
                self.refile(item)

    # pages

    def read(self, item: ModelItem, capture_id: int | None, text: str) -> None:
        if not item.is_awaited:
            raise Refused
        if capture_id is not None:
            item.captures[capture_id] = (item.page, text)
        item.is_awaited, item.failing_since, item.is_dead = False, None, False
        self.page_changed(item)

    def recapture(self, item: ModelItem) -> None:
        if item.is_awaited or item.trashed_at is not None:
            raise Refused
        item.is_awaited = True

    def check(self, item: ModelItem, result: str, now: datetime) -> None:
        if result == "alive":
            item.failing_since, item.is_dead = None, False
        if result == "gone":
            item.failing_since = item.failing_since or now
            item.is_dead = item.is_dead or (now - item.failing_since).days >= 2
        self.page_changed(item)

    def page_changed(self, item: ModelItem) -> None:
        if item.trashed_at is None:
            self.refile(item)

    # trash

    def trash_item(self, item: ModelItem, now: datetime) -> None:
        if item.trashed_at is None:
            holding = [pool for pool in self.pools.values() if item.id in pool.numbers]
            item.places = sorted(pool.id for pool in holding if pool.query is None)
            for pool in holding:
                pool.take(item.id)
            item.trashed_at = now

    def restore_item(self, item: ModelItem) -> None:
        if item.trashed_at is None:
            return
        item.trashed_at = None
        if not any(self.pools[place].is_live for place in item.places):
            item.places.append(self.bookmarks)
        for place in item.places:
            self.pools[place].put(item.id)
        item.places = []
        self.refile(item)

    def delete_item(self, item: ModelItem) -> None:
        if item.trashed_at is None:
            raise Refused
        del self.items[item.id]

    # pools

    def check_place(self, name: str, parent: int | None, moved: ModelPool | None = None) -> None:
        if parent is not None and not self.pools[parent].is_live:
            raise Refused
        if moved and parent in {pool.id for pool in self.under(moved)}:
            raise Refused
        if any(pool is not moved for pool in self.called(name, parent)):
            raise Refused

    def called(self, name: str, parent: int | None) -> list[ModelPool]:
        return [pool for pool in self.live() if pool.parent == parent and pool.name.lower() == name.lower()]

    def add_pool(self, pool: ModelPool) -> None:
        self.pools[pool.id] = pool
        if pool.query is not None:
            self.fill(pool)

    def edit_pool(self, pool: ModelPool, name: str, parent: int | None, query: str | None) -> None:
        if not pool.is_live or (query is not None and pool.query is None):
            raise Refused
        if (name, parent) != (pool.name, pool.parent):
            self.check_place(name, parent, pool)
            pool.name, pool.parent = name, parent
            self.refill_by_pools()
        if query is not None and query != pool.query:
            pool.query = query
            self.fill(pool)

    def trash_pool(self, pool: ModelPool, now: datetime) -> None:
        going = [each for each in self.under(pool) if each.is_live]
        if not pool.is_live or any(each.has_role for each in going):
            raise Refused
        staying = [each for each in self.live() if each not in going and each.query is None]
        for each in going:
            for item_id in list(each.order) if each.query is None else ():
                if not any(item_id in other.numbers for other in staying):
                    self.trash_item(self.items[item_id], now)
        for each in going:
            each.trashed_at = now
        self.refill_by_pools()

    def restore_pool(self, pool: ModelPool) -> None:
        if pool.is_live:
            return
        at, back = pool.trashed_at, [pool]
        for each in self.under(pool):
            if each is not pool and each.trashed_at == at and each.parent in {other.id for other in back}:
                back.append(each)
        if pool.parent is not None and not self.pools[pool.parent].is_live:
            pool.parent = None
        for each in back:
            name, copy = each.name, 1
            while self.called(each.name, each.parent):
                copy += 1
                each.name = f"{name} ({copy})"
            each.trashed_at = None
        for each in back:
            for item in sorted(self.items.values(), key=lambda item: item.id):
                if each.id in item.places and item.trashed_at == at:
                    self.restore_item(item)
        for each in back:
            if each.query is not None:
                self.fill(each)
        self.refill_by_pools()


QUERIES: dict[str, Callable[[World, ModelItem], bool]] = {
    "alpha": lambda world, item: "alpha" in world.words(item),
    "-alpha": lambda world, item: "alpha" not in world.words(item),
    "beta gamma": lambda world, item: {"beta", "gamma"} <= world.words(item),
    "bet*": lambda world, item: any(word.startswith("bet") for word in world.words(item)),
    "tag:red": lambda world, item: "red" in item.tags,
    "-tag:red beta": lambda world, item: "red" not in item.tags and "beta" in world.words(item),
    "is:starred": lambda _, item: "starred" in item.marks,
    "is:unread tag:blue": lambda _, item: "read" not in item.marks and "blue" in item.tags,
    "-is:read": lambda _, item: "read" not in item.marks,
    "is:captured alpha": lambda world, item: bool(item.text) and "alpha" in world.words(item),
    "is:dead": lambda _, item: item.is_dead,
    "-is:dead -is:captured": lambda _, item: not item.is_dead and not item.text,
    "is:untagged": lambda _, item: not item.tags,
    "site:one.test": lambda _, item: item.page.split("/")[0].endswith("one.test"),
    "pool:read": lambda world, item: world.is_in(item, "Read"),
    "pool:Read/Deep": lambda world, item: world.is_in(item, "Read/Deep"),
    "-pool:Bookmarks is:unread": lambda world, item: (
        not world.is_in(item, "Bookmarks") and "read" not in item.marks
    ),
    "after:2026-01-04": lambda _, item: (item.saved_at.month, item.saved_at.day) >= (1, 4),
    "before:2026-01-04 alpha": lambda world, item: (
        (item.saved_at.month, item.saved_at.day) < (1, 4) and "alpha" in world.words(item)
    ),
}
"""Searches, and what they should find."""
