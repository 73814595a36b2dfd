"""Who may see what: every caller at every address in random worlds, against an oracle that knows only the plan."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from poolhouse.servers.feeds import FeedDoor
from poolhouse.servers.http.message import Request
from tests.security.addresses import all_ids, feed_targets, ids_of, readables
from tests.security.asking import Answer
from tests.security.callers import Caller, basic, bearer, cookie
from tests.security.homes import NO_ID, SHARED_TAG, Home
from tests.security.plans import RICH, WorldPlan, world_plans
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.security.addresses import Readable

HTML = {"accept": "text/html"}
# tokens of forms, cookies and secrets: new for every browser, and of one length
_RANDOM = re.compile(rb"[A-Za-z0-9_-]{32,43}")
_TITLE = re.compile(rb"zq[a-z]+ title [0-9]+ common")

# a world that fails is shown as it is: making it smaller would take minutes, and the message says what is wrong
some = settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
few = settings(some, max_examples=3)
many = settings(some, max_examples=40)


def check_marks(world: World, seen_by: Home | None, answer: Answer, where: str) -> None:
    """Nothing of anybody else's may show, nor any secret."""
    for mark in world.strangers_marks(seen_by):
        assert mark not in answer.everything, f"{where} shows what is {mark.decode()}'s"
    for home in world.homes:
        for text in home.secrets:
            assert text.encode() not in answer.everything, f"{where} shows a secret"


def faceless(answer: Answer, identity: int) -> tuple[int, bytes]:
    """An answer without the id that was asked for and without what is random: refusals must not differ in more."""
    return answer.status, _RANDOM.sub(b"*", answer.everything.replace(str(identity).encode(), b"ID"))


def titles_in(answer: Answer) -> set[str]:
    return {found.decode() for found in _TITLE.findall(answer.body)}


# Feeds


def check_feeds(world: World) -> None:
    door = FeedDoor(world.house)
    for caller in world.callers():
        refused = {
            faceless(check_feed(world, door, caller, target, pool_id), pool_id)
            for pool_id in all_ids(world, "pool")
            for target in feed_targets(pool_id)
            if not may_read_feed(caller, pool_id)
        }
        assert len(refused) == 1, f"{caller.name} can tell what is not theirs from what is not there"
        for pool in caller.feeds.pools if caller.feeds else []:
            if may_read_feed(caller, pool.id):
                for target in feed_targets(pool.id):
                    answer = check_feed(world, door, caller, target, pool.id)
                    if "?" not in target:
                        assert answer.status == 200, f"{caller.name} {target}"
                        assert titles_in(answer) == pool.titles, f"{caller.name} {target}"
                    else:
                        assert answer.status in {200, 404}
                        assert titles_in(answer) <= pool.titles


def may_read_feed(caller: Caller, pool_id: int) -> bool:
    """The oracle: one's own live pools, and of those a reader's secret opens one."""
    home = caller.feeds
    if home is None or (caller.feed_of and caller.feed_of.id != pool_id):
        return False
    return any(pool.id == pool_id and pool.is_live for pool in home.pools)


def check_feed(world: World, door: FeedDoor, caller: Caller, target: str, pool_id: int) -> Answer:
    """The answer of the short cut, and of the router where that is asked too; nothing of a stranger's is in it."""
    target = f"/s/{caller.path}{target}" if caller.path else target
    path, _, query = target.partition("?")
    headers = [(name.encode(), value.encode("latin-1")) for name, value in caller.headers.items()]
    reply = door.answer(Request(b"GET", path.encode(), query.encode(), headers))
    assert reply is not None
    shown = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers)
    answer = Answer(reply.status, shown, reply.body)
    if path.endswith(".rss"):
        routed = world.asker.ask("GET", target, caller.headers)
        assert (routed.status, routed.body) == (answer.status, answer.body)
    is_seen = answer.status == 200
    seen_by = caller.feeds if is_seen else None
    if caller.path and is_seen:
        # the address of this very document may stand in it, and no other secret
        own_address = f"/s/{caller.path}/pools/{pool_id}.".encode()
        answer = Answer(answer.status, answer.headers, answer.body.replace(own_address, b""))
    check_marks(world, seen_by, answer, f"{caller.name}: {target}")
    if not is_seen:
        assert answer.status in ({404} if caller.path or caller.feeds else {401, 404})
    return answer


@given(plan=world_plans)
@example(plan=RICH)
@some
def test_feeds_show_what_the_oracle_says(plan: WorldPlan) -> None:
    with made_world(plan) as world:
        check_feeds(world)


@pytest.mark.slow
@given(plan=world_plans)
@many
def test_feeds_of_many_worlds(plan: WorldPlan) -> None:
    with made_world(plan) as world:
        check_feeds(world)


# Pages and the API


def check_reads(world: World) -> None:
    for caller in world.callers():
        if caller.path:
            continue  # pages and the API have no address with a secret in it: `test_no_page_is_behind_a_secret`
        for readable in readables():
            check_readable(world, caller, readable)


def check_readable(world: World, caller: Caller, readable: Readable) -> None:
    home = caller.api if readable.is_api else caller.web
    kind = readable.kind
    if kind is None:
        answer = read(world, caller, readable.template, home)
        expected = expected_without_id(home, readable)
        assert answer.status in expected, f"{caller.name}: {readable.template} is {answer.status}"
        return
    refused = set()
    for identity in all_ids(world, kind):
        answer = read(world, caller, readable.at(identity), home)
        if may_read(home, kind, identity):
            # 404 and 422 for what one's own thing has not: an icon, a page of a list
            assert answer.status == 200, f"{caller.name}: {readable.at(identity)} is {answer.status}"
        else:
            refused.add(faceless(answer, identity))
    assert len(refused) == 1, f"{caller.name} can tell what is there at {readable.template}: {refused}"
    status = refused.pop()[0]
    assert status in ({404, 422} if home or readable.is_open else {401}), (
        f"{caller.name}: {readable.template}"
    )


def may_read(home: Home | None, kind: str, identity: int) -> bool:
    """The oracle: one's own pools that are not in the trash, one's own links even there."""
    if home is None:
        return False
    if kind == "pool":
        return any(pool.id == identity and pool.is_live for pool in home.pools)
    if kind in {"job", "message", "address", "account"}:
        return identity in ids_of(home, kind)
    return any(item.id == identity for item in home.items)


def expected_without_id(home: Home | None, readable: Readable) -> set[int]:
    if readable.template == "/login" and home:
        return {303}
    if readable.template == "/welcome/made-up":
        return {404}
    if readable.template.startswith("/https:"):
        return {200} if home else {401}
    if home is None and not readable.is_open:
        return {401}
    # a look-up of what one has not saved, and of nothing
    return {200, 404, 422} if "/lookup" in readable.template else {200}


def read(world: World, caller: Caller, target: str, home: Home | None) -> Answer:
    answer = world.asker.ask("GET", target, {**caller.headers, **HTML})
    check_marks(world, home, answer, f"{caller.name}: {target}")
    assert answer.status < 500, f"{caller.name}: {target}"
    assert b"Traceback" not in answer.body
    return answer


@given(plan=world_plans)
@example(plan=RICH)
@few
def test_pages_and_api_show_what_the_oracle_says(plan: WorldPlan) -> None:
    with made_world(plan) as world:
        check_reads(world)


@pytest.mark.slow
@given(plan=world_plans)
@settings(many, max_examples=10)
def test_pages_and_api_of_many_worlds(plan: WorldPlan) -> None:
    with made_world(plan) as world:
        check_reads(world)


# What lists, searches, counts and exports hold


def check_collections(world: World, home: Home) -> None:
    live = {item.title for item in home.live_items}
    api, web = bearer(home.token), {**cookie(home.session), **HTML}

    def ask(target: str) -> Answer:
        answer = world.asker.ask("GET", target, api if target.startswith("/api") else web)
        assert answer.status == 200
        return answer

    for target in ("/api/v1/search?q=common", f"/api/v1/links?q=tag:{SHARED_TAG}", "/search?q=common"):
        assert titles_in(ask(target)) == live, target
    counts = {each["name"]: each["count"] for each in json.loads(ask("/api/v1/tags").body)["items"]}
    assert counts == count(tag for item in home.live_items for tag in item.tags)
    pools = {each["id"]: each["entry_count"] for each in json.loads(ask("/api/v1/pools").body)["items"]}
    inbox = home.pools[1].id  # where the letter is, which has no title of that kind
    assert pools == {pool.id: len(pool.titles) + (pool.id == inbox) for pool in home.pools if pool.is_live}
    assert titles_in(ask("/api/v1/trash")) == {item.title for item in home.items} - live
    assert titles_in(ask("/trash")) == {item.title for item in home.items} - live
    assert titles_in(ask("/api/v1/export?format=json")) == {item.title for item in home.items}
    assert titles_in(ask("/api/v1/export?format=netscape")) == live
    assert titles_in(ask("/api/v1/search?q=captured")) == live
    jobs = json.loads(ask("/api/v1/jobs?limit=100").body)
    assert {job["id"] for job in jobs["items"]} == set(home.jobs)
    assert sum(jobs["counts"].values()) == len(home.jobs)
    for item in home.items:
        captures = json.loads(ask(f"/api/v1/links/{item.id}/captures").body)["items"]
        assert [capture["id"] for capture in captures] == [item.id]
    for target in ("/opml", "/api/v1/export?format=opml"):
        found = {int(each) for each in re.findall(r"/pools/([0-9]+)\.atom", ask(target).text)}
        assert found == {pool.id for pool in home.pools if pool.is_live}, target
    for pool in home.pools:
        if pool.is_live:
            assert titles_in(ask(f"/api/v1/pools/{pool.id}/entries")) == pool.titles
            assert titles_in(ask(f"/pools/{pool.id}")) == pool.titles
    for other in world.homes:
        if other is not home:
            check_hidden_words(world, other, api, web)


def check_hidden_words(world: World, other: Home, api: dict[str, str], web: dict[str, str]) -> None:
    """Another's words, tags, sites and pools are as unknown as words that nobody ever wrote."""
    made_up = "zqnobody"[: len(other.name)].ljust(len(other.name), "x")
    for search in ("{0}", "tag:{0}tag0", "site:{0}.example", 'pool:"{0}+pool+0"', "-{0}", "is:starred+{0}"):
        for target, headers in ((f"/api/v1/search?q={search}", api), (f"/search?q={search}", web)):
            theirs = world.asker.ask("GET", target.format(other.name), headers)
            nobodys = world.asker.ask("GET", target.format(made_up), headers)
            assert theirs.everything.replace(other.mark, b"?") == nobodys.everything.replace(
                made_up.encode(), b"?"
            ), target


def count(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


@given(plan=world_plans)
@example(plan=RICH)
@some
def test_lists_hold_everything_of_ones_own_and_nothing_else(plan: WorldPlan) -> None:
    with made_world(plan) as world:
        for home in world.homes:
            if not home.is_disabled:
                check_collections(world, home)


# A reader's secret opens one feed


def test_no_page_is_behind_a_secret() -> None:
    with made_world(RICH) as world:
        home = world.homes[0]
        pool, _, secret = home.feed_secrets[0]
        opened = world.asker.ask("GET", f"/s/{secret}/pools/{pool.id}.atom")
        assert opened.status == 200
        refused = {
            faceless(world.asker.ask("GET", f"/s/{secret}{target}", HTML), pool.id)
            for target in (
                *(f"/pools/{pool.id}{rest}" for rest in ("", "/", ".html", "/edit", "/subscribe", ".ATOM")),
                *("/", "/account", "/api/v1/links", "/api/v1/me", "/opml", "/../account", "//account"),
                f"/pools/{pool.id}.atom/x",
                f"/pools/0{NO_ID}.atom",
                f"/pools/{home.pools[1].id}.atom",
                f"/s/{secret}/pools/{pool.id}.atom",
            )
        }
        assert [status for status, _ in refused] == [404]


def test_a_secret_stops_with_the_commit_that_cuts_it_off() -> None:
    from poolhouse.services.people import set_person_disabled
    from poolhouse.services.pools import trash_pool
    from poolhouse.services.secrets import cut_off

    with made_world(RICH) as world:
        first, second = world.homes
        door = FeedDoor(world.house)
        write = world.house.data.database.write

        def poll(home: Home, place: int, etag: bytes = b"") -> tuple[int, bytes]:
            pool, _, secret = home.feed_secrets[place]
            headers = [(b"if-none-match", etag)] if etag else []
            reply = door.answer(Request(b"GET", f"/s/{secret}/pools/{pool.id}.rss".encode(), b"", headers))
            assert reply is not None
            return reply.status, dict(reply.headers).get(b"etag", b"")

        for home, place, stop in (
            (first, 0, lambda: write(lambda tx: cut_off(tx, first.me, first.feed_secrets[0][1]))),
            (first, 2, lambda: write(lambda tx: trash_pool(tx, first.me, first.feed_secrets[2][0].id))),
            (second, 0, lambda: write(lambda tx: set_person_disabled(tx, second.name, is_disabled=True))),
        ):
            status, etag = poll(home, place)
            assert status == 200
            for _ in range(3):  # the second time from memory
                assert poll(home, place, etag)[0] == 304
            stop()
            assert poll(home, place, etag)[0] == 404
            assert poll(home, place)[0] == 404


@pytest.mark.parametrize("door", ["web", "api"])
def test_nobody_else_is_taken_for_a_person(door: str) -> None:
    """The one rule said once more in the plainest way: who is let in, is let in by the right key alone."""
    with made_world(RICH) as world:
        target = "/account" if door == "web" else "/api/v1/me"
        let_in = {
            caller.name
            for caller in world.callers()
            if world.asker.ask("GET", target, {**caller.headers, **HTML}).status == 200
        }
        kinds = {"web": ("session", "session beside a wrong password"), "api": ("token",)}[door]
        assert let_in == {f"{home.name}: {kind}" for home in world.homes for kind in kinds}


def test_basic_wants_the_readers_own_name() -> None:
    with made_world(RICH) as world:
        first, second = world.homes
        pool, _, secret = first.feed_secrets[0]
        target = f"/pools/{pool.id}.atom"
        statuses = {
            name: world.asker.ask("GET", target, basic(name, secret)).status
            for name in (first.name, first.name.upper(), second.name, "", "x")
        }
        assert statuses == {first.name: 200, first.name.upper(): 200, second.name: 401, "": 401, "x": 401}
