"""Links are looked at once a month, and those that lead nowhere are found by a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.rules.checks import CHECK_AFTER, CONFIRM_AFTER
from poolhouse.services.captures import recapture
from poolhouse.services.checks import queue_checks, record_check
from poolhouse.services.jobs import list_jobs
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item, list_entries, search_items
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import ChangeKind, CheckLink, CheckOutcome, CheckResult, Item, ItemId
from tests.store.readings import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from poolhouse.app.data import OpenData
    from tests.conftest import StillClock
    from tests.store.actor import Actor

URL = "https://one.test/"
GONE = CheckOutcome(result=CheckResult.GONE, reason="the site answered 404 (Not Found)")
ALIVE = CheckOutcome(result=CheckResult.ALIVE)
UNSURE = CheckOutcome(result=CheckResult.UNSURE, reason="it does not answer")


@pytest.fixture(autouse=True)
def whole(data: OpenData) -> Iterator[None]:
    """Whatever a test does, the store is whole after it."""
    yield
    assert verify(data.database.path.parent).faults == ()


@pytest.fixture
def item(anna: Actor) -> Item:
    return anna.do(save_link, URL).item


def due(data: OpenData) -> list[str]:
    return [url for _, _, url, _ in data.database.read(lambda tx: tx.checks.due(9))]


def look(data: OpenData, item: Item, *outcomes: CheckOutcome, url: str | None = None) -> None:
    for outcome in outcomes:
        data.database.write(lambda tx: record_check(tx, item.id, url or item.url, outcome))  # noqa: B023 - called at once


def dead(anna: Actor) -> list[ItemId]:
    return [each.id for each in anna.ask(search_items, "is:dead")]


def pass_time(clock: StillClock, time: timedelta) -> None:
    clock.pass_seconds(time.total_seconds())


def test_a_link_is_due_a_month_after_the_last_look(
    data: OpenData, anna: Actor, clock: StillClock, item: Item
) -> None:
    anna.do(save_link, "mailto:a@b.test")
    pass_time(clock, CHECK_AFTER / 2)
    later = anna.do(save_link, "https://two.test/", fetch_page=False).item
    assert due(data) == []
    pass_time(clock, CHECK_AFTER / 2)
    assert due(data) == [item.url]
    pass_time(clock, CHECK_AFTER / 2)
    assert due(data) == [item.url, later.url]
    look(data, item, ALIVE)
    assert due(data) == [later.url]
    data.database.write(lambda tx: read(tx, item.id, "alpha"))
    pass_time(clock, CHECK_AFTER)
    assert due(data) == [later.url, item.url]
    anna.do(trash_item, later.id)
    assert due(data) == [item.url]
    anna.do(restore_item, later.id)
    assert due(data) == [later.url, item.url]


def test_what_is_due_becomes_jobs_of_the_server_once(
    data: OpenData, anna: Actor, clock: StillClock, item: Item
) -> None:
    anna.do(save_link, "https://two.test/")
    mine = anna.ask(list_jobs)
    pass_time(clock, CHECK_AFTER)
    assert [data.database.write(lambda tx: queue_checks(tx, 1)) for _ in range(3)] == [1, 1, 0]
    rows = data.database.writing.execute(
        "SELECT body, person_id FROM tuple WHERE kind = ? ORDER BY id", (CheckLink.KIND,)
    ).fetchall()
    assert rows[0] == (f'{{"item_id":{item.id},"url":"{URL}"}}', None)
    assert len(rows) == 2
    assert anna.ask(list_jobs) == mine
    pass_time(clock, CHECK_AFTER)
    assert len(due(data)) == 2


def test_a_link_that_was_found_gone_for_days_is_dead_until_it_is_found(
    data: OpenData, anna: Actor, clock: StillClock, item: Item
) -> None:
    searched = anna.do(add_pool, "Dead", query="is:dead")
    alive = anna.do(add_pool, "Alive", query="-is:dead")
    version = anna.bookmarks.version
    first = clock.now()
    look(data, item, GONE, GONE)
    assert dead(anna) == []
    pass_time(clock, CONFIRM_AFTER)
    assert due(data) == [URL]
    look(data, item, UNSURE, GONE, GONE)
    after = anna.ask(get_item, item.id)
    assert (after.dead_since, after.dead_reason, after.checked_at) == (first, GONE.reason, clock.now())
    assert dead(anna) == [item.id]
    assert [each.item.id for each in anna.ask(list_entries, searched.id)] == [item.id]
    assert anna.ask(list_entries, alive.id) == []
    look(data, item, ALIVE)
    after = anna.ask(get_item, item.id)
    assert (after.dead_since, after.dead_reason) == (None, None)
    assert dead(anna) == []
    assert anna.ask(list_entries, searched.id) == []
    assert anna.bookmarks.version == version  # no reader of the feed sees any of it
    changes = data.database.read(lambda tx: tx.changes.since(version, limit=99))
    assert [change.kind for change in changes if change.kind is ChangeKind.ITEM_CHECKED] == [
        ChangeKind.ITEM_CHECKED
    ] * 2


def kill(data: OpenData, clock: StillClock, item: Item) -> None:
    look(data, item, GONE)
    pass_time(clock, CONFIRM_AFTER)
    look(data, item, GONE)


def test_a_page_that_was_read_is_alive(data: OpenData, anna: Actor, clock: StillClock, item: Item) -> None:
    data.database.write(lambda tx: read(tx, item.id, "alpha"))
    kill(data, clock, item)
    anna.do(recapture, item.id)
    assert dead(anna) == [item.id]
    data.database.write(lambda tx: read(tx, item.id, "alpha"))
    assert dead(anna) == []


def test_another_address_is_another_link(data: OpenData, anna: Actor, clock: StillClock, item: Item) -> None:
    kill(data, clock, item)
    anna.do(edit_link, item.id, url="https://two.test/")
    after = anna.ask(get_item, item.id)
    assert (after.dead_since, after.checked_at) == (None, None)
    assert dead(anna) == []
    assert due(data) == []
    look(data, item, GONE, url=URL)  # a look at the former one
    assert anna.ask(get_item, item.id).checked_at is None
    anna.do(edit_link, item.id, url="mailto:a@b.test")
    pass_time(clock, CHECK_AFTER)
    assert due(data) == []


def test_a_link_in_the_trash_dies_unseen(data: OpenData, anna: Actor, clock: StillClock, item: Item) -> None:
    anna.do(trash_item, item.id)
    kill(data, clock, item)
    assert dead(anna) == []
    anna.do(restore_item, item.id)
    assert dead(anna) == [item.id]


def test_a_look_at_what_is_not_there_any_more_says_nothing(data: OpenData, item: Item) -> None:
    data.database.write(lambda tx: record_check(tx, ItemId(999), URL, GONE))
    assert data.database.read(lambda tx: tx.checks.health(ItemId(999))).failing_since is None


def test_nobody_elses_dead_links_are_found(
    data: OpenData, anna: Actor, bert: Actor, clock: StillClock, item: Item
) -> None:
    kill(data, clock, item)
    bert.do(save_link, URL)
    assert dead(bert) == []
