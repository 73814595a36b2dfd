"""Saving: typed, asked in a small window, before an address; and the page that is kept already."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.reading import get_item
from poolhouse.types import ItemId
from tests.conftest import make_person, principal_of
from tests.servers.web.conftest import keep, titles

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser


def test_address_typed_into_the_pool_is_saved(browser: Browser) -> None:
    done = browser.send("/save", url="example.org/x", pool="2", back="/pools/2")
    assert done.headers["location"] == "/pools/2"
    assert "Saved to Bookmarks" in browser.said("/pools/2")
    assert titles(browser.get("/pools/2").text) == ["https://example.org/x"]


def test_what_was_said_is_said_once(browser: Browser) -> None:
    browser.send("/save", url="example.org/x", back="/")
    assert browser.said()
    assert browser.said() == ""


def test_confirm_window_shows_what_came_from_the_page(browser: Browser) -> None:
    page = browser.get("/save?window=popup&url=https://example.org/a?b=c%26d&title=A+%3Ctitle%3E&note=chosen")
    assert page.status_code == 200
    assert 'value="https://example.org/a?b=c&amp;d"' in page.text
    assert 'value="A &lt;title&gt;"' in page.text
    assert "chosen</textarea>" in page.text


def test_window_says_saved(browser: Browser) -> None:
    done = browser.send("/save", url="https://example.org/", title="Example", pool="2", window="popup")
    assert done.status_code == 200
    assert "data-done" in done.text
    assert "Example" in done.text


def test_page_kept_already_shows_its_entry(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/", title="Mine", note="first", tags=["a", "b"])
    page = browser.get("/save?url=http://EXAMPLE.org:80/&title=Theirs&note=second").text
    assert "You have this page" in page
    assert 'value="Mine"' in page
    assert "first\n\nsecond</textarea>" in page
    assert 'value="a, b"' in page
    form = {"url": item.url, "title": "New", "note": "", "tags": "b", "item": str(item.id), "pool": "2"}
    browser.send("/save", **form)
    after = get_item(house.glance(), principal, item.id)
    assert (after.title, after.note, after.tags) == ("New", "", ("b",))


def test_saving_again_without_the_entry_merges(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/", title="Mine", note="first", tags=["a"])
    browser.send("/save", url="https://example.org/", tags="b")
    after = get_item(house.glance(), principal, item.id)
    assert (after.title, after.note, after.tags) == ("Mine", "first", ("a", "b"))
    assert "You had this already" in browser.said()


def test_item_of_somebody_else_in_the_form_changes_nothing(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    bert = principal_of(make_person(house, "bert"))
    theirs = keep(house, bert, "https://example.org/", title="Bert's")
    browser.send("/save", url="https://example.org/", title="Mine", item=str(theirs.id))
    assert get_item(house.glance(), bert, theirs.id).title == "Bert's"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "data:text/html,x", "http://", "x" * 9_000])
def test_refused_address_keeps_what_was_typed(browser: Browser, url: str) -> None:
    page = browser.send("/save", url=url, title="A title", note="A note", tags="one, two")
    assert page.status_code == 400
    assert 'id="wrong-url"' in page.text
    assert 'aria-describedby="wrong-url"' in page.text
    for typed in ('value="A title"', "A note</textarea>", 'value="one, two"'):
        assert typed in page.text


@pytest.mark.parametrize(
    ("field", "value"), [("title", "x" * 3_000), ("note", "x" * 200_000), ("tags", "x" * 200)]
)
def test_too_long_is_said_beside_its_field(browser: Browser, field: str, value: str) -> None:
    page = browser.send("/save", url="https://example.org/", **{field: value})
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    assert value in page.text


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/https://example.org/a?b=c&d=e", "https://example.org/a?b=c&amp;d=e"),
        ("/http:/example.org/a", "http://example.org/a"),
        ("/HTTPS:///example.org/", "https://example.org/"),
        ("/https://example.org/caf%C3%A9?q=%26", "https://example.org/caf%C3%A9?q=%26"),
        ("/https://example.org", "https://example.org"),
    ],
)
def test_address_typed_before_an_address(browser: Browser, path: str, url: str) -> None:
    page = browser.get(path)
    assert page.status_code == 200
    assert f'id="url" name="url" value="{url}"' in page.text


def test_address_before_an_address_survives_log_in(stranger: Browser, house: RunningHouse) -> None:
    make_person(house, "anna")
    page = stranger.get("/https://example.org/a?b=c")
    assert page.status_code == 401
    assert 'name="next" value="/https://example.org/a?b=c"' in page.text


def test_bookmarklet_only_opens_an_address(browser: Browser) -> None:
    page = browser.get("/bookmarklet").text
    (text,) = re.findall(r'class="drag" href="([^"]+)"', page)
    text = unescape(text)
    assert text.startswith("javascript:")
    assert "http://pools.test/save?url=" in text
    assert not re.search(r"fetch|XMLHttp|createElement|\.src|innerHTML|[%#]", text)


def test_undo_of_a_save_is_a_deletion(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    browser.send("/save", url="https://example.org/", back="/")
    assert 'action="/items/1/delete"' in browser.get("/").text
    browser.send("/items/1/delete")
    assert get_item(house.glance(), principal, ItemId(1)).trashed_at is not None
