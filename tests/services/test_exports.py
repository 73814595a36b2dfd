"""Exports: nothing is left out of the JSON lines, and the bookmark file can be imported again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from poolhouse.formats.netscape import read_netscape
from poolhouse.formats.opml import OpmlFeed, write_opml
from poolhouse.rules.addresses import Addresses
from poolhouse.services.captures import recapture
from poolhouse.services.exports import export_json_lines, export_netscape, export_opml
from poolhouse.services.imports import import_batch, plan_import
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import add_pool, edit_pool, find_or_add_pool, list_pools, trash_pool
from poolhouse.services.reading import pools_of_item, search_items
from poolhouse.services.secrets import add_feed_secret
from poolhouse.services.trash import trash_item
from poolhouse.types import Mark, PageState, PersonId, Principal
from tests.conftest import make_person, principal_of
from tests.store.readings import read

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction

HOSTILE = 'A <b>"bold"</b> & \u2028 title ]]> 🎈'


def furnish(house: RunningHouse, principal: Principal) -> None:
    """Pools, a saved search, links in several of them, some in the trash."""

    def make(tx: Transaction) -> None:
        python = find_or_add_pool(tx, principal, ["Reading", "Python"])
        add_pool(tx, principal, "Starred", query="is:starred")
        gone = add_pool(tx, principal, "Gone")
        first = save_link(
            tx,
            principal,
            "https://example.org/1?a=1&b=2",
            title=HOSTILE,
            note="one\n\ntwo <script>",
            tags=["x y", "é"],
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
        ).item
        save_link(tx, principal, "https://example.org/2", pool_id=python.id)
        edit_link(
            tx,
            principal,
            first.id,
            pool_ids=[*[p.id for p in pools_of_item(tx, principal, first.id)], python.id],
        )
        mark_item(tx, principal, first.id, Mark.STARRED, is_on=True)
        mark_item(tx, principal, first.id, Mark.READ, is_on=True)
        trash_item(tx, principal, save_link(tx, principal, "https://example.org/3").item.id)
        save_link(tx, principal, "https://example.org/4", pool_id=gone.id)
        trash_pool(tx, principal, gone.id)

    house.data.database.write(make)


def documents(house: RunningHouse, principal: Principal) -> list[dict[str, Any]]:
    text = house.read(lambda tx: "".join(export_json_lines(tx, principal)))
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_json_lines_hold_everything(house: RunningHouse, principal: Principal) -> None:
    furnish(house, principal)
    head, *rest = documents(house, principal)
    assert (head["type"], head["version"], head["person"]) == ("export", 1, "anna")
    pools = {each["path"]: each for each in rest if each["type"] == "pool"}
    items = {each["url"]: each for each in rest if each["type"] == "item"}
    assert pools.keys() == {"Bookmarks", "Inbox", "Reading", "Reading/Python", "Starred", "Gone"}
    assert (pools["Starred"]["kind"], pools["Starred"]["query"]) == ("computed", "is:starred")
    assert pools["Bookmarks"]["role"] == "bookmarks"
    assert pools["Gone"]["trashed_at"] == "2026-01-02T03:04:05Z"
    assert len(items) == 4
    first = items["https://example.org/1?a=1&b=2"]
    assert first["title"] == HOSTILE.replace("\u2028 ", "")
    assert first["note"] == "one\n\ntwo <script>"
    assert set(first["tags"]) == {"x y", "é"}
    assert first["marks"] == ["read", "starred"]
    assert first["created_at"] == "2020-01-01T00:00:00Z"
    assert {(place["path"], place["rank"]) for place in first["pools"]} == {
        ("Bookmarks", 1),
        ("Reading/Python", 2),
    }
    for number, path in ((3, "Bookmarks"), (4, "Gone")):
        item = items[f"https://example.org/{number}"]
        assert item["trashed_at"] is not None
        assert [(place["path"], place["rank"]) for place in item["pools"]] == [(path, None)]


def test_json_lines_name_every_version_of_a_page_after_its_item(
    house: RunningHouse, principal: Principal
) -> None:
    furnish(house, principal)
    blobs, write = house.blobs, house.data.database.write

    def capture(tx: Transaction, text: str) -> None:
        item = search_items(tx, principal, "2")[0]
        if item.page_state is not PageState.PENDING:
            recapture(tx, principal, item.id)
        read(
            tx,
            item.id,
            text,
            blobs,
            language="en",
            excerpt="An",
            published_at=datetime(2025, 1, 1, tzinfo=UTC),
        )

    for text in ("first", "second one"):
        write(lambda tx, text=text: capture(tx, text))  # type: ignore[misc] # mypy cannot infer a lambda's default
    write(lambda tx: edit_pool(tx, principal, list_pools(tx, principal)[0].id, feed_text=True))
    lines = [line for line in documents(house, principal) if line["type"] != "pool"]
    captures = [line for line in lines if line["type"] == "capture"]
    assert [line["word_count"] for line in captures] == [1, 2]
    last = captures[1]
    place = lines.index(captures[0])
    assert (lines[place - 1]["type"], lines[place - 1]["id"]) == ("item", last["item"])
    assert (last["mode"], last["language"], last["excerpt"]) == ("text", "en", "An")
    assert (last["published_at"], last["captured_at"]) == ("2025-01-01T00:00:00Z", "2026-01-02T03:04:05Z")
    assert blobs.get(last["blobs"]["reader"]) is not None
    assert "text" not in last
    whole = house.read(lambda tx: list(export_json_lines(tx, principal, has_texts=True)))
    texts = [json.loads(line).get("text") for line in whole]
    assert [text for text in texts if text] == ["first", "second one"]
    pools = [json.loads(line) for line in whole if '"type":"pool"' in line]
    assert {(pool["kind"], pool["capture"]) for pool in pools} == {("manual", "text"), ("computed", "off")}
    assert [pool["path"] for pool in pools if pool["feed_text"]] == ["Bookmarks"]


def test_json_lines_do_not_need_the_search_index(house: RunningHouse, principal: Principal) -> None:
    furnish(house, principal)
    house.data.database.write(lambda tx: tx.items._run("DELETE FROM item_text"))
    urls = {each["url"] for each in documents(house, principal) if each["type"] == "item"}
    assert urls == {"https://example.org/1?a=1&b=2", *(f"https://example.org/{n}" for n in (2, 3, 4))}


def test_exports_tell_nothing_of_others_nor_secrets(house: RunningHouse, principal: Principal) -> None:
    furnish(house, principal)
    ben = principal_of(make_person(house, "ben"))
    text = house.data.database.write(
        lambda tx: add_feed_secret(tx, house.vault, principal, list_pools(tx, principal)[0].id, "reader")
    )[1]
    for owner in (principal, ben):
        exports = house.read(
            lambda tx, owner=owner: "".join(  # type: ignore[misc] # mypy cannot infer a lambda's default
                (
                    *export_json_lines(tx, owner),
                    export_netscape(tx, owner),
                    export_opml(tx, owner, house.addresses),
                )
            )
        )
        assert text not in exports
        assert ("example.org" in exports) is (owner is principal)


def kept(house: RunningHouse, principal: Principal) -> dict[str, tuple[Any, ...]]:
    def ask(tx: Transaction) -> dict[str, tuple[Any, ...]]:
        return {
            item.url: (
                item.title,
                item.note,
                frozenset(item.tags),
                item.created_at,
                Mark.READ in item.marks,
                frozenset(pool.path for pool in pools_of_item(tx, principal, item.id) if pool.query is None),
            )
            for item in search_items(tx, principal, "", limit=200)
        }

    return house.read(ask)


def test_a_bookmark_file_can_be_imported_again(house: RunningHouse, principal: Principal) -> None:
    furnish(house, principal)
    file = house.read(lambda tx: export_netscape(tx, principal)).encode()
    ben = principal_of(make_person(house, "ben"))
    plan = plan_import(read_netscape(file))
    report = house.data.database.write(lambda tx: import_batch(tx, ben, plan))
    assert (report.added, report.merged, report.refused) == (2, 1, ())
    assert kept(house, ben) == kept(house, principal)


def test_walks_pools_of_more_than_a_page(house: RunningHouse, principal: Principal) -> None:
    count = 501

    def fill(tx: Transaction) -> None:
        for number in range(count):
            save_link(tx, principal, f"https://example.org/{number}")

    house.data.database.write(fill)
    file = house.read(lambda tx: export_netscape(tx, principal)).encode()
    urls = [bookmark.url for bookmark in read_netscape(file).bookmarks]
    assert urls == [f"https://example.org/{number}" for number in reversed(range(count))]
    assert sum(each["type"] == "item" for each in documents(house, principal)) == count


def test_opml_lists_every_feed(house: RunningHouse, principal: Principal) -> None:
    furnish(house, principal)
    text = house.read(lambda tx: export_opml(tx, principal, Addresses("https://pools.example")))
    root = ET.fromstring(text.encode())
    outlines = root.findall("./body/outline")
    assert [each.get("text") for each in outlines] == [
        "Bookmarks",
        "Inbox",
        "Reading",
        "Reading/Python",
        "Starred",
    ]
    assert {each.get("type") for each in outlines} == {"rss"}
    assert all(
        (each.get("xmlUrl") or "").startswith("https://pools.example/pools/")
        and (each.get("xmlUrl") or "").endswith(".atom")
        for each in outlines
    )


def test_opml_stands_hostile_names() -> None:
    name = 'a"b<c>&\x00\ud800\uffff]]>'
    text = write_opml(
        name, [OpmlFeed(title=name, feed_url="https://e.example/?a&b", home_url="https://e.example/")]
    )
    outline = ET.fromstring(text.encode()).find("./body/outline")
    assert outline is not None
    assert outline.get("text") == 'a"b<c>&]]>'
    assert outline.get("xmlUrl") == "https://e.example/?a&b"


def test_a_person_who_is_gone_has_nothing(house: RunningHouse) -> None:
    nobody = principal_of(make_person(house, "zoe"))
    nobody = Principal(person_id=PersonId(nobody.person_id + 1), scope=nobody.scope)
    assert [each["type"] for each in documents(house, nobody)] == ["export"]
