"""Saving, editing and trashing links."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.rules.access import Verb
from poolhouse.rules.checks import first_check
from poolhouse.rules.names import clean_note, clean_title
from poolhouse.rules.tags import clean_tags, tag_key
from poolhouse.rules.urls import clean_url, url_key
from poolhouse.services._access import require_item, require_own, require_pool
from poolhouse.services.filing import put_in_pool, refile, take_from_pool
from poolhouse.services.pages import ask_for_page, first_state
from poolhouse.types import ChangeKind, ItemKind, PageState, PoolKind, PoolRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, Mark, Pool, PoolId, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a save did: the item as it now is, and whether the page was not kept before."""

    item: Item
    is_new: bool


def save_link(
    tx: Transaction,
    principal: Principal,
    url: str,
    *,
    pool_id: PoolId | None = None,
    title: str = "",
    note: str = "",
    tags: Iterable[str] = (),
    created_at: datetime | None = None,
    fetch_page: bool = True,
    found_in: ItemId | None = None,
) -> Saved:
    """Keep a link, in Bookmarks or the given pool.

    The same page (rules.urls.url_key) saved twice is one item: its time is refreshed, tags are merged, a title or note
    that is given replaces the old one, and it moves to the top. One in the trash comes back. The page is read later: a
    job in the same commit. `found_in` is the message that it stands in. Raises InvalidInputError, NotFoundError. Cost:
    some thirteen statements, one more pair for each tag and each computed pool.
    """
    pool = target_pool(tx, principal, pool_id)
    address = clean_url(url)
    title, note, names = clean_title(title), clean_note(note), clean_tags(tags)
    known = tx.items.by_key(principal.person_id, key := url_key(address))
    if known is not None:
        return _save_again(tx, principal, known, pool, title=title, note=note, tags=names)
    item_id = tx.items.add(
        principal.person_id,
        ItemKind.LINK,
        url=address,
        url_key=key,
        title=title or address,
        note=note,
        author="",
        description="",
        created_at=min(created_at or tx.now, tx.now),
        page_state=first_state(address) if fetch_page else PageState.UNWANTED,
        check_at=first_check(address, tx.now),
        found_in=found_in,
    )
    tx.changes.add(ChangeKind.ITEM_ADDED, principal.person_id, item_id=item_id)
    if names:
        tx.items.set_tags(item_id, names)
    put_in_pool(tx, principal.person_id, pool.id, item_id)
    refile(tx, principal.person_id, item_id)
    item = require_item(tx, principal, Verb.READ, item_id)
    ask_for_page(tx, item)
    return Saved(item=item, is_new=True)


def _save_again(
    tx: Transaction,
    principal: Principal,
    item_id: ItemId,
    pool: Pool,
    *,
    title: str,
    note: str,
    tags: tuple[str, ...],
) -> Saved:
    item = require_item(tx, principal, Verb.WRITE, item_id)
    merged = clean_tags((*item.tags, *tags))
    if item.trashed_at is not None:
        tx.trash.take_places(item_id)
        tx.items.set_trashed(item_id, None)
        _settle_deferral(tx, item)
    version = tx.changes.add(ChangeKind.ITEM_SAVED_AGAIN, principal.person_id, item_id=item_id)
    tx.items.edit(item_id, title=title or None, note=note or None, saved_at=tx.now)
    if merged != item.tags:
        tx.items.set_tags(item_id, merged)
    tx.memberships.touch(item_id, version)
    put_in_pool(tx, principal.person_id, pool.id, item_id)
    refile(tx, principal.person_id, item_id, is_on_top=True)
    return Saved(item=require_item(tx, principal, Verb.READ, item_id), is_new=item.trashed_at is not None)


def target_pool(tx: Transaction, principal: Principal, pool_id: PoolId | None) -> Pool:
    """The manual pool to save into: the given one, or Bookmarks."""
    if pool_id is None:
        pool_id = tx.pools.by_role(principal.person_id, PoolRole.BOOKMARKS).id
    pool = require_pool(tx, principal, Verb.WRITE, pool_id)
    if pool.kind is PoolKind.COMPUTED:
        raise InvalidInputError(
            "pool", f"{pool.path} is a saved search and fills itself; choose another pool"
        )
    return pool


def find_saved(tx: Transaction, principal: Principal, url: str) -> Item | None:
    """The item of that page if it is kept and not in the trash. Raises InvalidInputError for no address."""
    item_id = tx.items.by_key(principal.person_id, url_key(clean_url(url)))
    item = None if item_id is None else require_item(tx, principal, Verb.READ, item_id)
    return item if item and item.trashed_at is None else None


def find_all_saved(tx: Transaction, principal: Principal, urls: Iterable[str]) -> Mapping[str, ItemId]:
    """Those of some addresses whose pages are kept and not in the trash. One statement for all of them."""
    require_own(principal, Verb.READ)
    keys = {}
    for url in urls:
        with suppress(InvalidInputError):  # what is no address is not kept either
            keys[url] = url_key(clean_url(url))
    known = tx.items.by_keys(principal.person_id, keys.values())
    return {url: known[key] for url, key in keys.items() if key in known}


def edit_link(
    tx: Transaction,
    principal: Principal,
    item_id: ItemId,
    *,
    url: str | None = None,
    title: str | None = None,
    note: str | None = None,
    tags: Iterable[str] | None = None,
    pool_ids: Sequence[PoolId] | None = None,
) -> Item:
    """Change what is given; `pool_ids` are all the manual pools it shall be in, at least one.

    Another page's address makes it forget what the former page said of itself, and the new one is read in its turn.
    Raises InvalidInputError, ConflictError (another item has that address, or it is in the trash), NotFoundError.
    """
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is not None:
        raise ConflictError("link", "it is in the trash; put it back before you change it")
    if item.kind is ItemKind.MESSAGE and url:
        raise InvalidInputError("url", "a message has no address of its own")
    address = None if url is None or item.kind is ItemKind.MESSAGE else clean_url(url)
    key = None if address is None else url_key(address)
    if key is not None and tx.items.by_key(principal.person_id, key) not in (None, item_id):
        raise ConflictError("url", "this page is saved already, in an entry of its own")
    names = None if tags is None else clean_tags(tags)
    if title is None and address is not None and item.title == item.url:
        title = address  # it had none of its own
    tx.items.edit(
        item_id,
        url=address,
        url_key=key,
        title=None if title is None else clean_title(title) or address or item.url or item.title,
        note=None if note is None else clean_note(note),
    )
    is_another_page = address is not None and key != url_key(item.url)
    if address is not None and is_another_page:
        tx.items.forget_page(item_id, first_state(address))
        tx.checks.forget(item_id)
        tx.checks.plan(item_id, first_check(address, tx.now))
    if names is not None and names != item.tags:
        tx.items.set_tags(item_id, names)
    version = tx.changes.add(ChangeKind.ITEM_CHANGED, principal.person_id, item_id=item_id)
    tx.memberships.touch(item_id, version)
    if pool_ids is not None:
        _place(tx, principal, item_id, pool_ids)
        _settle_deferral(tx, item)
    refile(tx, principal.person_id, item_id)
    item = require_item(tx, principal, Verb.READ, item_id)
    if is_another_page:
        ask_for_page(tx, item)
    return item


def _place(tx: Transaction, principal: Principal, item_id: ItemId, pool_ids: Sequence[PoolId]) -> None:
    wanted = {target_pool(tx, principal, pool_id).id for pool_id in pool_ids}
    if not wanted:
        raise InvalidInputError("pools", "keep it in at least one pool, or delete it")
    present = {pool.id for pool in tx.memberships.of_item(item_id) if pool.kind is PoolKind.MANUAL}
    for pool_id in sorted(wanted - present):
        put_in_pool(tx, principal.person_id, pool_id, item_id)
    for pool_id in sorted(present - wanted):
        take_from_pool(tx, principal.person_id, pool_id, item_id)


def _settle_deferral(tx: Transaction, item: Item) -> None:
    """What was taken out of Later by hand does not come back by itself."""
    later = tx.pools.find_role(item.owner_id, PoolRole.LATER) if item.deferred_until else None
    if later is not None and tx.memberships.get(later.id, item.id) is None:
        tx.items.set_deferred(item.id, None, None)


def add_tags(tx: Transaction, principal: Principal, item_id: ItemId, tags: Iterable[str]) -> Item:
    """Add tags to those it has."""
    item = require_item(tx, principal, Verb.WRITE, item_id)
    return edit_link(tx, principal, item_id, tags=(*item.tags, *tags))


def remove_tags(tx: Transaction, principal: Principal, item_id: ItemId, tags: Iterable[str]) -> Item:
    """Take tags off, compared without case."""
    item = require_item(tx, principal, Verb.WRITE, item_id)
    gone = {tag_key(tag) for tag in tags}
    return edit_link(tx, principal, item_id, tags=[tag for tag in item.tags if tag_key(tag) not in gone])


def mark_item(tx: Transaction, principal: Principal, item_id: ItemId, mark: Mark, *, is_on: bool) -> Item:
    """Set or clear a mark for the caller. Saved searches by mark follow."""
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if (mark in item.marks) != is_on:
        tx.items.set_mark(item_id, principal.person_id, mark, is_on=is_on)
        tx.changes.add(ChangeKind.ITEM_MARKED, principal.person_id, item_id=item_id)
        if item.trashed_at is None:
            refile(tx, principal.person_id, item_id, has_new_words=False)
    return require_item(tx, principal, Verb.READ, item_id)
