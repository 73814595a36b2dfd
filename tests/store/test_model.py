"""The services on a real store against a plain model, in any order that hypothesis can think of."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from poolhouse.errors import NotFoundError, PoolhouseError
from poolhouse.rules.addresses import Addresses
from poolhouse.rules.urls import clean_url
from poolhouse.services import feeds
from poolhouse.services.captures import delete_capture, list_captures, recapture, record_capture
from poolhouse.services.checks import record_check
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import (
    add_pool,
    edit_pool,
    list_pools,
    list_trashed_pools,
    restore_pool,
    trash_pool,
)
from poolhouse.services.reading import get_item, list_entries, list_tags, search_items
from poolhouse.services.trash import delete_item, list_trash, restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import (
    CaptureId,
    CheckOutcome,
    CheckResult,
    FeedEntry,
    FeedFormat,
    ItemId,
    Mark,
    PageState,
    PoolId,
    Seq,
)
from tests.conftest import StillClock, open_new
from tests.store.actor import Actor, new_actor
from tests.store.model import QUERIES, ModelItem, ModelPool, Refused, World
from tests.store.readings import captured

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = [
    "one.test/",
    "one.test/a?b=c",
    "www.one.test/x",
    "two.test/alpha",
    "two.test/beta-gamma",
    "three.test/",
]
VARIANTS: list[Callable[[str], str]] = [
    lambda page: f"https://{page}",
    lambda page: f"http://{page}",
    lambda page: f"HTTPS://{page.replace('.test', '.TEST', 1)}",
    lambda page: f"https://{page.replace('.test/', '.test:443/', 1)}",
    lambda page: f"https://{page}{'&' if '?' in page else '?'}utm_source=mail",
    lambda page: f"https://{page}#part",
    lambda page: f"https://{page.replace('.test/', '.test/./x/../', 1)}",
]
WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "Alpha", "better"]), max_size=3).map(" ".join)
TAGS = st.lists(st.sampled_from(["red", "Red", "blue", "beta"]), max_size=3, unique_by=str.lower)
NAMES = st.sampled_from(["Read", "read", "Deep", "Other"])
PICK = st.integers(0, 11)
WHO = st.sampled_from([0, 0, 0, 1])  # most happens to one of them, so that it meets
DOCUMENT = 3


class StoreMachine(RuleBasedStateMachine):
    """Two people, six pages, four names: few enough that everything meets everything."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.clock = StillClock()
        self.data = open_new(self.directory / "data", self.clock)
        self.builder = feeds.FeedBuilder(UUID(int=7), Addresses("http://pools.test"), self.data.blobs)
        self.patches = ExitStack()
        self.patches.enter_context(patch.object(feeds, "ENTRY_LIMIT", DOCUMENT))
        self.seen: dict[tuple[int, int], list[FeedEntry]] = {}
        self.versions: dict[int, int] = {}

    @initialize(queries=st.lists(st.sampled_from(sorted(QUERIES)), min_size=2, max_size=2, unique=True))
    def two_people(self, queries: list[str]) -> None:
        """Each with a pool in a pool, two saved searches and three links in different pools.

        One page is captured, in a feed that carries text; one is gone, or may be; one is still to be read.
        """
        self.actors = [new_actor(self.data.database, name) for name in ("anna", "bert")]
        self.worlds = [World(each.inbox.id, each.bookmarks.id) for each in self.actors]
        for who in (0, 1):
            self.add_pool(who, "Read", None, None)
            self.add_pool(who, "Deep", 2, None)
            self.add_pool(who, "First", None, queries[0])
            self.add_pool(who, "Second", 2, queries[1])
            for pick, page in enumerate(PAGES[:3], 1):
                self.save(who, page, VARIANTS[0], pick, "alpha", "", ["red"] * (pick % 2))
            self.read(who, 0, "gamma beta")
            self.set_feed_text(who, 0, is_on=True)
            self.check(who, 1, CheckResult.GONE)
        self.time_passes(2 * 86_400)
        self.check(0, 1, CheckResult.GONE)

    def both(self, expect: Callable[[], None], service: Callable[[], Any]) -> None:
        """Do it in the model and in the store; both do it, or both refuse."""
        try:
            expect()
        except Refused:
            try:
                service()
            except PoolhouseError:
                return
            raise AssertionError("the service did not refuse") from None
        service()

    def person(self, who: int) -> tuple[Actor, World]:
        return self.actors[who], self.worlds[who]

    def item(self, who: int, pick: int) -> ModelItem:
        items = [item for _, item in sorted(self.worlds[who].items.items())]
        return items[pick % len(items)]

    def pool(self, who: int, pick: int) -> ModelPool:
        pools = [pool for _, pool in sorted(self.worlds[who].pools.items())]
        return pools[pick % len(pools)]

    def has_items(self) -> bool:
        return all(world.items for world in self.worlds)

    # links

    @rule(
        who=WHO,
        page=st.sampled_from(PAGES),
        write=st.sampled_from(VARIANTS),
        pick=PICK,
        title=WORDS,
        note=WORDS,
        tags=TAGS,
    )
    def save(
        self,
        who: int,
        page: str,
        write: Callable[[str], str],
        pick: int,
        title: str,
        note: str,
        tags: list[str],
    ) -> None:
        actor, world = self.person(who)
        known, pool, url = world.by_page(page), self.pool(who, pick), write(page)
        try:
            target = world.target(pool.id)
        except Refused:
            self.both(_refuse, lambda: actor.do(save_link, url, pool_id=PoolId(pool.id)))
            return
        saved = actor.do(save_link, url, pool_id=PoolId(pool.id), title=title, note=note, tags=tags)
        assert saved.is_new == (known is None or known.trashed_at is not None)
        if known:
            assert saved.item.id == known.id
            world.save_again(known, target, title=title, note=note, tags=tags, now=self.clock.now())
        else:
            address = clean_url(url)
            item = ModelItem(saved.item.id, page, address, title or address, note, self.clock.now())
            assert item.id not in world.items
            world.save_new(item, target, tags)

    @precondition(has_items)
    @rule(
        who=WHO,
        pick=PICK,
        page=st.none() | st.sampled_from(PAGES),
        title=st.none() | WORDS,
        note=st.none() | WORDS,
        tags=st.none() | TAGS,
        pools=st.none() | st.lists(PICK, max_size=3),
    )
    def edit(
        self,
        who: int,
        pick: int,
        page: str | None,
        title: str | None,
        note: str | None,
        tags: list[str] | None,
        pools: list[int] | None,
    ) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        url = None if page is None else f"https://{page}"
        ids = None if pools is None else [PoolId(self.pool(who, each).id) for each in pools]
        self.both(
            lambda: world.edit_link(item, page=page, url=url, title=title, note=note, tags=tags, pools=ids),
            lambda: actor.do(edit_link, item.id, url=url, title=title, note=note, tags=tags, pool_ids=ids),  # type: ignore[arg-type]
        )

    @precondition(has_items)
    @rule(who=WHO, pick=PICK, mark=st.sampled_from(Mark), is_on=st.booleans())
    def mark(self, who: int, pick: int, mark: Mark, is_on: bool) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        world.mark(item, str(mark), is_on=is_on)
        actor.do(mark_item, item.id, mark, is_on=is_on)  # type: ignore[arg-type]

    @precondition(has_items)
    @rule(who=WHO, pick=PICK)
    def trash(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        world.trash_item(item, self.clock.now())
        actor.do(trash_item, item.id)  # type: ignore[arg-type]

    @precondition(has_items)
    @rule(who=WHO, pick=PICK)
    def untrash(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        world.restore_item(item)
        actor.do(restore_item, item.id)  # type: ignore[arg-type]

    @precondition(has_items)
    @rule(who=WHO, pick=PICK)
    def delete(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        self.both(lambda: world.delete_item(item), lambda: actor.do(delete_item, item.id))  # type: ignore[arg-type]

    # pages and checks

    @precondition(has_items)
    @rule(who=WHO, pick=PICK, text=WORDS)
    def read(self, who: int, pick: int, text: str) -> None:
        """A page without text leaves nothing to keep. One that is not awaited is not filed."""
        _, world = self.person(who)
        item = self.item(who, pick)
        found = captured(text, self.data.blobs) if text else captured("")
        capture_id = self.data.database.write(lambda tx: record_capture(tx, ItemId(item.id), item.url, found))
        try:
            world.read(item, capture_id, text)
        except Refused:
            assert capture_id is None
        else:
            assert (capture_id is None) == (text == "")

    @precondition(has_items)
    @rule(who=WHO, pick=PICK)
    def recapture(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        item = self.item(who, pick)
        self.both(lambda: world.recapture(item), lambda: actor.do(recapture, ItemId(item.id)))

    @precondition(lambda self: any(item.captures for world in self.worlds for item in world.items.values()))
    @rule(pick=PICK)
    def delete_capture(self, pick: int) -> None:
        every = [
            (actor, world, item, capture_id)
            for actor, world in zip(self.actors, self.worlds, strict=True)
            for _, item in sorted(world.items.items())
            for capture_id in sorted(item.captures)
        ]
        actor, world, item, capture_id = every[pick % len(every)]
        actor.do(delete_capture, ItemId(item.id), CaptureId(capture_id))
        del item.captures[capture_id]
        world.page_changed(item)

    @precondition(has_items)
    @rule(who=WHO, pick=PICK, result=st.sampled_from(CheckResult))
    def check(self, who: int, pick: int, result: CheckResult) -> None:
        _, world = self.person(who)
        item = self.item(who, pick)
        outcome = CheckOutcome(result=result, reason="a reason")
        self.data.database.write(lambda tx: record_check(tx, ItemId(item.id), item.url, outcome))
        world.check(item, str(result), self.clock.now())

    # pools

    @rule(
        who=WHO,
        name=NAMES,
        parent=st.none() | PICK,
        query=st.none() | st.sampled_from(sorted(QUERIES)),
    )
    def add_pool(self, who: int, name: str, parent: int | None, query: str | None) -> None:
        actor, world = self.person(who)
        parent_id = None if parent is None else PoolId(self.pool(who, parent).id)

        def make() -> Any:
            return actor.do(add_pool, name, parent_id=parent_id, query=query)

        try:
            world.check_place(name, parent_id)
        except Refused:
            self.both(_refuse, make)
            return
        world.add_pool(ModelPool(make().id, name, parent_id, query))

    @rule(
        who=WHO,
        pick=PICK,
        name=st.none() | NAMES,
        parent=st.none() | PICK,
        is_moved=st.booleans(),
        query=st.none() | st.sampled_from(sorted(QUERIES)),
    )
    def edit_pool(
        self, who: int, pick: int, name: str | None, parent: int | None, is_moved: bool, query: str | None
    ) -> None:
        actor, world = self.person(who)
        pool = self.pool(who, pick)
        parent_id = None if parent is None else PoolId(self.pool(who, parent).id)
        new_parent = parent_id if is_moved else pool.parent
        given: Any = {"name": name, "parent_id": parent_id, "is_moved": is_moved, "query": query}
        self.both(
            lambda: world.edit_pool(pool, name or pool.name, new_parent, query),
            lambda: actor.do(edit_pool, PoolId(pool.id), **given),
        )

    @rule(who=WHO, pick=PICK, is_on=st.booleans())
    def set_feed_text(self, who: int, pick: int, is_on: bool) -> None:
        actor, world = self.person(who)
        pools = world.live()
        actor.do(edit_pool, PoolId(pools[pick % len(pools)].id), feed_text=is_on)

    @rule(who=WHO, pick=PICK)
    def trash_pool(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        pool = self.pool(who, pick)
        self.both(
            lambda: world.trash_pool(pool, self.clock.now()), lambda: actor.do(trash_pool, PoolId(pool.id))
        )

    @rule(who=WHO, pick=PICK)
    def restore_pool(self, who: int, pick: int) -> None:
        actor, world = self.person(who)
        pool = self.pool(who, pick)
        world.restore_pool(pool)
        actor.do(restore_pool, PoolId(pool.id))

    # time, strangers, searches, polls

    @rule(seconds=st.sampled_from([1, 60, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_seconds(seconds)

    @precondition(has_items)
    @rule(who=WHO, pick=PICK)
    def nobody_touches_anothers(self, who: int, pick: int) -> None:
        stranger: Any = self.actors[1 - who]
        item, pool = self.item(who, pick).id, self.pool(who, pick).id
        for service, given in (
            (get_item, [item]),
            (list_captures, [item]),
            (recapture, [item]),
            (trash_item, [item]),
            (restore_item, [item]),
            (delete_item, [item]),
            (list_entries, [pool]),
            (trash_pool, [pool]),
            (restore_pool, [pool]),
            (feeds.get_feed_pool, [pool]),
        ):
            try:
                stranger.do(service, *given)
            except NotFoundError:
                continue
            raise AssertionError(f"{service.__name__} let a stranger in")

    @rule(who=WHO, query=st.sampled_from(sorted(QUERIES)))
    def search(self, who: int, query: str) -> None:
        actor, world = self.person(who)
        found = actor.ask(search_items, query, limit=200)
        assert [item.id for item in found] == world.search(query)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        for actor, world in zip(self.actors, self.worlds, strict=True):
            pools = actor.ask(list_pools)
            assert [(pool.id, pool.path, pool.entry_count) for pool in pools] == [
                (pool.id, world.path(pool), len(pool.order)) for pool in world.live()
            ]
            assert {pool.id for pool in actor.ask(list_trashed_pools)} == {
                pool.id for pool in world.pools.values() if not pool.is_live
            }
            for pool in world.live():
                self.compare_pool(actor, world, pool)
            assert actor.ask(list_tags) == world.tag_counts()
            assert [item.id for item in actor.ask(list_trash)] == sorted(
                (item.id for item in world.items.values() if item.trashed_at), reverse=True
            )

    def compare_pool(self, actor: Actor, world: World, pool: ModelPool) -> None:
        entries = actor.ask(list_entries, PoolId(pool.id), limit=200)
        assert [(entry.item.id, entry.membership.number) for entry in entries] == [
            (item, pool.numbers[item]) for item in reversed(pool.order)
        ]
        for entry in entries:
            item, told = world.items[entry.item.id], entry.item
            assert (told.title, told.note, told.url) == (item.title, item.note, item.url)
            assert told.tags == world.tags(item)
            assert (told.page_state is PageState.PENDING) == item.is_awaited
            assert (told.capture_id, told.capture_count) == (item.current, len(item.captures))
            assert (told.word_count, told.dead_since is not None) == (len(item.text.split()), item.is_dead)
            assert {str(mark) for mark in told.marks} == item.marks

    @invariant()
    def feeds_say_all_of_it_and_a_version_says_what_it_is(self) -> None:
        for actor, world in zip(self.actors, self.worlds, strict=True):
            for each in world.live():
                pool = actor.ask(feeds.get_feed_pool, PoolId(each.id))
                assert pool.version >= self.versions.get(pool.id, 0)
                self.versions[pool.id] = pool.version
                everything = read_with_archives(self.builder, actor, pool.id)
                assert len(everything) == len(each.order)
                known = self.seen.setdefault((pool.id, pool.version), everything)
                assert known == everything, "one version, two contents"
                self.check_deltas(actor, pool.id, everything)

    def check_deltas(self, actor: Actor, pool_id: int, everything: list[FeedEntry]) -> None:
        """Whoever has an older version and takes what changed since has all that is there now."""
        for (known_id, version), before in list(self.seen.items()):
            if known_id != pool_id:
                continue
            view = feeds.FeedView(pool_id=PoolId(pool_id), format=FeedFormat.ATOM)
            delta = actor.ask(self.builder.delta, view, Seq(version))
            if delta is not None:
                assert len(delta.entries) <= DOCUMENT
                missing = [entry for entry in everything if entry not in before]
                assert all(entry in delta.entries for entry in missing)
                assert all(entry in everything for entry in delta.entries)

    def teardown(self) -> None:
        self.patches.close()
        self.data.close()
        report = verify(self.directory / "data")
        shutil.rmtree(self.directory)
        assert report.faults == ()


def _refuse() -> None:
    raise Refused


def read_with_archives(builder: feeds.FeedBuilder, actor: Actor, pool_id: PoolId) -> list[FeedEntry]:
    """What a reader has that takes the subscription document and every archive behind it (RFC 5005 §4)."""
    first = actor.ask(builder.document, feeds.FeedView(pool_id=pool_id, format=FeedFormat.ATOM))[0]
    found: dict[str, FeedEntry] = {entry.id: entry for entry in first.entries}
    url = first.archive_url
    while url:
        number = int(url.rpartition("=")[2])
        view = feeds.FeedView(pool_id=pool_id, format=FeedFormat.ATOM, archive=number)
        archive = actor.ask(builder.document, view)[0]
        for entry in archive.entries:
            assert found.setdefault(entry.id, entry) == entry
        url = archive.archive_url
    return sorted(found.values(), key=lambda entry: entry.id)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
