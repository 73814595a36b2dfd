"""Pools: a tree of names, the trash and back, and saved searches that hold exactly what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import (
    DEPTH_LIMIT,
    add_pool,
    edit_pool,
    find_or_add_pool,
    find_pool,
    get_pool,
    list_pools,
    list_trashed_pools,
    restore_pool,
    trash_pool,
)
from poolhouse.services.reading import get_item, list_entries, pools_of_item, search_items
from poolhouse.services.trash import list_trash, restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import Mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.data import OpenData
    from poolhouse.types import ItemId, PoolId
    from tests.conftest import StillClock
    from tests.store.actor import Actor


def paths(actor: Actor) -> list[str]:
    return [pool.path for pool in actor.ask(list_pools)]


def held(actor: Actor, pool_id: PoolId) -> list[ItemId]:
    return [entry.item.id for entry in actor.ask(list_entries, pool_id)]


def test_pools_nest_and_are_listed_by_path(anna: Actor) -> None:
    reading = anna.do(add_pool, " Reading ")
    anna.do(add_pool, "Python", parent_id=reading.id)
    assert paths(anna) == ["Bookmarks", "Inbox", "Reading", "Reading/Python"]
    assert anna.ask(find_pool, "/reading/python/").path == "Reading/Python"
    assert anna.do(find_or_add_pool, ["Reading", "Python", "Deep"]).path == "Reading/Python/Deep"
    assert anna.do(find_or_add_pool, ["READING", "python"]).path == "Reading/Python"
    with pytest.raises(InvalidInputError):
        anna.do(find_or_add_pool, [])


@pytest.mark.parametrize("name", ["", " ", "a/b", ".", "..", "x" * 201, "a\x00b"])
def test_a_name_that_cannot_be_is_refused(anna: Actor, name: str) -> None:
    with pytest.raises(InvalidInputError):
        anna.do(add_pool, name)
    with pytest.raises(InvalidInputError):
        anna.do(edit_pool, anna.inbox.id, name=name)
    assert paths(anna) == ["Bookmarks", "Inbox"]


def test_a_name_is_taken_in_its_place_only(anna: Actor, bert: Actor) -> None:
    reading = anna.do(add_pool, "Reading")
    with pytest.raises(ConflictError):
        anna.do(add_pool, "READING")
    anna.do(add_pool, "Reading", parent_id=reading.id)
    bert.do(add_pool, "Reading")
    other = anna.do(add_pool, "Other")
    with pytest.raises(ConflictError):
        anna.do(edit_pool, other.id, name="reading")
    assert anna.do(edit_pool, reading.id, name="READING").path == "READING"


def test_renaming_and_moving_take_what_is_beneath_along(anna: Actor) -> None:
    one = anna.do(find_or_add_pool, ["One", "Two", "Three"])
    top = anna.ask(find_pool, "One")
    anna.do(edit_pool, top.id, name="First")
    assert anna.ask(get_pool, one.id).path == "First/Two/Three"
    two = anna.ask(find_pool, "First/Two")
    anna.do(edit_pool, two.id, parent_id=None, is_moved=True)
    assert paths(anna) == ["Bookmarks", "First", "Inbox", "Two", "Two/Three"]
    for beneath in (two.id, one.id):
        with pytest.raises(InvalidInputError):
            anna.do(edit_pool, two.id, parent_id=beneath, is_moved=True)


def test_nesting_has_an_end(anna: Actor) -> None:
    anna.do(find_or_add_pool, [f"{depth}" for depth in range(DEPTH_LIMIT)])
    with pytest.raises(InvalidInputError):
        anna.do(find_or_add_pool, [f"{depth}" for depth in range(DEPTH_LIMIT + 1)])


def test_a_move_takes_nothing_deeper_than_the_end(anna: Actor) -> None:
    anna.do(find_or_add_pool, [f"{depth}" for depth in range(DEPTH_LIMIT - 2)])
    parent = anna.ask(find_pool, "/".join(f"{depth}" for depth in range(DEPTH_LIMIT - 2)))
    deepest = anna.do(find_or_add_pool, ["tall", "middle", "low"])
    tall = anna.ask(find_pool, "tall")
    with pytest.raises(InvalidInputError):
        anna.do(edit_pool, tall.id, parent_id=parent.id, is_moved=True)
    anna.do(trash_pool, deepest.id)
    with pytest.raises(InvalidInputError):  # it could come back
        anna.do(edit_pool, tall.id, parent_id=parent.id, is_moved=True)
    middle = anna.ask(find_pool, "tall/middle")
    moved = anna.do(edit_pool, middle.id, parent_id=parent.id, is_moved=True)
    assert anna.do(restore_pool, deepest.id).path == f"{moved.path}/low"


def test_a_rename_is_a_new_version_for_readers(anna: Actor, clock: StillClock) -> None:
    before = anna.inbox
    clock.pass_seconds(5)
    after = anna.do(edit_pool, before.id, name="In")
    assert after.version > before.version
    assert after.changed_at == clock.now()
    clock.pass_seconds(-100)
    assert anna.do(edit_pool, before.id, name="Inbox").changed_at == after.changed_at


def test_a_deleted_pool_comes_back_with_what_was_in_it(anna: Actor, data: OpenData) -> None:
    deep = anna.do(find_or_add_pool, ["Reading", "Deep"])
    reading = anna.ask(find_pool, "Reading")
    only_here = anna.do(save_link, "https://one.test/", pool_id=deep.id, tags=["red"]).item.id
    elsewhere = anna.do(save_link, "https://two.test/", pool_id=reading.id).item.id
    anna.do(save_link, "https://two.test/")
    anna.do(trash_pool, reading.id)
    assert paths(anna) == ["Bookmarks", "Inbox"]
    assert [item.id for item in anna.ask(list_trash)] == [only_here]
    assert [pool.path for pool in anna.ask(list_trashed_pools)] == ["Reading", "Reading/Deep"]
    assert anna.ask(get_item, elsewhere).trashed_at is None
    for pool in (reading.id, deep.id):
        with pytest.raises(NotFoundError):
            anna.ask(get_pool, pool)
    anna.do(restore_pool, reading.id)
    assert held(anna, deep.id) == [only_here]
    assert held(anna, reading.id) == [elsewhere]
    assert anna.ask(list_trash) == []
    assert anna.do(restore_pool, reading.id).path == "Reading"  # twice is once
    assert verify(data.database.path.parent).faults == ()


def test_restoring_a_pool_leaves_what_was_in_the_trash_before(anna: Actor, clock: StillClock) -> None:
    reading = anna.do(add_pool, "Reading")
    inner = anna.do(add_pool, "Inner", parent_id=reading.id)
    before = anna.do(save_link, "https://one.test/", pool_id=reading.id).item.id
    anna.do(trash_item, before)
    anna.do(trash_pool, inner.id)
    clock.pass_seconds(1)
    with_it = anna.do(save_link, "https://two.test/", pool_id=reading.id).item.id
    anna.do(trash_pool, reading.id)
    anna.do(restore_pool, reading.id)
    assert held(anna, reading.id) == [with_it]
    assert [item.id for item in anna.ask(list_trash)] == [before]
    assert [pool.id for pool in anna.ask(list_trashed_pools)] == [inner.id]
    anna.do(restore_item, before)
    assert held(anna, reading.id) == [before, with_it]


def test_an_item_trashed_while_its_pool_is_in_the_trash_is_in_neither(anna: Actor, clock: StillClock) -> None:
    reading = anna.do(add_pool, "Reading")
    item = anna.do(save_link, "https://one.test/", pool_id=reading.id).item.id
    anna.do(save_link, "https://one.test/")
    anna.do(trash_pool, reading.id)
    clock.pass_seconds(1)
    anna.do(trash_item, item)
    anna.do(restore_pool, reading.id)
    assert held(anna, reading.id) == []
    anna.do(restore_item, item)
    assert [pool.path for pool in anna.ask(pools_of_item, item)] == ["Bookmarks", "Reading"]


def test_a_pool_comes_back_where_there_is_room_for_it(anna: Actor) -> None:
    inner = anna.do(find_or_add_pool, ["Reading", "Inner"])
    reading = anna.ask(find_pool, "Reading")
    anna.do(trash_pool, inner.id)
    anna.do(trash_pool, reading.id)
    anna.do(add_pool, "reading")
    assert anna.do(restore_pool, reading.id).path == "Reading (2)"


def test_a_pool_whose_parent_is_in_the_trash_comes_back_at_the_top(anna: Actor, clock: StillClock) -> None:
    inner = anna.do(find_or_add_pool, ["Reading", "Inner"])
    anna.do(trash_pool, inner.id)
    clock.pass_seconds(1)
    anna.do(trash_pool, anna.ask(find_pool, "Reading").id)
    assert anna.do(restore_pool, inner.id).path == "Inner"


def test_two_of_one_name_deleted_in_one_second_both_come_back(anna: Actor) -> None:
    reading = anna.do(add_pool, "Reading")
    for _ in range(2):
        anna.do(trash_pool, anna.do(add_pool, "Inner", parent_id=reading.id).id)
    anna.do(trash_pool, reading.id)
    anna.do(restore_pool, reading.id)
    assert paths(anna)[2:] == ["Reading", "Reading/Inner", "Reading/Inner (2)"]


def test_inbox_and_bookmarks_stay(anna: Actor) -> None:
    reading = anna.do(add_pool, "Reading")
    anna.do(edit_pool, anna.inbox.id, parent_id=reading.id, is_moved=True)
    for pool in (anna.inbox.id, anna.bookmarks.id, reading.id):
        with pytest.raises(InvalidInputError):
            anna.do(trash_pool, pool)
    assert paths(anna) == ["Bookmarks", "Reading", "Reading/Inbox"]


def test_anothers_pools_are_not_there(anna: Actor, bert: Actor) -> None:
    theirs = bert.do(add_pool, "Theirs")
    gone = bert.do(trash_pool, bert.do(add_pool, "Gone").id)
    shut: list[Callable[[], object]] = [
        lambda: anna.ask(get_pool, theirs.id),
        lambda: anna.ask(find_pool, "Theirs"),
        lambda: anna.do(add_pool, "In", parent_id=theirs.id),
        lambda: anna.do(edit_pool, theirs.id, name="Mine"),
        lambda: anna.do(edit_pool, anna.inbox.id, parent_id=theirs.id, is_moved=True),
        lambda: anna.do(trash_pool, theirs.id),
        lambda: anna.do(restore_pool, gone.id),
    ]
    for ask in shut:
        with pytest.raises(NotFoundError):
            ask()
    assert anna.ask(list_trashed_pools) == []


# saved searches


def test_a_saved_search_is_filled_when_it_is_made(anna: Actor) -> None:
    first = anna.do(save_link, "https://one.test/", tags=["red"]).item.id
    anna.do(save_link, "https://two.test/")
    third = anna.do(save_link, "https://three.test/", tags=["red"]).item.id
    red = anna.do(add_pool, "Red", query="tag:red")
    assert held(anna, red.id) == [third, first]
    assert red.entry_count == 2


@pytest.mark.parametrize("query", ["", "  ", "before:yesterday", "x " * 600])
def test_a_search_that_says_nothing_is_refused(anna: Actor, query: str) -> None:
    red = anna.do(add_pool, "Red", query="tag:red")
    with pytest.raises(InvalidInputError):
        anna.do(add_pool, "All", query=query)
    with pytest.raises(InvalidInputError):
        anna.do(edit_pool, red.id, query=query)
    with pytest.raises(InvalidInputError):
        anna.do(edit_pool, anna.inbox.id, query="tag:red")
    assert anna.ask(get_pool, red.id).query == "tag:red"


def test_a_saved_search_follows_every_change(anna: Actor) -> None:
    unread_red = anna.do(add_pool, "Red", query="tag:red is:unread -old").id
    item = anna.do(save_link, "https://one.test/").item.id
    assert held(anna, unread_red) == []
    anna.do(edit_link, item, tags=["red"])
    assert held(anna, unread_red) == [item]
    anna.do(mark_item, item, Mark.READ, is_on=True)
    assert held(anna, unread_red) == []
    anna.do(mark_item, item, Mark.READ, is_on=False)
    anna.do(edit_link, item, title="Old news")
    assert held(anna, unread_red) == []
    anna.do(edit_link, item, title="News")
    assert held(anna, unread_red) == [item]
    anna.do(trash_item, item)
    assert held(anna, unread_red) == []
    anna.do(restore_item, item)
    assert held(anna, unread_red) == [item]


def test_a_page_saved_again_is_on_top_of_its_saved_searches_too(anna: Actor) -> None:
    red = anna.do(add_pool, "Red", query="tag:red").id
    first, second = (
        anna.do(save_link, f"https://{name}.test/", tags=["red"]).item.id for name in ("one", "two")
    )
    assert held(anna, red) == [second, first]
    anna.do(save_link, "https://one.test/")
    assert held(anna, red) == [first, second]


def test_a_new_query_fills_it_anew_and_keeps_what_stays(anna: Actor) -> None:
    both = anna.do(save_link, "https://one.test/", tags=["red", "blue"]).item.id
    red = anna.do(save_link, "https://two.test/", tags=["red"]).item.id
    blue = anna.do(save_link, "https://three.test/", tags=["blue"]).item.id
    pool = anna.do(add_pool, "Colour", query="tag:red")
    numbers = {entry.item.id: entry.membership.number for entry in anna.ask(list_entries, pool.id)}
    changed = anna.do(edit_pool, pool.id, query="tag:blue")
    assert held(anna, pool.id) == [blue, both]
    assert changed.version > pool.version
    after = {entry.item.id: entry.membership.number for entry in anna.ask(list_entries, pool.id)}
    assert after[both] == numbers[both]
    assert after[blue] > max(numbers[red], numbers[both])


def test_a_saved_search_of_a_pool_follows_the_pool(anna: Actor, data: OpenData) -> None:
    """Its name, its place and its trash are in the query's answer as much as its items are."""
    reading = anna.do(add_pool, "Reading")
    item = anna.do(save_link, "https://one.test/", pool_id=reading.id).item.id
    anna.do(save_link, "https://one.test/")
    found = anna.do(add_pool, "Found", query="pool:Reading").id
    rest = anna.do(add_pool, "Rest", query="-pool:Reading").id
    assert (held(anna, found), held(anna, rest)) == ([item], [])
    anna.do(edit_pool, reading.id, name="Other")
    assert (held(anna, found), held(anna, rest)) == ([], [item])
    anna.do(edit_pool, reading.id, name="Reading")
    anna.do(trash_pool, reading.id)
    assert (held(anna, found), held(anna, rest)) == ([], [item])
    anna.do(restore_pool, reading.id)
    assert (held(anna, found), held(anna, rest)) == ([item], [])
    above = anna.do(add_pool, "Above")
    above_found = anna.do(add_pool, "Above found", query="pool:Above").id
    anna.do(edit_pool, reading.id, parent_id=above.id, is_moved=True)
    assert held(anna, above_found) == [item]
    assert verify(data.database.path.parent).faults == ()


def test_a_search_of_a_pool_looks_into_the_pools_in_it_that_are_filled_by_hand(anna: Actor) -> None:
    reading = anna.do(add_pool, "Reading")
    deep = anna.do(add_pool, "Deep", parent_id=reading.id)
    red = anna.do(add_pool, "Red", parent_id=reading.id, query="tag:red")
    inside = anna.do(save_link, "https://one.test/", pool_id=deep.id).item.id
    outside = anna.do(save_link, "https://two.test/", tags=["red"]).item.id
    anna.do(edit_link, outside, note="indexed again, while it is in the saved search")
    assert held(anna, red.id) == [outside]
    assert [item.id for item in anna.ask(search_items, "pool:Reading")] == [inside]
    assert [item.id for item in anna.ask(search_items, "pool:Deep")] == [inside]
    assert anna.ask(search_items, "pool:Red") == []
    anna.do(save_link, "https://one.test/")
    anna.do(trash_pool, deep.id)
    assert anna.ask(search_items, "pool:Reading") == []


def test_saved_searches_are_of_ones_own_things(anna: Actor, bert: Actor) -> None:
    red = anna.do(add_pool, "Red", query="tag:red").id
    bert.do(save_link, "https://one.test/", tags=["red"])
    assert held(anna, red) == []
    mine = anna.do(save_link, "https://one.test/", tags=["red"]).item.id
    assert held(anna, red) == [mine]
