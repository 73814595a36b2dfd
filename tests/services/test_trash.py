"""The trash: undo puts back what was taken away, in its places, and only its owner empties it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import NotFoundError
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.services.reading import get_item, list_entries, list_tags, pools_of_item, search_items
from poolhouse.services.trash import delete_item, empty_trash, list_trash, restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import ChangeKind, ItemId, Mark, Seq

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from tests.conftest import StillClock
    from tests.store.actor import Actor


def save(actor: Actor, number: int) -> ItemId:
    return actor.do(save_link, f"https://{number}.test/", tags=["red"]).item.id


def test_undo_puts_it_back_as_it_was(anna: Actor, data: OpenData, clock: StillClock) -> None:
    reading = anna.do(add_pool, "Reading")
    item = save(anna, 1)
    anna.do(save_link, "https://1.test/", pool_id=reading.id)
    before = anna.do(mark_item, item, Mark.STARRED, is_on=True)
    trashed = anna.do(trash_item, item)
    assert trashed.trashed_at == clock.now()
    assert anna.ask(pools_of_item, item) == []
    assert anna.ask(search_items, "") == []
    assert anna.ask(list_tags) == []
    assert [each.id for each in anna.ask(list_trash)] == [item]
    assert anna.do(restore_item, item) == before
    assert [pool.path for pool in anna.ask(pools_of_item, item)] == ["Bookmarks", "Reading"]
    assert [each.id for each in anna.ask(search_items, "")] == [item]
    assert anna.ask(list_tags) == [("red", 1)]
    assert anna.ask(list_trash) == []
    assert verify(data.database.path.parent).faults == ()


def test_it_comes_back_on_top_with_a_new_number(anna: Actor) -> None:
    """RFC 9051 §2.3.1.1: a number that was taken away is never given to anything again."""
    first = save(anna, 1)
    save(anna, 2)
    anna.do(trash_item, first)
    anna.do(restore_item, first)
    top = anna.ask(list_entries, anna.bookmarks.id)[0]
    assert (top.item.id, top.membership.number) == (first, 3)


def test_twice_is_once(anna: Actor, data: OpenData) -> None:
    item = save(anna, 1)
    anna.do(trash_item, item)
    last = data.database.read(lambda tx: tx.changes.last())
    anna.do(trash_item, item)
    assert data.database.read(lambda tx: tx.changes.last()) == last
    anna.do(restore_item, item)
    last = data.database.read(lambda tx: tx.changes.last())
    anna.do(restore_item, item)
    assert data.database.read(lambda tx: tx.changes.last()) == last


def test_leaving_a_pool_is_told_with_the_number_it_had(anna: Actor, data: OpenData) -> None:
    item = save(anna, 1)
    last = data.database.read(lambda tx: tx.changes.last())
    anna.do(trash_item, item)
    changes = data.database.read(lambda tx: tx.changes.since(last, limit=9))
    assert [(each.kind, each.pool_id, each.item_id, each.number) for each in changes] == [
        (ChangeKind.ENTRY_REMOVED, anna.bookmarks.id, item, 1),
        (ChangeKind.ITEM_TRASHED, None, item, None),
    ]
    assert [each.seq for each in changes] == [Seq(last + 1), Seq(last + 2)]


def test_if_its_pools_are_gone_it_comes_back_into_bookmarks(anna: Actor) -> None:
    reading = anna.do(add_pool, "Reading")
    item = anna.do(save_link, "https://1.test/", pool_id=reading.id).item.id
    anna.do(trash_pool, reading.id)
    anna.do(restore_item, item)
    assert [pool.path for pool in anna.ask(pools_of_item, item)] == ["Bookmarks"]


def test_the_trash_is_read_a_page_at_a_time(anna: Actor) -> None:
    items = [save(anna, number) for number in range(5)]
    for item in items:
        anna.do(trash_item, item)
    first = anna.ask(list_trash, limit=2)
    rest = anna.ask(list_trash, before=first[-1].id, limit=9)
    assert [item.id for item in (*first, *rest)] == items[::-1]


def test_deleted_is_deleted(anna: Actor, data: OpenData) -> None:
    item = save(anna, 1)
    with pytest.raises(NotFoundError):
        anna.do(delete_item, item)
    anna.do(trash_item, item)
    anna.do(delete_item, item)
    for ask in (get_item, delete_item, restore_item):
        with pytest.raises(NotFoundError):
            anna.do(ask, item)
    again = save(anna, 1)
    assert again > item
    assert verify(data.database.path.parent).faults == ()


def test_emptying_is_done_in_parts_and_of_ones_own(anna: Actor, bert: Actor) -> None:
    for number in range(5):
        anna.do(trash_item, save(anna, number))
    kept = save(anna, 9)
    theirs = save(bert, 1)
    bert.do(trash_item, theirs)
    assert [anna.do(empty_trash, limit=3) for _ in range(3)] == [3, 2, 0]
    assert anna.ask(get_item, kept).trashed_at is None
    assert [item.id for item in bert.ask(list_trash)] == [theirs]
    assert anna.ask(list_tags) == [("red", 1)]


def test_anothers_trash_is_not_there(anna: Actor, bert: Actor) -> None:
    item = save(anna, 1)
    for do in (trash_item, restore_item, delete_item):
        with pytest.raises(NotFoundError):
            bert.do(do, item)
    anna.do(trash_item, item)
    for do in (trash_item, restore_item, delete_item):
        with pytest.raises(NotFoundError):
            bert.do(do, item)
    assert bert.do(empty_trash) == 0
    assert bert.ask(list_trash) == []
    assert anna.ask(get_item, item).trashed_at is not None
