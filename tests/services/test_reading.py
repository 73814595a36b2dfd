"""Lists, search and tags as people see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.pages import record_page_failure
from poolhouse.services.pools import add_pool, find_or_add_pool, trash_pool
from poolhouse.services.reading import (
    PAGE_LIMIT,
    get_item,
    list_entries,
    list_tags,
    paths_of_items,
    pools_of_item,
    search_items,
)
from poolhouse.services.trash import list_trash, trash_item
from poolhouse.types import ItemId, Mark, PageState, PersonId, Principal, Scope
from tests.store.readings import told

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from tests.conftest import StillClock
    from tests.store.actor import Actor


def found(actor: Actor, query: str) -> list[str]:
    return [item.title for item in actor.ask(search_items, query)]


@pytest.fixture
def shelf(anna: Actor, clock: StillClock) -> Actor:
    """Four links, oldest first: bread, tea, TEA, river."""
    reading = anna.do(add_pool, "Reading")
    anna.do(save_link, "https://bakery.test/bread", title="bread", note="Café Müller, 3 kg", tags=["food"])
    anna.do(save_link, "https://www.shop.test/tea?size=large", title="tea", tags=["food", "hot drink"])
    clock.time = datetime(2026, 2, 1, tzinfo=UTC)
    anna.do(save_link, "https://sub.shop.test/x", title="TEA", pool_id=reading.id)
    river = anna.do(save_link, "https://river.test/", title="river", note="the cafe by the sea").item
    anna.do(mark_item, river.id, Mark.STARRED, is_on=True)
    return anna


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["river", "TEA", "tea", "bread"]),
        ("tea", ["TEA", "tea"]),
        ("cafe", ["river", "bread"]),
        ("CAFÉ", ["river", "bread"]),
        ('"café müller"', ["bread"]),
        ('"müller café"', []),
        ("mull*", ["bread"]),
        ("mull", []),
        ("the -sea", []),
        ("-tea", ["river", "bread"]),
        ("tag:food", ["tea", "bread"]),
        ("#Food", ["tea", "bread"]),
        ('tag:"hot drink"', ["tea"]),
        ("tag:hot", []),
        ("drink", ["tea"]),
        ("-tag:food", ["river", "TEA"]),
        ("tag:nowhere", []),
        ("is:untagged", ["river", "TEA"]),
        ("is:starred", ["river"]),
        ("-is:starred is:unread", ["TEA", "tea", "bread"]),
        ("site:shop.test", ["TEA", "tea"]),
        ("site:sub.shop.test", ["TEA"]),
        ("site:test", ["river", "TEA", "tea", "bread"]),
        ("site:op.test", []),
        ("pool:reading", ["TEA"]),
        ("pool:nowhere", []),
        ("-pool:Bookmarks", ["TEA"]),
        ("after:2026-02", ["river", "TEA"]),
        ("before:2026-02-01", ["tea", "bread"]),
        ("kind:link tea", ["TEA", "tea"]),
        ("bakery.test/bread", ["bread"]),
        ("https://www.shop.test/tea?size=large&utm_source=x", ["tea"]),
        # what stands in the index for conditions is no word of the text
        ("o1", []),
        ("t1", []),
        ("p2", []),
        ("klink", []),
        ("untagged", []),
        # the index's own language is only words
        ("NEAR(tea bread)", []),
        ("title:tea OR bread", []),
        ('facet:"o1"', []),
        ('tea" OR "bread', []),
        ("tea AND", []),
        ("*", ["river", "TEA", "tea", "bread"]),
        ('"', ["river", "TEA", "tea", "bread"]),
        ("'; DROP TABLE item; --", []),
    ],
)
def test_search(shelf: Actor, query: str, titles: list[str]) -> None:
    assert found(shelf, query) == titles


def test_search_is_read_a_page_at_a_time(shelf: Actor) -> None:
    first = shelf.ask(search_items, "", limit=3)
    rest = shelf.ask(search_items, "", before=first[-1].id, limit=3)
    assert [item.title for item in (*first, *rest)] == ["river", "TEA", "tea", "bread"]


@pytest.mark.parametrize("limit", [-1, 0, PAGE_LIMIT + 1])
def test_a_page_has_a_limit(shelf: Actor, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        shelf.ask(search_items, "", limit=limit)
    with pytest.raises(InvalidInputError):
        shelf.ask(list_entries, shelf.bookmarks.id, limit=limit)


def test_nothing_of_anothers_is_found_or_counted(shelf: Actor, bert: Actor) -> None:
    mine = bert.do(save_link, "https://bakery.test/bread", title="mine", tags=["FOOD"]).item
    assert found(bert, "") == found(bert, "tag:food") == found(bert, "site:bakery.test") == ["mine"]
    assert found(bert, "pool:Reading") == found(bert, "café") == []
    assert bert.ask(list_tags) == [("FOOD", 1)]
    assert mine.tags == ("FOOD",)
    theirs = shelf.ask(search_items, "bread")[0].id
    for ask in (get_item, pools_of_item):
        with pytest.raises(NotFoundError):
            bert.ask(ask, theirs)
    with pytest.raises(NotFoundError):
        bert.ask(list_entries, shelf.bookmarks.id)


def test_a_trashed_pool_is_not_listed_with_its_items(shelf: Actor) -> None:
    tea = shelf.ask(search_items, "pool:Reading")[0].id
    shelf.do(save_link, "https://sub.shop.test/x")
    shelf.do(trash_pool, shelf.ask(pools_of_item, tea)[1].id)
    assert [pool.path for pool in shelf.ask(pools_of_item, tea)] == ["Bookmarks"]


def test_tags_are_listed_by_name_with_what_bears_them(shelf: Actor) -> None:
    assert shelf.ask(list_tags) == [("food", 2), ("hot drink", 1)]


# what pages say of themselves


def say(data: OpenData, item: ItemId, title: str = "", description: str = "") -> None:
    data.database.write(lambda tx: told(tx, item, title=title, description=description, author="A"))


def test_a_page_gives_the_title_where_nobody_did(data: OpenData, anna: Actor) -> None:
    unnamed = anna.do(save_link, "https://one.test/").item
    named = anna.do(save_link, "https://two.test/", title="Mine").item
    searched = anna.do(add_pool, "Page", query="announcement").id
    version = anna.bookmarks.version
    for item in (unnamed, named):
        say(data, item.id, " The\npage ", "An announcement")
    after = [anna.ask(get_item, item.id) for item in (unnamed, named)]
    assert [item.title for item in after] == ["The page", "Mine"]
    assert {(item.description, item.author, item.page_state) for item in after} == {
        ("An announcement", "A", PageState.DONE)
    }
    assert anna.bookmarks.version > version
    assert [entry.item.id for entry in anna.ask(list_entries, searched)] == [named.id, unnamed.id]


def test_a_page_is_asked_once(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item
    data.database.write(lambda tx: record_page_failure(tx, item.id, item.url, "it does not answer"))
    say(data, item.id, "Late")
    after = anna.ask(get_item, item.id)
    assert (after.title, after.page_state, after.page_error) == (
        item.url,
        PageState.FAILED,
        "it does not answer",
    )
    data.database.write(lambda tx: record_page_failure(tx, type(item.id)(999), item.url, "gone"))


def test_a_page_whose_link_was_trashed_meanwhile_is_filed_unseen(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item
    anna.do(trash_item, item.id)
    say(data, item.id, "Title")
    assert anna.ask(get_item, item.id).title == "Title"
    assert found(anna, "Title") == []
    assert anna.bookmarks.entry_count == 0


def test_a_page_that_cannot_be_read_changes_nothing_that_a_reader_sees(
    data: OpenData, anna: Actor, clock: StillClock
) -> None:
    item = anna.do(save_link, "https://one.test/").item
    before = anna.bookmarks
    clock.pass_seconds(60)
    data.database.write(lambda tx: record_page_failure(tx, item.id, item.url, "it does not answer"))
    assert anna.bookmarks == before
    assert anna.ask(get_item, item.id).changed_at == item.changed_at


def test_below_the_lowest_place_there_is_nothing(anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item
    assert anna.ask(search_items, "", before=item.id) == []
    assert anna.ask(search_items, "", before=ItemId(0)) == []
    anna.do(trash_item, item.id)
    assert anna.ask(list_trash, before=0) == []


def test_the_pools_of_many_items_are_those_of_each(data: OpenData, principal: Principal) -> None:
    write = data.database.write
    deep = write(lambda tx: find_or_add_pool(tx, principal, ["Reading", "Deep"]))
    gone = write(lambda tx: add_pool(tx, principal, "Gone"))
    items = [
        write(lambda tx, url=url: save_link(tx, principal, url, pool_id=deep.id)).item  # type: ignore[misc]
        for url in ("https://example.org/1", "https://example.org/2")
    ]
    write(lambda tx: save_link(tx, principal, items[0].url, pool_id=gone.id))
    write(lambda tx: trash_pool(tx, principal, gone.id))
    found = data.database.read(lambda tx: paths_of_items(tx, principal, items))
    assert found == {item.id: [(deep.id, "Reading/Deep")] for item in items}


def test_the_pools_of_another_persons_item_are_not_told(data: OpenData, principal: Principal) -> None:
    item = data.database.write(lambda tx: save_link(tx, principal, "https://example.org/")).item
    stranger = Principal(person_id=PersonId(principal.person_id + 1), scope=Scope.PERSON)
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: paths_of_items(tx, stranger, [item]))
