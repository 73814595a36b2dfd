"""The feed door: who gets in, what is new, and what stops at once."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import feedparser
import pytest

from poolhouse.servers.feeds.documents import DOCUMENT_LIMIT_BYTES
from poolhouse.servers.feeds.door import FeedDoor
from poolhouse.servers.http.message import Reply, Request
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.people import set_person_disabled, start_session
from poolhouse.services.pools import add_pool, edit_pool, find_pool, trash_pool
from poolhouse.services.secrets import add_feed_secret, add_token, cut_off
from poolhouse.services.trash import trash_item
from poolhouse.types import FeedFormat, Person, PoolId, Principal, Secret
from tests.conftest import make_person, principal_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from tests.conftest import StillClock


@dataclass
class Feeds:
    """Anna's Bookmarks behind the door, with one reader's secret."""

    house: RunningHouse
    clock: StillClock
    door: FeedDoor
    principal: Principal
    pool_id: PoolId
    secret: Secret
    text: str

    def get(self, path: str | None = None, *, query: str = "", **headers: str) -> Reply:
        sent = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        reply = self.door.answer(
            Request(b"GET", (path or self.path()).encode("latin-1"), query.encode(), sent)
        )
        assert reply is not None
        return reply

    def path(self, suffix: str = "atom", secret: str | None = None) -> str:
        return f"/s/{secret or self.text}/pools/{self.pool_id}.{suffix}"

    def save(self, url: str, **more: str) -> int:
        saved = self.house.data.database.write(lambda tx: save_link(tx, self.principal, url, **more))  # type: ignore[arg-type]
        return saved.item.id


@pytest.fixture
def feeds(house: RunningHouse, clock: StillClock, principal: Principal) -> Feeds:
    write = house.data.database.write
    pool = write(lambda tx: find_pool(tx, principal, "Bookmarks"))
    secret, text = write(lambda tx: add_feed_secret(tx, house.vault, principal, pool.id, "newsboat"))
    made = Feeds(house, clock, FeedDoor(house), principal, pool.id, secret, text)
    made.save("https://example.org/1", title="One")
    clock.pass_seconds(60)
    return made


def header(reply: Reply, name: str) -> str:
    return dict(reply.headers)[name.encode()].decode()


def basic(name: str, secret: str) -> str:
    return "Basic " + b64encode(f"{name}:{secret}".encode()).decode()


def titles(reply: Reply) -> list[str]:
    assert reply.status in {200, 226}
    parsed = feedparser.parse(reply.body)
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


@pytest.mark.parametrize("suffix", [each.value for each in FeedFormat])
def test_a_secret_in_the_path_opens_every_format(feeds: Feeds, suffix: str) -> None:
    reply = feeds.get(feeds.path(suffix))
    assert reply.status == 200
    assert b"https://example.org/1" in reply.body
    assert header(reply, "content-type").startswith("application/")


def test_one_address_three_ways_in(feeds: Feeds) -> None:
    address = f"/pools/{feeds.pool_id}.atom"
    _, cookie = feeds.house.data.database.write(
        lambda tx: start_session(tx, feeds.house.vault, feeds.principal.person_id, "browser")
    )
    _, token = feeds.house.data.database.write(
        lambda tx: add_token(tx, feeds.house.vault, feeds.principal, "script")
    )
    by_basic = feeds.get(address, authorization=basic("anna", feeds.text))
    by_cookie = feeds.get(address, cookie=f"a=b; poolhouse_session={cookie}")
    by_token = feeds.get(address, authorization=f"Bearer {token}")
    assert by_basic.status == 200
    assert by_basic == by_cookie == by_token


def test_basic_also_as_readers_send_it_that_do_not_decode_urls(feeds: Feeds) -> None:
    address = f"/pools/{feeds.pool_id}.atom"
    assert feeds.get(address, authorization=basic("%61nna", feeds.text)).status == 200
    assert feeds.get(address, authorization=basic("ANNA", feeds.text)).status == 200
    assert feeds.get(address, authorization=basic("bob", feeds.text)).status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"\xff\xfe").decode(),
        basic("anna", "x" * 32),
        basic("anna", ""),
        "Bearer nonsense",
        "Digest username=anna",
    ],
)
def test_a_wrong_authorization_is_challenged_and_no_cookie_mends_it(feeds: Feeds, authorization: str) -> None:
    reply = feeds.get(f"/pools/{feeds.pool_id}.rss", authorization=authorization)
    assert reply.status == 401
    assert header(reply, "www-authenticate") == 'Basic realm="Poolhouse", charset="UTF-8"'


def test_without_credentials_a_challenge_and_never_a_redirect(feeds: Feeds) -> None:
    for pool_id in (feeds.pool_id, 999_999):
        assert feeds.get(f"/pools/{pool_id}.json").status == 401


def test_a_secret_opens_its_pool_alone(feeds: Feeds) -> None:
    other = feeds.house.data.database.write(lambda tx: add_pool(tx, feeds.principal, "Other"))
    made_up = feeds.get(f"/s/{feeds.text}/pools/999999.atom")
    not_mine = feeds.get(f"/s/{feeds.text}/pools/{other.id}.atom")
    assert made_up == not_mine
    assert made_up.status == 404
    assert feeds.get(f"/s/{'x' * 32}/pools/{feeds.pool_id}.atom") == made_up
    assert feeds.get("/s/anything/else") == made_up


def test_tokens_and_cookies_open_no_secret_address(feeds: Feeds) -> None:
    write = feeds.house.data.database.write
    _, token = write(lambda tx: add_token(tx, feeds.house.vault, feeds.principal, "script"))
    _, cookie = write(lambda tx: start_session(tx, feeds.house.vault, feeds.principal.person_id, "x"))
    assert feeds.get(feeds.path(secret=token)).status == 404
    assert feeds.get(feeds.path(secret=cookie)).status == 404
    assert feeds.get(f"/pools/{feeds.pool_id}.atom", authorization=basic("anna", token)).status == 401


def test_other_people_stay_outside(feeds: Feeds) -> None:
    bob = principal_of(make_person(feeds.house, "bob"))
    _, cookie = feeds.house.data.database.write(
        lambda tx: start_session(tx, feeds.house.vault, bob.person_id, "x")
    )
    assert feeds.get(f"/pools/{feeds.pool_id}.atom", cookie=f"poolhouse_session={cookie}").status == 404


def test_unchanged_is_304_by_etag_and_by_time(feeds: Feeds) -> None:
    first = feeds.get()
    etag, modified = header(first, "etag"), header(first, "last-modified")
    assert not etag.startswith("W/")
    for sent in (
        {"if_none_match": etag},
        {"if_none_match": f'"other", W/{etag}'},
        {"if_none_match": "*"},
        {"if_modified_since": modified},
        {"if_none_match": etag, "if_modified_since": "Sat, 01 Jan 2000 00:00:00 GMT"},
    ):
        reply = feeds.get(**sent)
        assert (reply.status, reply.body) == (304, b"")
        assert header(reply, "etag") == etag
    for sent in (
        {"if_none_match": '"other"', "if_modified_since": modified},
        {"if_modified_since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"if_modified_since": "yesterday"},
    ):
        assert feeds.get(**sent).status == 200


def test_304_only_after_the_secret_is_good(feeds: Feeds) -> None:
    etag = header(feeds.get(), "etag")
    assert feeds.get(feeds.path(secret="x" * 32), if_none_match=etag).status == 404
    assert feeds.get(f"/pools/{feeds.pool_id}.atom", if_none_match="*").status == 401


def test_cutting_off_stops_the_next_poll_and_its_304(feeds: Feeds) -> None:
    etag = header(feeds.get(), "etag")
    assert feeds.get(if_none_match=etag).status == 304
    assert feeds.get(if_none_match=etag).status == 304  # from memory
    feeds.house.data.database.write(lambda tx: cut_off(tx, feeds.principal, feeds.secret.id))
    assert feeds.get(if_none_match=etag).status == 404
    assert feeds.get(f"/pools/{feeds.pool_id}.atom", authorization=basic("anna", feeds.text)).status == 401


@pytest.mark.parametrize("deed", ["disable", "trash"])
def test_a_disabled_person_and_a_deleted_pool_stop_at_once(feeds: Feeds, person: Person, deed: str) -> None:
    write = feeds.house.data.database.write
    pool = write(lambda tx: add_pool(tx, feeds.principal, "Gone soon"))
    _, text = write(lambda tx: add_feed_secret(tx, feeds.house.vault, feeds.principal, pool.id, "r"))
    path = f"/s/{text}/pools/{pool.id}.atom"
    assert feeds.get(path).status == 200
    if deed == "disable":
        write(lambda tx: set_person_disabled(tx, person.name, is_disabled=True))
    else:
        write(lambda tx: trash_pool(tx, feeds.principal, pool.id))
    assert feeds.get(path, if_none_match="*").status == 404


@pytest.mark.parametrize("deed", ["save", "edit", "trash", "rename"])
def test_every_visible_change_is_seen(feeds: Feeds, deed: str) -> None:
    etag = header(feeds.get(), "etag")
    write = feeds.house.data.database.write
    item_id = write(lambda tx: tx.memberships.item_ids(feeds.pool_id))[0]
    match deed:
        case "save":
            feeds.save("https://example.org/2")
        case "edit":
            write(lambda tx: edit_link(tx, feeds.principal, item_id, title="New"))
        case "trash":
            write(lambda tx: trash_item(tx, feeds.principal, item_id))
        case _:
            pool = write(lambda tx: add_pool(tx, feeds.principal, "Passing"))
            write(lambda tx: edit_pool(tx, feeds.principal, pool.id, name="By"))
            _, text = write(lambda tx: add_feed_secret(tx, feeds.house.vault, feeds.principal, pool.id, "r"))
            path = f"/s/{text}/pools/{pool.id}.atom"
            etag = header(feeds.get(path), "etag")
            write(lambda tx: edit_pool(tx, feeds.principal, pool.id, name="Through"))
            assert feeds.get(path, if_none_match=etag).status == 200
            return
    assert feeds.get(if_none_match=etag).status == 200


def test_a_change_elsewhere_is_no_change_here(feeds: Feeds) -> None:
    other = feeds.house.data.database.write(lambda tx: add_pool(tx, feeds.principal, "Other"))
    before = feeds.get()
    feeds.house.data.database.write(
        lambda tx: save_link(tx, feeds.principal, "https://example.org/x", pool_id=other.id)
    )
    assert feeds.get(if_none_match=header(before, "etag")).status == 304
    assert feeds.get() == before


def test_two_changes_in_one_second_are_two_for_a_reader_of_times(feeds: Feeds) -> None:
    feeds.save("https://example.org/2", title="Two")
    modified = header(feeds.get(), "last-modified")
    feeds.save("https://example.org/3", title="Three")
    reply = feeds.get(if_modified_since=modified)
    assert titles(reply)[0] == "Three"
    # libcurl (newsboat) throws the body away where Last-Modified is not later than what it showed
    assert b"last-modified" not in dict(reply.headers)
    feeds.clock.pass_seconds(10)
    settled = feeds.get(if_modified_since=modified)
    assert settled.status == 200
    assert feeds.get(if_modified_since=header(settled, "last-modified")).status == 304


def test_an_empty_pool_has_validators_too(feeds: Feeds) -> None:
    pool = feeds.house.data.database.write(lambda tx: add_pool(tx, feeds.principal, "Empty"))
    _, text = feeds.house.data.database.write(
        lambda tx: add_feed_secret(tx, feeds.house.vault, feeds.principal, pool.id, "r")
    )
    reply = feeds.get(f"/s/{text}/pools/{pool.id}.rss")
    assert titles(reply) == []
    assert header(reply, "etag")
    assert header(reply, "last-modified")


def test_only_what_is_new_for_readers_that_ask_so(feeds: Feeds) -> None:
    etag = header(feeds.get(), "etag")
    feeds.save("https://example.org/2", title="Two")
    reply = feeds.get(if_none_match=etag, a_im="feed")
    assert reply.status == 226
    assert header(reply, "im") == "feed"
    assert "no-store" in header(reply, "cache-control")
    assert titles(reply) == ["Two"]
    assert titles(feeds.get(if_none_match=etag)) == ["Two", "One"]
    assert feeds.get(if_none_match='"unknown"', a_im="feed").status == 200
    assert feeds.get(if_none_match=etag, a_im="feed", user_agent="rss2email/3.14 (x)").status == 200
    now = header(feeds.get(), "etag")
    assert feeds.get(if_none_match=now, a_im="feed").status == 304


def test_more_news_than_a_document_holds_is_the_whole_document(feeds: Feeds) -> None:
    etag = header(feeds.get(), "etag")
    for number in range(60):
        feeds.save(f"https://example.org/n{number}")
    reply = feeds.get(if_none_match=etag, a_im="feed")
    assert reply.status == 200
    assert len(titles(reply)) == 50


def _walk(feeds: Feeds, link: str) -> list[str]:
    found: list[str] = []
    query = ""
    while True:
        parsed = feedparser.parse(feeds.get(query=query).body)
        found += [entry.link for entry in parsed.entries]
        following = [each.href for each in parsed.feed.links if each.rel == link]
        if not following:
            return found
        query = following[0].partition("?")[2]


@pytest.mark.parametrize("link", ["next", "prev-archive"])
def test_pages_and_archives_hold_everything(feeds: Feeds, link: str) -> None:
    expected = {"https://example.org/1"}
    for number in range(2, 180):
        feeds.save(f"https://example.org/{number}")
        expected.add(f"https://example.org/{number}")
    feeds.save("https://example.org/7")  # saved again: it moves to the top
    found = _walk(feeds, link)
    assert set(found) == expected
    if link == "next":
        assert len(found) == len(expected)


def test_an_archive_says_so_and_keeps_its_bytes(feeds: Feeds) -> None:
    for number in range(2, 60):
        feeds.save(f"https://example.org/{number}")
    archive = feeds.get(query="archive=1")
    assert b"archive/>" in archive.body
    feeds.save("https://example.org/later")
    assert feeds.get(query="archive=1").body.count(b"<entry>") == archive.body.count(b"<entry>")
    for query in ("archive=2", "archive=0", "archive=99999999999"):
        assert feeds.get(query=query).status == 404


@pytest.mark.parametrize(
    "query", ["", "before=", "before=x", "before=-1", "utm=1&before", "%00", "a" * 5_000]
)
def test_odd_queries_are_the_newest_document(feeds: Feeds, query: str) -> None:
    assert titles(feeds.get(query=query)) == ["One"]


def test_a_document_stays_within_its_size_and_names_the_rest(feeds: Feeds) -> None:
    for number in range(30):
        feeds.save(f"https://example.org/long{number}", note="long " * 8_000)
    assert len(feeds.get().body) <= DOCUMENT_LIMIT_BYTES
    assert len(_walk(feeds, "next")) == 31


def test_self_is_the_address_asked_and_no_other_secret_shows(feeds: Feeds) -> None:
    reply = json.loads(feeds.get(feeds.path("json")).body)
    assert reply["feed_url"] == f"http://pools.test{feeds.path('json')}"
    canonical = feeds.get(f"/pools/{feeds.pool_id}.json", authorization=basic("anna", feeds.text))
    assert feeds.text.encode() not in canonical.body
    assert json.loads(canonical.body)["feed_url"] == f"http://pools.test/pools/{feeds.pool_id}.json"


def test_private_headers_on_every_answer(feeds: Feeds) -> None:
    for reply in (
        feeds.get(),
        feeds.get(if_none_match="*"),
        feeds.get("/s/x/pools/1.atom"),
        feeds.get(f"/pools/{feeds.pool_id}.atom"),
    ):
        assert header(reply, "cache-control").startswith("private")
        assert header(reply, "vary") == "Authorization, Cookie"
        assert header(reply, "referrer-policy") == "no-referrer"
        assert header(reply, "x-robots-tag") == "noindex"


def test_a_saved_search_is_a_feed_like_any(feeds: Feeds) -> None:
    write = feeds.house.data.database.write
    pool = write(lambda tx: add_pool(tx, feeds.principal, "Py", query="tag:python"))
    _, text = write(lambda tx: add_feed_secret(tx, feeds.house.vault, feeds.principal, pool.id, "r"))
    path = f"/s/{text}/pools/{pool.id}.atom"
    etag = header(feeds.get(path), "etag")
    for suffix in ("atom", "rss", "json"):
        document = feeds.get(f"/s/{text}/pools/{pool.id}.{suffix}").body
        assert b"Saved search" in document
        assert b"tag:python" not in document
    feeds.save("https://example.org/other")
    assert feeds.get(path, if_none_match=etag).status == 304
    write(lambda tx: save_link(tx, feeds.principal, "https://example.org/py", title="Snake", tags=["Python"]))
    assert titles(feeds.get(path, if_none_match=etag)) == ["Snake"]


def test_uses_are_noted_with_reader_and_status(feeds: Feeds) -> None:
    feeds.get(user_agent="newsboat/2.21")
    uses = feeds.house._uses
    assert uses[feeds.secret.id].user_agent == "newsboat/2.21"
    assert uses[feeds.secret.id].status == 200


def test_other_addresses_are_not_the_doors(feeds: Feeds) -> None:
    for path in (b"/pools/1", b"/pools/1.html", b"/pools/1.atom/x", b"/", b"/pools/x.atom"):
        assert feeds.door.answer(Request(b"GET", path, b"", [])) is None


@pytest.mark.parametrize("number", ["9" * 5_000, "0" * 16, "٣", "-1"])
def test_an_odd_number_is_no_pool_and_no_fault(client: TestClient, number: str) -> None:
    assert client.get(f"/pools/{number}.atom").status_code in {401, 404}
