"""Saving and editing: the same page is one item, nothing a person said is lost, and hostile input is refused whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.services.links import add_tags, edit_link, find_saved, mark_item, remove_tags, save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item, list_entries, list_tags, pools_of_item, search_items
from poolhouse.services.setting_aside import defer_item
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.store.invariants import broken_rules
from poolhouse.store.verify import verify
from poolhouse.types import ItemId, Mark, PageState
from tests.store.readings import told

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import PoolId
    from tests.conftest import StillClock
    from tests.store.actor import Actor

PAGE = "https://one.test/page"


def urls_in(actor: Actor, pool_id: PoolId) -> list[str]:
    return [entry.item.url for entry in actor.ask(list_entries, pool_id)]


def test_a_link_goes_into_bookmarks(anna: Actor, clock: StillClock) -> None:
    saved = anna.do(
        save_link, " one.test/page ", title=" A  page ", note="line\r\n\r\n", tags=["red, blue", "#Red"]
    )
    assert saved.is_new
    item = saved.item
    assert (item.url, item.title, item.note, item.tags) == (PAGE, "A page", "line", ("blue", "red"))
    assert item.created_at == item.saved_at == item.changed_at == clock.now()
    assert item.page_state is PageState.PENDING
    assert urls_in(anna, anna.bookmarks.id) == [PAGE]


def test_without_a_title_it_is_the_address(anna: Actor) -> None:
    assert anna.do(save_link, PAGE, title="\x00\n").item.title == PAGE


@pytest.mark.parametrize(
    "again",
    [
        PAGE,
        "http://one.test/page",
        "HTTPS://ONE.test:443/page",
        f"{PAGE}#part",
        f"{PAGE}?utm_source=mail&fbclid=1",
        "https://one.test/a/../page",
        "https://user:password@one.test/page",
    ],
)
def test_the_same_page_is_one_item(anna: Actor, clock: StillClock, again: str) -> None:
    first = anna.do(save_link, PAGE, title="Mine", note="my note", tags=["red"]).item
    anna.do(save_link, "https://two.test/")
    clock.pass_seconds(60)
    saved = anna.do(save_link, again, tags=["blue"])
    assert not saved.is_new
    item = saved.item
    assert (item.id, item.url, item.title, item.note) == (first.id, PAGE, "Mine", "my note")
    assert item.tags == ("blue", "red")
    assert item.created_at == first.created_at
    assert item.saved_at - first.saved_at == timedelta(seconds=60)
    assert urls_in(anna, anna.bookmarks.id) == [PAGE, "https://two.test/"]
    assert anna.bookmarks.entry_count == 2


def test_what_is_given_again_replaces_and_its_number_stays(anna: Actor) -> None:
    anna.do(save_link, PAGE, title="Old", note="old")
    number = anna.ask(list_entries, anna.bookmarks.id)[0].membership.number
    item = anna.do(save_link, PAGE, title="New", note="new").item
    assert (item.title, item.note) == ("New", "new")
    assert anna.ask(list_entries, anna.bookmarks.id)[0].membership.number == number


def test_saving_into_another_pool_puts_it_in_both(anna: Actor) -> None:
    item = anna.do(save_link, PAGE).item
    anna.do(save_link, PAGE, pool_id=anna.inbox.id)
    assert [pool.name for pool in anna.ask(pools_of_item, item.id)] == ["Bookmarks", "Inbox"]


def test_two_people_save_one_page_each_for_themselves(anna: Actor, bert: Actor) -> None:
    mine = anna.do(save_link, PAGE, tags=["mine"]).item
    theirs = bert.do(save_link, PAGE)
    assert theirs.is_new
    assert theirs.item.id != mine.id
    assert theirs.item.tags == ()
    assert bert.ask(list_tags) == []
    assert bert.ask(search_items, "tag:mine") == []
    with pytest.raises(NotFoundError):
        bert.ask(get_item, mine.id)


def test_a_page_in_the_trash_comes_back_where_it_is_saved(anna: Actor) -> None:
    item = anna.do(save_link, PAGE, tags=["red"]).item
    anna.do(trash_item, item.id)
    assert anna.ask(find_saved, PAGE) is None
    saved = anna.do(save_link, PAGE, pool_id=anna.inbox.id)
    assert saved.is_new
    assert saved.item.id == item.id
    assert saved.item.trashed_at is None
    assert saved.item.tags == ("red",)
    assert [pool.name for pool in anna.ask(pools_of_item, item.id)] == ["Inbox"]
    assert anna.ask(list_tags) == [("red", 1)]


def test_what_was_deferred_and_thrown_away_is_deferred_no_more_where_it_is_saved(
    anna: Actor, data: OpenData, clock: StillClock
) -> None:
    item = anna.do(save_link, PAGE).item
    anna.do(defer_item, item.id, clock.now() + timedelta(hours=1))
    anna.do(trash_item, item.id)
    saved = anna.do(save_link, PAGE)
    assert saved.item.deferred_until is None
    assert [pool.name for pool in anna.ask(pools_of_item, item.id)] == ["Bookmarks"]
    assert list(broken_rules(data.database.writing)) == []


@pytest.mark.parametrize(
    "url",
    ["", " ", "javascript:alert(1)", "data:text/html,x", "https://", "no address", "x" * 9_000, "\ud800"],
)
def test_what_is_no_address_is_refused(anna: Actor, url: str) -> None:
    with pytest.raises(InvalidInputError):
        anna.do(save_link, url)
    assert anna.bookmarks.entry_count == 0


@pytest.mark.parametrize(
    ("title", "note", "tags"),
    [
        ("x" * 10_000_000, "", []),
        ("", "x" * 1_000_000, []),
        ("", "", ["x" * 101]),
        ("", "", [str(i) for i in range(101)]),
    ],
)
def test_what_is_too_long_is_refused_whole(anna: Actor, title: str, note: str, tags: list[str]) -> None:
    with pytest.raises(InvalidInputError):
        anna.do(save_link, PAGE, title=title, note=note, tags=tags)
    assert anna.ask(search_items, "") == []
    assert anna.ask(list_tags) == []


def test_a_saved_search_and_anothers_pool_are_saved_into_by_nobody(anna: Actor, bert: Actor) -> None:
    computed = anna.do(add_pool, "Red", query="tag:red")
    with pytest.raises(InvalidInputError):
        anna.do(save_link, PAGE, pool_id=computed.id)
    with pytest.raises(NotFoundError):
        bert.do(save_link, PAGE, pool_id=anna.bookmarks.id)
    assert anna.ask(search_items, "") == bert.ask(search_items, "") == []


def test_an_imported_link_has_its_own_time_but_none_to_come(anna: Actor, clock: StillClock) -> None:
    then = clock.now() - timedelta(days=3_000)
    assert anna.do(save_link, PAGE, created_at=then).item.saved_at == then
    future = clock.now() + timedelta(days=1)
    assert anna.do(save_link, "https://two.test/", created_at=future).item.created_at == clock.now()


def test_only_pages_are_asked_for_their_title(anna: Actor) -> None:
    assert anna.do(save_link, "mailto:a@b.test").item.page_state is PageState.UNWANTED
    assert anna.do(save_link, PAGE, fetch_page=False).item.page_state is PageState.UNWANTED


def test_edit_changes_what_is_given_and_nothing_else(anna: Actor, clock: StillClock) -> None:
    item = anna.do(save_link, PAGE, title="Old", note="old", tags=["red"]).item
    version = anna.bookmarks.version
    clock.pass_seconds(5)
    edited = anna.do(edit_link, item.id, note="new")
    assert anna.bookmarks.version > version
    assert anna.bookmarks.changed_at == clock.now()
    assert (edited.title, edited.note, edited.tags, edited.url) == ("Old", "new", ("red",), PAGE)
    assert edited.saved_at == item.saved_at
    assert edited.changed_at == clock.now()
    assert anna.do(edit_link, item.id, tags=[]).tags == ()
    assert anna.do(edit_link, item.id, title="").title == PAGE
    assert anna.do(edit_link, item.id, title="Mine", url="https://two.test").url == "https://two.test/"


def test_a_title_that_is_the_address_follows_it(anna: Actor) -> None:
    item = anna.do(save_link, PAGE).item
    assert anna.do(edit_link, item.id, url="https://two.test/").title == "https://two.test/"
    named = anna.do(edit_link, item.id, title="Named")
    assert anna.do(edit_link, named.id, url=PAGE).title == "Named"


def test_an_address_is_in_one_entry_only(anna: Actor) -> None:
    anna.do(save_link, PAGE)
    other = anna.do(save_link, "https://two.test/").item
    with pytest.raises(ConflictError):
        anna.do(edit_link, other.id, url=f"{PAGE}#x")
    assert anna.ask(get_item, other.id) == other
    assert anna.do(edit_link, other.id, url="http://two.test/#x").url == "http://two.test/#x"


def test_edit_moves_between_pools(anna: Actor) -> None:
    item = anna.do(save_link, PAGE).item
    reading = anna.do(add_pool, "Reading")
    red = anna.do(add_pool, "Red", query="tag:red")
    anna.do(edit_link, item.id, pool_ids=[reading.id, anna.inbox.id], tags=["red"])
    assert [pool.name for pool in anna.ask(pools_of_item, item.id)] == ["Inbox", "Reading", "Red"]
    anna.do(edit_link, item.id, pool_ids=[reading.id])
    assert [pool.name for pool in anna.ask(pools_of_item, item.id)] == ["Reading", "Red"]
    for wrong in ([], [red.id]):
        with pytest.raises(InvalidInputError):
            anna.do(edit_link, item.id, pool_ids=wrong, title="lost")
    assert anna.ask(get_item, item.id).title == PAGE


def test_what_is_in_the_trash_is_not_edited(anna: Actor) -> None:
    item = anna.do(save_link, PAGE, tags=["red"]).item
    anna.do(trash_item, item.id)
    for given in ({"title": "x"}, {"tags": ["blue"]}, {"pool_ids": [anna.inbox.id]}):
        with pytest.raises(ConflictError):
            anna.do(edit_link, item.id, **given)
    assert anna.inbox.entry_count == 0
    anna.do(restore_item, item.id)
    assert anna.ask(list_tags) == [("red", 1)]


def test_tags_are_compared_without_case_and_spelled_as_first(anna: Actor) -> None:
    first = anna.do(save_link, PAGE, tags=["Straße"]).item
    second = anna.do(save_link, "https://two.test/", tags=["STRASSE", "other"]).item
    assert second.tags == ("Straße", "other")
    assert anna.ask(list_tags) == [("other", 1), ("Straße", 2)]
    assert anna.do(add_tags, first.id, ["more"]).tags == ("Straße", "more")
    assert anna.do(remove_tags, first.id, ["STRASSE"]).tags == ("more",)
    assert anna.ask(list_tags) == [("more", 1), ("other", 1), ("Straße", 1)]


def test_marks_are_ones_own_and_set_once(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, PAGE).item
    assert anna.do(mark_item, item.id, Mark.STARRED, is_on=True).marks == {Mark.STARRED}
    last = data.database.read(lambda tx: tx.changes.last())
    anna.do(mark_item, item.id, Mark.STARRED, is_on=True)
    assert data.database.read(lambda tx: tx.changes.last()) == last
    assert anna.do(mark_item, item.id, Mark.READ, is_on=True).marks == {Mark.STARRED, Mark.READ}
    assert anna.do(mark_item, item.id, Mark.STARRED, is_on=False).marks == {Mark.READ}


def test_what_is_not_there_or_not_mine_is_one_answer(anna: Actor, bert: Actor) -> None:
    theirs = bert.do(save_link, PAGE).item.id
    said = set()
    for item_id in (theirs, ItemId(999)):
        with pytest.raises(NotFoundError) as reading:
            anna.ask(get_item, item_id)
        with pytest.raises(NotFoundError) as editing:
            anna.do(edit_link, item_id, title="x")
        with pytest.raises(NotFoundError) as marking:
            anna.do(mark_item, item_id, Mark.READ, is_on=True)
        said |= {str(told.value) for told in (reading, editing, marking)}
    assert len(said) == 1


def test_find_saved_knows_every_spelling(anna: Actor, bert: Actor) -> None:
    item = anna.do(save_link, PAGE).item
    assert anna.ask(find_saved, "http://one.test/page#x") == item
    assert bert.ask(find_saved, PAGE) is None
    with pytest.raises(InvalidInputError):
        anna.ask(find_saved, "javascript:1")


def test_another_address_is_another_page_to_read(anna: Actor, data: OpenData) -> None:
    item = anna.do(save_link, PAGE).item
    icon = data.blobs.put(b"icon")
    data.database.write(
        lambda tx: told(tx, item.id, title="Its title", description="Its own words", favicon=icon)
    )
    assert anna.ask(get_item, item.id).favicon == icon
    same = anna.do(edit_link, item.id, url=f"{PAGE}#part")
    assert (same.page_state, same.description, same.favicon) == (PageState.DONE, "Its own words", icon)
    other = anna.do(edit_link, item.id, url="https://two.test/")
    assert (other.page_state, other.description, other.favicon) == (PageState.PENDING, "", None)
    assert other.title == "Its title"
    assert anna.ask(search_items, "words") == []
    assert anna.do(edit_link, item.id, url="mailto:anna@two.test").page_state is PageState.UNWANTED
    assert verify(data.database.path.parent).faults == ()
