"""Pools, searches that become pools, and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.reading import list_entries
from tests.servers.web.conftest import keep, pool_named, titles

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser


def test_make_nest_rename_delete_and_undo(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    browser.send("/pools/new", name="Reading")
    outer = pool_named(house, principal, "Reading")
    made = browser.send("/pools/new", name="Feeds", parent=str(outer.id))
    inner = pool_named(house, principal, "Reading/Feeds")
    assert made.headers["location"] == f"/pools/{inner.id}"
    browser.send(f"/pools/{inner.id}/edit", name="Atom", parent="")
    assert pool_named(house, principal, "Atom").id == inner.id
    gone = browser.send(f"/pools/{inner.id}/delete")
    assert gone.headers["location"] == "/"
    page = browser.get("/").text
    assert "Deleted the pool Atom" in page
    assert f'action="/pools/{inner.id}/restore"' in page
    assert "Atom" in browser.get("/trash").text
    browser.send(f"/pools/{inner.id}/restore")
    assert browser.get(f"/pools/{inner.id}").status_code == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "bookmarks"}, "name"),
        ({"name": "x", "query": "is:big"}, "query"),
    ],
)
def test_refused_pool_keeps_what_was_typed(browser: Browser, form: dict[str, str], field: str) -> None:
    page = browser.send("/pools/new", **form)
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    for name, value in form.items():
        assert f'name="{name}" value="{value}"' in page.text


def test_pool_that_is_always_there_is_not_deleted(browser: Browser) -> None:
    assert "/pools/2/delete" not in browser.get("/pools/2/edit").text
    assert browser.send("/pools/2/delete").status_code == 400
    assert browser.get("/pools/2").status_code == 200


def test_search_becomes_a_pool(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", tags=["essay"])
    assert 'href="/pools/new?query=tag%3Aessay"' in browser.get("/search?q=tag:essay").text
    assert 'value="tag:essay"' in browser.get("/pools/new?query=tag%3Aessay").text
    browser.send("/pools/new", name="Essays", query="tag:essay")
    pool = pool_named(house, principal, "Essays")
    entries = list_entries(house.glance(), principal, pool.id)
    assert [entry.item.id for entry in entries] == [item.id]
    page = browser.get(f"/pools/{pool.id}").text
    assert 'id="add"' not in page


def test_search(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/a", title="Commonplace book")
    keep(house, principal, "https://example.org/b", title="Something else")
    assert titles(browser.get("/search?q=common*").text) == ["Commonplace book"]
    assert "Nothing found" in browser.get("/search?q=nowhere").text


def test_search_that_cannot_be_is_said_beside_the_field(browser: Browser) -> None:
    page = browser.get("/search?q=before:yesterday")
    assert page.status_code == 400
    assert "is not a date" in page.text
    assert 'value="before:yesterday"' in page.text


def test_tags_lead_to_what_bears_them(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/", title="Found", tags=['two "words" & more'])
    (href,) = re.findall(r'class="tag" href="([^"]+)"', browser.get("/tags").text)
    assert titles(browser.get(href).text) == ["Found"]
