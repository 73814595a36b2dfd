"""One link read here: its text, its versions, and what stands there when there is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.pools import add_pool, edit_pool
from poolhouse.services.reading import get_item
from poolhouse.services.trash import trash_item
from poolhouse.types import CaptureMode, LinkHealth, PageState
from tests.conftest import make_person, principal_of
from tests.servers.web.conftest import keep, keep_page

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Item, ItemId, Principal
    from tests.servers.web.conftest import Browser

URL = "https://essays.example/memex"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def item(house: RunningHouse, principal: Principal) -> Item:
    return keep(house, principal, URL, title="As We May Think", note="four hundred", tags=["essay"])


def set_state(house: RunningHouse, item_id: ItemId, state: PageState, error: str | None = None) -> None:
    house.data.database.write(lambda tx: tx.items.edit(item_id, page_state=state, page_error=error))


def frame_of(page: str) -> str:
    found = re.search(r'<iframe class="text" src="([^"]+)"', page)
    assert found
    return found[1]


def test_captured_page_is_shown_in_a_frame(browser: Browser, house: RunningHouse, item: Item) -> None:
    published = datetime(1945, 7, 1, tzinfo=UTC)
    capture_id = keep_page(house, item, author="Vannevar Bush", published_at=published)
    answer = browser.get(f"/items/{item.id}")
    for words in (
        "Vannevar Bush",
        "essays.example",
        "1 July 1945",
        "4 minutes to read",
        "four hundred",
        "essay",
    ):
        assert words in answer.text
    assert frame_of(answer.text) == f"/items/{item.id}/captures/{capture_id}/text"
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in answer.text
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-src" not in browser.get("/").headers["content-security-policy"]
    assert "Trails" not in answer.text
    assert "The page as it was" not in answer.text


def test_versions_newest_first_and_one_of_them_chosen(
    browser: Browser, house: RunningHouse, item: Item
) -> None:
    old, new = keep_page(house, item, "<p>old</p>"), keep_page(house, item, "<p>new</p>", page="<h1>x</h1>")
    page = browser.get(f"/items/{item.id}").text
    assert re.findall(r"version=(\d+)\"><time", page) == [str(new), str(old)]
    assert frame_of(page).endswith(f"/{new}/text")
    assert f"/captures/{new}/page" in page
    assert "1.2 MB" in page
    older = browser.get(f"/items/{item.id}?version={old}").text
    assert frame_of(older).endswith(f"/{old}/text")
    assert "The page as it was" not in older
    assert browser.get(f"/items/{item.id}?version=999").status_code == 404


def test_delete_version(browser: Browser, house: RunningHouse, item: Item) -> None:
    old, new = keep_page(house, item), keep_page(house, item)
    page = browser.get(f"/items/{item.id}").text
    assert "goes for good" in page
    done = browser.send(f"/items/{item.id}/captures/{new}/delete")
    assert done.headers["location"] == f"/items/{item.id}"
    assert browser.said(f"/items/{item.id}").startswith("That version is deleted for good")
    assert frame_of(browser.get(f"/items/{item.id}").text).endswith(f"/{old}/text")
    assert browser.get(f"/items/{item.id}/captures/{new}/text").status_code == 404


def test_read_again(browser: Browser, house: RunningHouse, item: Item, principal: Principal) -> None:
    keep_page(house, item)
    before = house.read(lambda tx: len(tx.tuples.of(principal.person_id, limit=100)))
    for _ in range(2):  # asked for twice is asked for once
        assert browser.send(f"/items/{item.id}/capture").headers["location"] == f"/items/{item.id}"
    assert get_item(house.glance(), principal, item.id).page_state is PageState.PENDING
    assert house.read(lambda tx: len(tx.tuples.of(principal.person_id, limit=100))) == before + 1
    page = browser.get(f"/items/{item.id}").text
    assert "The page is being read." in page
    assert frame_of(page)
    assert "Read the page again" not in page


def test_pending(browser: Browser, item: Item) -> None:
    page = browser.get(f"/items/{item.id}").text
    assert "The page is being read." in page
    assert "Reload this page" in page
    assert "<iframe" not in page


def test_failed(browser: Browser, house: RunningHouse, item: Item) -> None:
    set_state(house, item.id, PageState.FAILED, "The site did not answer.")
    page = browser.get(f"/items/{item.id}").text
    assert "The page could not be read: The site did not answer." in page
    assert f'action="/items/{item.id}/capture"' in page
    assert "Try again" in page


def test_failed_again_keeps_what_was_there(browser: Browser, house: RunningHouse, item: Item) -> None:
    keep_page(house, item)
    set_state(house, item.id, PageState.FAILED, "Gone wrong.")
    page = browser.get(f"/items/{item.id}").text
    assert "What was kept before is here." in page
    assert frame_of(page)


def test_switched_off_says_how_to_switch_on(
    browser: Browser, house: RunningHouse, item: Item, principal: Principal
) -> None:
    pools = house.read(lambda tx: tx.memberships.of_item(item.id))
    house.data.database.write(lambda tx: edit_pool(tx, principal, pools[0].id, capture=CaptureMode.OFF))
    set_state(house, item.id, PageState.DONE)
    page = browser.get(f"/items/{item.id}").text
    assert "Nothing but the title is kept" in page
    assert f'href="/pools/{pools[0].id}/edit#capture"' in page
    assert 'id="capture"' in browser.get(f"/pools/{pools[0].id}/edit").text


def test_nothing_to_read(browser: Browser, house: RunningHouse, item: Item, principal: Principal) -> None:
    set_state(house, item.id, PageState.DONE)
    assert "There is no text of this page here" in browser.get(f"/items/{item.id}").text
    set_state(house, item.id, PageState.UNWANTED)
    assert "Read the page" in browser.get(f"/items/{item.id}").text
    keep_page(house, item, "", page="<img>", word_count=0)
    page = browser.get(f"/items/{item.id}").text
    assert "There is no text in this page" in page
    assert "The page as it was" in page
    letter = keep(house, principal, "mailto:anna@example.org")
    page = browser.get(f"/items/{letter.id}").text
    assert "another program" in page
    assert "/capture" not in page.replace("/items/", "", 1).partition("<main")[2]


def test_why_a_page_that_was_read_has_no_text(browser: Browser, house: RunningHouse, item: Item) -> None:
    why = "The page shows its text only to who agrees to its cookies."
    set_state(house, item.id, PageState.DONE, why)
    assert why in browser.get(f"/items/{item.id}").text
    kept = keep_page(house, item, "", page="<img>", word_count=0)
    set_state(house, item.id, PageState.DONE, why)
    page = browser.get(f"/items/{item.id}").text
    assert why in page
    assert "The page as it was is kept." in page
    assert "There is no text in this page" not in page
    form = browser.get(f"/items/{item.id}/edit").text
    assert why in form
    assert "could not be read" not in form
    # a later reading that met a wall leaves the text that was there before, and says so beside the newest alone
    keep_page(house, item, "<p>Trails</p>")
    set_state(house, item.id, PageState.DONE, why)
    assert f"When the page was read last: {why}" in browser.get(f"/items/{item.id}").text
    assert why not in browser.get(f"/items/{item.id}?version={kept}").text


def test_former_address(browser: Browser, house: RunningHouse, item: Item, principal: Principal) -> None:
    capture_id = keep_page(house, item)
    browser.send(f"/items/{item.id}/edit", url="https://elsewhere.example/", title="Moved", pools="2")
    page = browser.get(f"/items/{item.id}").text
    assert "<iframe" not in page
    page = browser.get(f"/items/{item.id}?version={capture_id}").text
    assert "former address" in page
    assert URL in page


def test_dead_link_says_since_when_and_why(browser: Browser, house: RunningHouse, item: Item) -> None:
    at = datetime(2025, 12, 24, tzinfo=UTC)
    health = LinkHealth(failing_since=at, dead_since=at, dead_reason="no such page.")
    house.data.database.write(lambda tx: tx.checks.record(item.id, health))
    assert "The page is gone since 24 December 2025: no such page." in browser.get(f"/items/{item.id}").text
    assert "gone since 24 December 2025" in browser.get("/").text


def test_in_trash_is_shown_and_not_read(
    browser: Browser, house: RunningHouse, item: Item, principal: Principal
) -> None:
    keep_page(house, item)
    house.data.database.write(lambda tx: trash_item(tx, principal, item.id))
    page = browser.get(f"/items/{item.id}").text
    assert "This link is in the trash." in page
    assert frame_of(page)
    assert "Read the page again" not in page
    browser.send(f"/items/{item.id}/capture")
    assert "Bring it back" in browser.said(f"/items/{item.id}")


def test_list_shows_reading_time_picture_and_state(
    browser: Browser, house: RunningHouse, principal: Principal, item: Item
) -> None:
    assert 'class="rows"' in browser.get("/").text
    keep_page(house, item, thumbnail_blob=house.blobs.put(PNG), excerpt="Of trails")
    failed, plain = keep(house, principal, "https://f.example/"), keep(house, principal, "https://d.example/")
    set_state(house, failed.id, PageState.FAILED)
    set_state(house, plain.id, PageState.DONE)
    waiting = keep(house, principal, "https://p.example/")
    page = browser.get("/").text
    states = dict(re.findall(r'<a class="page" href="/items/(\d+)" data-page="(\w+)"', page))
    wanted = {item.id: "text", failed.id: "failed", plain.id: "none", waiting.id: "pending"}
    assert states == {str(each): state for each, state in wanted.items()}
    assert ">4 min</span>" in page
    assert "page could not be read" in page
    assert 'class="rows pictured"' in page
    assert f'<img class="thumb" src="/items/{item.id}/thumbnail?' in page
    assert 'alt="" width="40" height="30" loading="lazy"' in page
    assert 'data-page="text"' in browser.get("/search?q=associative").text


def test_thumbnail_is_an_image_and_nothing_else(browser: Browser, house: RunningHouse, item: Item) -> None:
    path = f"/items/{item.id}/thumbnail"
    assert browser.get(path).status_code == 404
    keep_page(house, item, thumbnail_blob=house.blobs.put(b"<svg onload=alert(1)>"))
    assert browser.get(path).status_code == 404
    keep_page(house, item, thumbnail_blob=house.blobs.put(PNG))
    answer = browser.get(path)
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"].startswith("private, max-age=")


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
)
def test_what_a_page_says_of_itself_stays_text(
    browser: Browser, house: RunningHouse, item: Item, payload: str
) -> None:
    words = dict.fromkeys(("title", "author", "description", "excerpt"), payload)
    capture_id = keep_page(house, item, language=payload[:35], url=f"https://x.example/?{payload}", **words)
    house.data.database.write(lambda tx: tx.items.edit(item.id, title=payload, page_error=payload))
    for path in ("/", f"/items/{item.id}", f"/items/{item.id}/captures/{capture_id}/text"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page


def test_nothing_of_anothers_is_there(browser: Browser, house: RunningHouse, item: Item) -> None:
    bob = principal_of(make_person(house, "bob"))
    theirs = keep(house, bob, URL)
    secret, mine = keep_page(house, theirs, page="<p>secret</p>"), keep_page(house, item, page="<p>mine</p>")
    for path in (
        f"/items/{theirs.id}",
        f"/items/{theirs.id}/thumbnail",
        f"/items/{item.id}?version={secret}",
        *(
            f"/items/{item_id}/captures/{capture_id}/{what}"
            for item_id, capture_id in ((theirs.id, secret), (item.id, secret), (theirs.id, mine))
            for what in ("text", "page")
        ),
    ):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert "secret" not in answer.text
    assert browser.send(f"/items/{theirs.id}/capture").status_code == 404
    assert browser.send(f"/items/{item.id}/captures/{secret}/delete").status_code == 404
    assert house.read(lambda tx: len(tx.captures.of(theirs.id))) == 1


def test_pool_says_what_is_kept_and_what_its_feed_carries(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    browser.send("/pools/new", name="Papers", capture="full", feed_text="1")
    pool = next(
        each for each in house.read(lambda tx: tx.pools.of(principal.person_id)) if each.name == "Papers"
    )
    assert (pool.capture, pool.feed_text) == (CaptureMode.FULL, True)
    page = browser.get(f"/pools/{pool.id}/edit").text
    assert 'name="capture" value="full" checked' in page
    assert 'name="feed_text" value="1" checked' in page
    browser.send(f"/pools/{pool.id}/edit", name="Papers", capture="off")
    pool = house.read(lambda tx: tx.pools.get(pool.id)) or pool
    assert (pool.capture, pool.feed_text) == (CaptureMode.OFF, False)
    refused = browser.send(f"/pools/{pool.id}/edit", name="Papers", capture="everything", feed_text="1")
    assert refused.status_code == 400
    assert 'id="wrong-capture"' in refused.text
    assert 'name="feed_text" value="1" checked' in refused.text


def test_saved_search_keeps_nothing_itself(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    pool = house.data.database.write(lambda tx: add_pool(tx, principal, "Found", query="tag:x"))
    assert 'name="capture"' not in browser.get(f"/pools/{pool.id}/edit").text
    form = {"name": "Found", "query": "tag:x", "capture": "full", "feed_text": "1"}
    assert browser.send(f"/pools/{pool.id}/edit", **form).status_code == 303
    after = house.read(lambda tx: tx.pools.get(pool.id))
    assert after is not None
    assert (after.capture, after.feed_text) == (CaptureMode.OFF, True)
