"""Every flow with keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NAME, PASSWORD, press

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import House

pytestmark = pytest.mark.slow


def rows(page: Page) -> list[str]:
    return page.locator(".row:visible .link").all_text_contents()


def test_log_in_and_save_by_keys(house: House) -> None:
    with house.visitor(is_in=False) as context:
        page = context.new_page()
        page.goto(house.url)
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type(NAME)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Bookmarks")).to_be_visible()
        press(page, "n")
        expect(page.get_by_label("Address")).to_be_focused()
        page.keyboard.type("example.org/keys")
        page.keyboard.press("Tab")
        page.keyboard.type("Saved with keys")
        page.keyboard.press("Enter")
        expect(page.locator(".row").first).to_contain_text("Saved with keys")
        assert page.url == f"{house.url}/pools/2"


def test_move_star_read_delete_undo(page: Page) -> None:
    names = rows(page)
    press(page, "j", "j")
    row = page.locator(".row").nth(1)
    expect(row.locator(".link")).to_be_focused()
    press(page, "s")
    expect(row.locator(".star")).to_have_attribute("aria-pressed", "true")
    press(page, "m")
    expect(row).not_to_have_class("row unread here")
    press(page, "#")
    expect(page.locator("#said")).to_contain_text(f"Deleted: {names[1]}")
    assert rows(page) == [names[0], *names[2:]]
    press(page, "u")
    expect(row).to_be_visible()
    expect(page.locator("#said")).to_be_empty()
    page.reload()
    assert sorted(rows(page)) == sorted(names)
    again = page.locator(".row", has_text=names[1])
    expect(again.locator(".star")).to_have_attribute("aria-pressed", "true")
    expect(again.locator(".seen")).to_have_attribute("aria-pressed", "true")


def test_edit_search_and_go(page: Page, house: House) -> None:
    press(page, "j", "e")
    expect(page.get_by_role("heading", name="Edit link")).to_be_visible()
    page.get_by_label("Title").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Renamed #1")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Changed: Renamed #1")
    press(page, "/")
    page.keyboard.type("tag:maps")
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    press(page, "g", "t")
    expect(page.get_by_role("heading", name="Tags")).to_be_visible()
    press(page, "g", "i")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_keys_open_a_link(page: Page, house: House) -> None:
    house.keep("Bookmarks", "On top", f"{house.url}/tags")
    page.reload()
    press(page, "j")
    with page.expect_popup() as popup:
        press(page, "o")
    popup.value.wait_for_url(f"{house.url}/tags")
    assert popup.value.evaluate("window.opener") is None


def test_keys_can_be_switched_off(page: Page, house: House) -> None:
    page.goto(f"{house.url}/account")
    page.get_by_label("Single keys do things").uncheck()
    page.goto(house.url)
    press(page, "?", "j")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".row.here")).to_have_count(0)


def test_a_server_that_is_gone_takes_the_star_back(page: Page, house: House) -> None:
    star = page.locator(".row .star").first
    before = star.get_attribute("aria-pressed")
    page.context.route("**/mark", lambda route: route.abort())
    star.click()
    expect(page.locator("#said")).to_contain_text("not kept")
    expect(star).to_have_attribute("aria-pressed", before or "")
    assert house.complaints == ["Failed to load resource: net::ERR_FAILED"]
    house.complaints.clear()


def test_first_stop_is_the_way_past_the_menus(page: Page, house: House) -> None:
    page.goto(f"{house.url}/tags")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
