"""What people do often costs the same in a store a hundred times as large; the pages touched grow as a tree does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.data import open_data
from poolhouse.rules.addresses import Addresses
from poolhouse.services.captures import list_captures, recapture
from poolhouse.services.checks import queue_checks, record_check
from poolhouse.services.feeds import FeedBuilder, FeedView
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item, list_entries, list_tags, search_items
from poolhouse.services.secrets import add_feed_secret, open_with_secret
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.types import (
    CheckOutcome,
    CheckResult,
    FeedFormat,
    ItemId,
    LinkHealth,
    Mark,
    PageState,
    PoolId,
    Seq,
)
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor
from tests.store.meter import Meter, Work
from tests.store.readings import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.data import OpenData

pytestmark = pytest.mark.slow

SMALL, LARGE = 1_000, 100_000
DAY = timedelta(days=1)
STEPS_GROWTH = 1.2
PAGES_GROWTH = 3.0
"""A tree of a hundred times as many rows is a page or two deeper, and some of these trees were of one page."""
SEGMENTS_LIMIT = 2 * 16
STEPS_A_SEGMENT = 40
PAGE = " ".join(f"ordinary{number}" for number in range(100))
MANY = 64
"""The search index merges its segments now and then: what a save costs is what many cost together."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A store with so many links, all in Bookmarks."""

    data: OpenData
    anna: Actor
    size: int
    secret: str
    pool: PoolId
    middle: ItemId
    top: int
    reads: Meter
    writes: Meter
    costs: dict[str, Work] = field(default_factory=dict)

    def ask_feed(self, view: FeedView) -> object:
        builder = FeedBuilder(self.data.database.server_id, Addresses("http://pools.test"), self.data.blobs)
        return self.anna.ask(builder.document, view)

    @property
    def view(self) -> FeedView:
        return FeedView(pool_id=self.pool, format=FeedFormat.ATOM)


def fill(tx: Any, principal: Any, size: int) -> None:
    """Every tenth has its page captured, and every twentieth leads nowhere.

    No tag is called as a facet might be (t3): FTS5 walks through every place of a word, whichever column is asked for.
    """
    for number in range(size):
        rare = " rarity" if number == size // 2 else ""
        saved = save_link(
            tx,
            principal,
            f"https://site{number % 97}.test/{number}",
            title=f"A common page about word{number % 1_000}{rare}",
            tags=[f"s{number % 20}", f"u{number % 7}"],
        )
        if number % 10 == 0:
            read(tx, saved.item.id, f"{PAGE} about page{number % 1_000}")
        if number % 20 == 0:
            dead = LinkHealth(failing_since=tx.now, dead_since=tx.now, dead_reason="it is gone")
            tx.checks.record(saved.item.id, dead)
            tx.items.index(saved.item.id)


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Shelf]:
    return make_shelf(tmp_path_factory, SMALL), make_shelf(tmp_path_factory, LARGE)


def make_shelf(tmp_path_factory: pytest.TempPathFactory, size: int) -> Shelf:
    data = open_data(tmp_path_factory.mktemp(f"shelf{size}"), StillClock())
    anna = new_actor(data.database, "anna")
    anna.do(fill, size)
    # a saved search that what is measured falls into, and one that it does not
    anna.do(add_pool, "Red", query="tag:red common")
    anna.do(add_pool, "Third", query="tag:s3")
    pool = anna.bookmarks.id
    secret = data.database.write(lambda tx: add_feed_secret(tx, data.vault, anna.principal, pool, "reader"))[
        1
    ]
    middle = anna.ask(search_items, "rarity")[0].id
    top = anna.ask(list_entries, pool, limit=1)[0].membership.position
    # how many segments the search index is in depends on how long ago it last merged some, at any size: see below
    data.database.writing.execute("INSERT INTO item_text (item_text) VALUES ('optimize')")
    data.close()
    data = open_data(data.database.path.parent, StillClock())
    meters = Meter(data.database._reading), Meter(data.database.writing)
    shelf = Shelf(data, Actor(data.database, anna.principal), size, secret, pool, middle, top, *meters)
    measure_all(shelf)
    return shelf


def poll(shelf: Shelf) -> None:
    """What an unchanged feed costs where nothing is kept in memory: who is it, and which version."""
    tx = shelf.data.database.glance()
    found = open_with_secret(tx, shelf.data.vault, shelf.secret)
    assert found is not None
    assert tx.pools.get(shelf.pool) is not None


def delta(shelf: Shelf) -> None:
    last = shelf.data.database.read(lambda tx: tx.changes.last())
    builder = FeedBuilder(shelf.data.database.server_id, Addresses("http://pools.test"), shelf.data.blobs)
    assert shelf.anna.ask(builder.delta, shelf.view, Seq(last - 20)) is not None


def archive(shelf: Shelf) -> None:
    view = FeedView(pool_id=shelf.pool, format=FeedFormat.ATOM, archive=shelf.size // 100)
    shelf.ask_feed(view)


READS: dict[str, Callable[[Shelf], object]] = {
    "poll": poll,
    "newest 50": lambda shelf: shelf.anna.ask(list_entries, shelf.pool),
    "50 from the middle": lambda shelf: shelf.anna.ask(list_entries, shelf.pool, before=shelf.top // 2),
    "feed document": lambda shelf: shelf.ask_feed(shelf.view),
    "feed archive": archive,
    "feed delta": delta,
    "search rare word": lambda shelf: shelf.anna.ask(search_items, "rarity"),
    "search rare word with tag": lambda shelf: shelf.anna.ask(
        search_items, f"rarity tag:s{shelf.size // 2 % 20}"
    ),
    "search common word": lambda shelf: shelf.anna.ask(search_items, "common"),
    "search common word from the middle": lambda shelf: shelf.anna.ask(
        search_items, "common", before=shelf.middle
    ),
    "search tag": lambda shelf: shelf.anna.ask(search_items, "tag:s3"),
    "search pool": lambda shelf: shelf.anna.ask(search_items, "pool:bookmarks"),
    "search nothing": lambda shelf: shelf.anna.ask(search_items, "nowhere"),
    "search common word of pages": lambda shelf: shelf.anna.ask(search_items, "ordinary7"),
    "search word of pages with rare word": lambda shelf: shelf.anna.ask(search_items, "ordinary7 rarity"),
    "search captured": lambda shelf: shelf.anna.ask(search_items, "is:captured"),
    "search dead": lambda shelf: shelf.anna.ask(search_items, "is:dead"),
    "search neither": lambda shelf: shelf.anna.ask(search_items, "-is:dead -is:captured"),
    "captures": lambda shelf: shelf.anna.ask(list_captures, shelf.middle),
    "nothing to check": lambda shelf: shelf.data.database.read(lambda tx: tx.checks.due(9)),
    "tags": lambda shelf: shelf.anna.ask(list_tags),
}

_numbers = iter(range(10**9))


def save_new(shelf: Shelf) -> None:
    url = f"https://new.test/{next(_numbers)}"
    shelf.anna.do(save_link, url, title="A common page", tags=["red", "s3"])


def save_again(shelf: Shelf) -> None:
    shelf.anna.do(save_link, f"http://site5.test/{5 + 97 * (next(_numbers) % 9)}#x", tags=["red"])


def edit(shelf: Shelf) -> None:
    shelf.anna.do(
        edit_link, shelf.middle, title=f"Rarity {next(_numbers)}", tags=["s3", f"red{next(_numbers) % 2}"]
    )


def mark(shelf: Shelf) -> None:
    shelf.anna.do(mark_item, shelf.middle, Mark.READ, is_on=next(_numbers) % 2 == 0)


def trash_and_restore(shelf: Shelf) -> None:
    shelf.anna.do(trash_item, shelf.middle)
    shelf.anna.do(restore_item, shelf.middle)


def capture(shelf: Shelf) -> None:
    """A reading of a page that had been read before, with some hundred words."""
    tell = shelf.data.database.write
    if shelf.anna.ask(get_item, shelf.middle).page_state is not PageState.PENDING:
        shelf.anna.do(recapture, shelf.middle)
    tell(lambda tx: read(tx, shelf.middle, f"{next(_numbers)} {PAGE}", shelf.data.blobs))


def check(shelf: Shelf) -> None:
    """A link that dies and comes to life again."""
    result = CheckResult.ALIVE if next(_numbers) % 2 else CheckResult.GONE
    outcome = CheckOutcome(result=result, reason="it is gone")
    url = shelf.anna.ask(get_item, shelf.middle).url

    def look(tx: Any) -> None:
        if result is CheckResult.GONE:
            tx.checks.record(shelf.middle, LinkHealth(failing_since=tx.now - 9 * DAY))
        record_check(tx, shelf.middle, url, outcome)

    shelf.data.database.write(look)


def queue_a_check(shelf: Shelf) -> None:
    def queue(tx: Any) -> None:
        tx.checks.plan(shelf.middle, tx.now)
        assert queue_checks(tx, 9) == 1

    shelf.data.database.write(queue)


WRITES: dict[str, Callable[[Shelf], object]] = {
    "mark": mark,  # first: it only looks into the search index, so it costs what the index's pieces are in number
    "save": save_new,
    "save again": save_again,
    "edit": edit,
    "trash and restore": trash_and_restore,
    "capture": capture,
    "check": check,
    "queue a check": queue_a_check,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_it_costs_the_same(shelves: tuple[Shelf, Shelf], name: str) -> None:
    small, large = (shelf.costs[name] for shelf in shelves)
    assert small.steps > 0
    assert small.pages > 0
    assert large.steps <= STEPS_GROWTH * small.steps
    assert large.pages <= PAGES_GROWTH * small.pages


@pytest.mark.timeout(600)
def test_the_search_index_stays_in_few_segments(shelves: tuple[Shelf, Shelf]) -> None:
    """A word is looked up in each: 16 of a level are merged into one of the next, so their number is bounded."""
    for shelf in shelves:
        most = 0
        for _ in range(100):
            save_new(shelf)
            most = max(most, segments(shelf))
        assert 1 < most <= SEGMENTS_LIMIT
        work = measure(shelf, READS["search rare word"], shelf.reads, 1)
        assert work.steps <= STEPS_A_SEGMENT * SEGMENTS_LIMIT


def segments(shelf: Shelf) -> int:
    return int(shelf.data.database.writing.execute("SELECT count(DISTINCT segid) FROM item_text_idx").get)


def measure_all(shelf: Shelf) -> None:
    """In one order, whatever order the tests run in: a change leaves the index in another state than it found it in."""
    for name, act in READS.items():
        shelf.costs[name] = measure(shelf, act, shelf.reads, 1)
    for name, act in WRITES.items():
        shelf.costs[name] = measure(shelf, act, shelf.writes, MANY)


def measure(shelf: Shelf, act: Callable[[Shelf], object], meter: Meter, times: int) -> Work:
    meter.measure(lambda: act(shelf))  # the first use reads the schema
    return meter.measure(lambda: [act(shelf) for _ in range(times)])
