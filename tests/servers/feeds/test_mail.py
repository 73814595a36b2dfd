"""The inbox as a feed: what messages say, for those who may read it; files by a key that stops when its reader does."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import feedparser
import pytest

from poolhouse.servers.feeds.files import open_key, period_of
from poolhouse.services.feeds import ENTRY_LIMIT
from poolhouse.services.links import save_link
from poolhouse.services.people import set_person_disabled
from poolhouse.services.secrets import add_feed_secret, add_token, cut_off
from poolhouse.services.trash import trash_item
from poolhouse.types import PoolRole, Scope
from tests.conftest import make_person
from tests.letters import deliver, receive, write_letter

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import PoolId, Principal, Secret
    from tests.conftest import StillClock

HTML = (
    '<div style="display:none">hidden</div><p>Hello <a href="https://n.example/a">there</a>'
    '<img src="https://count.example/pixel.png" width="1"><img src="https://n.example/large.png" alt="Beds">'
    '<a href="https://n.example/unsubscribe?u=1">Unsubscribe</a></p>'
)


@pytest.fixture
def inbox(house: RunningHouse, principal: Principal) -> PoolId:
    return house.data.database.read(lambda tx: tx.pools.by_role(principal.person_id, PoolRole.INBOX)).id


@pytest.fixture
def reader(house: RunningHouse, principal: Principal, inbox: PoolId) -> tuple[Secret, str]:
    return house.data.database.write(
        lambda tx: add_feed_secret(tx, house.vault, principal, inbox, "a reader")
    )


def feed(client: TestClient, inbox: PoolId, secret: str, ending: str = "atom") -> str:
    answer = client.get(f"/s/{secret}/pools/{inbox}.{ending}")
    assert answer.status_code == 200
    text: str = answer.text
    return text


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_entries_are_what_messages_say(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str], ending: str
) -> None:
    item_id = receive(
        house.data, write_letter("Beds & <more>", html=HTML, List_Id="<garden.lists.example>")
    ).item_id
    receive(house.data, write_letter("Plain", "Just words, and https://n.example/b."))
    parsed = feedparser.parse(feed(client, inbox, reader[1], ending))
    assert not parsed.bozo
    plain, beds = parsed.entries
    assert (beds.title, plain.title) == ("Beds & <more>", "Plain")
    assert beds.author == "Robin"
    assert "robin@" not in feed(client, inbox, reader[1], ending)
    assert beds.link == f"http://pools.test/items/{item_id}"
    assert [tag.term for tag in beds.tags] == ["garden.lists.example"]
    content = beds.content[0].value
    assert 'href="https://n.example/a"' in content
    assert "[Beds]" in content
    for unwanted in ("hidden", "count.example", "large.png", "unsubscribe?u=1"):
        assert unwanted not in content
    assert 'href="https://n.example/b"' in plain.content[0].value


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_no_summary_shows_an_address(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str], ending: str
) -> None:
    text = (
        "Confirm that it is you: https://lists.example/confirm/abc123 or HTTPS://lists.example/c/%s, today."
        % ("x" * 400)
    )
    receive(house.data, write_letter("Welcome", text))
    said = feed(client, inbox, reader[1], ending)
    assert "Confirm that it is you: […]" in said.replace("\\u2026", "…")
    assert "abc123" not in said


def test_a_message_that_waits_or_cannot_be_read_has_an_entry(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    deliver(house.data, b"whatever")
    (entry,) = feedparser.parse(feed(client, inbox, reader[1])).entries
    assert entry.title == "(no subject)"
    assert "still being read" in entry.content[0].value


def test_a_date_that_cannot_be_is_not_believed(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    receive(house.data, write_letter("Future", Date="Fri, 01 Jan 2055 00:00:00 +0000"))
    receive(house.data, write_letter("Yesterday", Date="Thu, 01 Jan 2026 08:00:00 +0000"))
    yesterday, future = feedparser.parse(feed(client, inbox, reader[1])).entries
    assert future.published == "2026-01-02T03:04:05Z"
    assert yesterday.published == "2026-01-01T08:00:00Z"


def test_attachments_are_enclosures_in_every_format(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"), ("b.txt", b"bee"))))
    atom = ET.fromstring(feed(client, inbox, reader[1]))
    links = atom.findall(".//{*}entry/{*}link[@rel='enclosure']")
    rss = ET.fromstring(feed(client, inbox, reader[1], "rss"))
    enclosures = rss.findall(".//item/enclosure")
    attachments = client.get(f"/s/{reader[1]}/pools/{inbox}.json").json()["items"][0]["attachments"]
    assert [each.get("title") for each in links] == ["a.pdf", "b.txt"]
    assert [each.get("length") for each in enclosures] == ["6"]
    assert [each["size_in_bytes"] for each in attachments] == [6, 3]
    assert links[0].get("href") == enclosures[0].get("url") == attachments[0]["url"]
    answer = client.get(attachments[0]["url"])
    assert (answer.status_code, answer.content) == (200, b"%PDF-a")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")


def file_url(client: TestClient, inbox: PoolId, secret: str) -> str:
    found = re.search(r'rel="enclosure"[^>]*href="([^"]+)"', feed(client, inbox, secret))
    assert found
    return found[1]


def test_a_key_stops_with_its_reader_its_message_and_its_time(
    client: TestClient,
    house: RunningHouse,
    principal: Principal,
    inbox: PoolId,
    reader: tuple[Secret, str],
    clock: StillClock,
) -> None:
    item_id = receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"),))).item_id
    url = file_url(client, inbox, reader[1])
    clock.pass_seconds(timedelta(days=7).total_seconds())
    assert client.get(url).status_code == 200
    assert file_url(client, inbox, reader[1]) != url
    clock.pass_seconds(timedelta(days=7).total_seconds())
    assert client.get(url).status_code == 404
    url = file_url(client, inbox, reader[1])
    other = house.data.database.write(
        lambda tx: add_feed_secret(tx, house.vault, principal, inbox, "another")
    )
    theirs = file_url(client, inbox, other[1])
    assert theirs != url
    house.data.database.write(lambda tx: cut_off(tx, principal, reader[0].id))
    assert (client.get(url).status_code, client.get(theirs).status_code) == (404, 200)
    house.data.database.write(lambda tx: trash_item(tx, principal, item_id))
    assert client.get(theirs).status_code == 404


def test_only_a_readers_key_opens_and_only_while_its_person_may_read(
    house: RunningHouse, principal: Principal, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    data, vault = house.data, house.vault
    token, _ = data.database.write(lambda tx: add_token(tx, vault, principal, "a script"))
    now = data.database.clock.now()

    def opens(secret: Secret, period: int) -> Principal | None:
        key = vault.file_key(secret.id, inbox, period)
        return data.database.read(lambda tx: open_key(tx, vault, key, inbox, now))

    period = period_of(now)
    opened = opens(reader[0], period)
    assert opened is not None
    assert (opened.scope, opened.pool_id, opened.secret_id) == (Scope.FEED, inbox, reader[0].id)
    assert opens(reader[0], period - 1) == opened
    assert [opens(reader[0], period + 1), opens(reader[0], period - 2), opens(token, period)] == [None] * 3
    person = data.database.read(lambda tx: tx.persons.get(principal.person_id))
    assert person is not None
    data.database.write(lambda tx: set_person_disabled(tx, person.name, is_disabled=True))
    assert opens(reader[0], period) is None


def test_a_key_opens_nothing_else(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"),)))
    url = file_url(client, inbox, reader[1])
    path, key = url.split("?key=")
    for wrong in ("", "1.1.x", key[:-1] + ("A" if key[-1] != "A" else "B"), key.replace(".", "0.", 1)):
        assert client.get(f"{path}?key={wrong}").status_code == 404
    assert client.get(path).status_code == 404
    assert client.get(url.replace(f"/files/{inbox}/", "/files/999/")).status_code == 404
    assert (
        client.get(path.rsplit("/", 1)[0] + f"/1?key={key}").status_code == 404
    )  # the text is no attachment
    for number in ("9" * 18, "9" * 5_000, "-1", "x"):
        for wrong in (f"/files/{number}/1/2", f"/files/{inbox}/{number}/2"):
            assert client.get(f"{wrong}?key={key}").status_code == 404
    assert client.post(url).status_code == 405
    for page in (f"/pools/{inbox}", "/", "/api/v1/links"):
        assert client.get(f"{page}?key={key}").status_code in {401, 400}


def test_a_key_opens_no_file_of_anothers_whatever_the_pool_holds(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    letter = write_letter(files=(("a.pdf", b"%PDF-a"),))
    own = receive(house.data, letter).item_id
    url = file_url(client, inbox, reader[1])
    make_person(house, "ben")
    foreign = receive(house.data, letter, "ben@pools.test").item_id
    house.data.database.write(
        lambda tx: tx.memberships._run(
            "UPDATE membership SET pool_id = :pool_id, position = 99 WHERE item_id = :item_id",
            pool_id=inbox,
            item_id=foreign,
        )
    )
    assert client.get(url).status_code == 200
    assert client.get(url.replace(f"/{inbox}/{own}/", f"/{inbox}/{foreign}/")).status_code == 404


def test_an_unchanged_poll_is_304_until_keys_change(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str], clock: StillClock
) -> None:
    receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"),)))
    path = f"/s/{reader[1]}/pools/{inbox}.atom"
    first = client.get(path)
    polled = {"If-None-Match": first.headers["etag"]}
    clock.pass_seconds(60)
    assert client.get(path, headers=polled).status_code == 304
    assert client.get(path, headers=polled).status_code == 304
    clock.pass_seconds(timedelta(days=7).total_seconds())
    later = client.get(path, headers=polled)
    assert later.status_code == 200
    assert later.content != first.content


def test_the_tag_of_a_document_without_files_outlives_keys(
    client: TestClient, house: RunningHouse, principal: Principal, inbox: PoolId, clock: StillClock
) -> None:
    """Whatever else its owner has: another pool with files, older entries with files on another page."""
    database, vault = house.data.database, house.vault
    links = database.read(lambda tx: tx.pools.by_role(principal.person_id, PoolRole.BOOKMARKS)).id
    database.write(lambda tx: save_link(tx, principal, "https://example.org/", pool_id=links))
    receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"),)))
    for number in range(ENTRY_LIMIT):
        receive(house.data, write_letter(f"Plain {number}"))
    paths = []
    for pool_id in (links, inbox):
        secret = database.write(
            partial(add_feed_secret, vault=vault, principal=principal, pool_id=pool_id, label="x")
        )[1]
        paths.append(f"/s/{secret}/pools/{pool_id}.atom")
    paths.append(f"{paths[1]}?before=2")
    before = [client.get(path).headers["etag"] for path in paths]
    clock.pass_seconds(timedelta(days=7).total_seconds())
    polls = zip(paths, before, strict=True)
    answers = [client.get(path, headers={"If-None-Match": etag}).status_code for path, etag in polls]
    assert answers == [304, 304, 200]


def test_no_message_can_fish_for_keys(
    client: TestClient, house: RunningHouse, inbox: PoolId, reader: tuple[Secret, str]
) -> None:
    """What stands for the key in kept entries is nobody's to know, and different in each server."""
    receive(house.data, write_letter(files=(("a.pdf", b"%PDF-a"),)))
    key = file_url(client, inbox, reader[1]).split("?key=")[1]
    body = feed(client, inbox, reader[1])
    assert body.count(key) == body.count("/files/")
