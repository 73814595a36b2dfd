"""Lists, and what is done to one link: edit, mark, delete, undo, the trash, its icon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.links import save_link
from poolhouse.services.reading import get_item, pools_of_item
from poolhouse.types import Mark
from tests.servers.web.conftest import keep, titles

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_pages_of_a_long_pool(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    def fill(tx: object) -> None:
        for number in range(120):
            save_link(tx, principal, f"https://example.org/{number}", title=f"link {number}")  # type: ignore[arg-type]  # a Transaction

    house.data.database.write(fill)
    first = browser.get("/").text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = browser.get(older).text
    assert titles(first) + titles(second) == [f"link {number}" for number in reversed(range(120))]
    assert 'rel="next"' not in second
    assert "Newest" in second


def test_pool_page_names_its_feeds(browser: Browser) -> None:
    page = browser.get("/pools/2").text
    for suffix in ("atom", "rss", "json"):
        assert re.search(rf'<link rel="alternate" type="[^"]+" href="/pools/2\.{suffix}"', page)


def test_tree_has_counts_and_readers(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/")
    browser.send("/pools/2/subscribe", reader="newsboat", label="the laptop")
    page = browser.get("/").text
    assert '<span class="name">Bookmarks</span><span class="count">1</span>' in page
    assert "Private feed of Bookmarks, read by the laptop" in page
    assert "Private feed of Inbox: no reader yet" in page


def test_empty_pool_teaches(browser: Browser) -> None:
    page = browser.get("/").text
    assert "http://pools.test/https://example.org/" in page
    assert "/bookmarklet" in page


def test_edit(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", title="Old")
    assert 'value="Old"' in browser.get(f"/items/{item.id}/edit").text
    form = {
        "url": "https://example.org/new",
        "title": "New",
        "note": "n",
        "tags": "x, y",
        "pools": ["1", "2"],
    }
    done = browser.send(f"/items/{item.id}/edit", back="/pools/1", **form)
    assert done.headers["location"] == "/pools/1"
    after = get_item(house.glance(), principal, item.id)
    assert (after.url, after.title, after.note, after.tags) == (form["url"], "New", "n", ("x", "y"))
    assert [pool.id for pool in pools_of_item(house.glance(), principal, item.id)] == [2, 1]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"url": "javascript:x", "pools": "2"}, "url"),
        ({"url": "https://taken.example/", "pools": "2"}, "url"),
        ({"url": "https://example.org/"}, "pools"),
    ],
)
def test_refused_edit_keeps_what_was_typed(
    browser: Browser, house: RunningHouse, principal: Principal, form: dict[str, str], field: str
) -> None:
    keep(house, principal, "https://taken.example/")
    item = keep(house, principal, "https://example.org/")
    page = browser.send(f"/items/{item.id}/edit", title="Half a sentence", note="typed", back="/tags", **form)
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    for typed in ("Half a sentence", "typed</textarea>", 'name="back" value="/tags"'):
        assert typed in page.text


def test_delete_and_undo(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", title="Going")
    browser.send(f"/items/{item.id}/delete", back="/pools/2")
    page = browser.get("/pools/2").text
    assert titles(page) == []
    assert "Deleted: Going" in page
    assert f'action="/items/{item.id}/restore"' in page
    browser.send(f"/items/{item.id}/restore", back="/pools/2")
    assert titles(browser.get("/pools/2").text) == ["Going"]


def test_marks(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/")
    assert "unread" in browser.get("/").text
    browser.send(f"/items/{item.id}/mark", starred="1")
    browser.send(f"/items/{item.id}/mark", read="1")
    assert get_item(house.glance(), principal, item.id).marks == {Mark.STARRED, Mark.READ}
    assert 'class="row unread"' not in browser.get("/").text
    browser.send(f"/items/{item.id}/mark", starred="0", read="nonsense")
    assert get_item(house.glance(), principal, item.id).marks == {Mark.READ}


def test_script_gets_no_page(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/")
    answer = browser.post(
        f"/items/{item.id}/mark", {"token": browser.token(), "read": "1"}, **{"x-poolhouse-quiet": "1"}
    )
    assert (answer.status_code, answer.content) == (204, b"")


def test_trash(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    first, second, third = (keep(house, principal, f"https://{name}.example/") for name in "abc")
    for item in (first, second, third):
        browser.send(f"/items/{item.id}/delete")
    page = browser.get("/trash").text
    assert "https://a.example/" in page
    browser.send(f"/items/{first.id}/restore", back="/trash")
    browser.send(f"/items/{second.id}/remove", back="/trash")
    page = browser.get("/trash").text
    assert "https://a.example/" not in page
    assert "https://b.example/" not in page
    assert "https://c.example/" in page
    browser.send("/trash/empty")
    assert house.glance().items.get(third.id, principal.person_id) is None


def test_icon_is_an_image_and_nothing_else(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/")
    assert browser.get(f"/items/{item.id}/icon").status_code == 404
    assert 'class="tile' in browser.get("/").text
    address = house.blobs.put(PNG)
    house.data.database.write(lambda tx: tx.items.edit(item.id, favicon=address))
    icon = browser.get(f"/items/{item.id}/icon")
    assert icon.content == PNG
    assert icon.headers["content-type"] == "image/png"
    assert icon.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert f'src="/items/{item.id}/icon?' in browser.get("/").text


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<html><script>alert(1)</script>", b"x"])
def test_icon_that_is_no_image_is_not_there(
    browser: Browser, house: RunningHouse, principal: Principal, content: bytes
) -> None:
    item = keep(house, principal, "https://example.org/")
    address = house.blobs.put(content)
    house.data.database.write(lambda tx: tx.items.edit(item.id, favicon=address))
    assert browser.get(f"/items/{item.id}/icon").status_code == 404
