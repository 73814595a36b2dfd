"""The main job in a browser that runs no scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import House

pytestmark = pytest.mark.slow


def test_add_edit_delete_undo(house: House) -> None:
    with house.visitor(java_script_enabled=False) as context:
        page = context.pages[0]
        page.get_by_label("Address to save").fill("example.org/plain")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#said")).to_contain_text("Saved to Bookmarks")
        row = page.locator(".row").first
        expect(row).to_contain_text("https://example.org/plain")

        row.hover()
        row.get_by_role("link", name="Edit").click()
        page.get_by_label("Title").fill("A plain title")
        page.get_by_label("Tags").fill("plain, words")
        page.get_by_role("button", name="Keep changes").click()
        expect(page.locator("#said")).to_contain_text("Changed: A plain title")

        row.get_by_role("button", name="Starred").click()
        expect(row.get_by_role("button", name="Starred")).to_have_attribute("aria-pressed", "true")

        row.get_by_role("button", name="Delete").click()
        expect(page.locator("#said")).to_contain_text("Deleted: A plain title")
        expect(page.get_by_role("link", name="A plain title", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#said")).to_contain_text("Back in Bookmarks: A plain title")
        expect(page.get_by_role("link", name="A plain title", exact=True)).to_have_count(1)

        page.get_by_role("searchbox", name="Search").fill("tag:words")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="A plain title", exact=True)).to_be_visible()


def test_pool_reader_and_log_out(house: House) -> None:
    with house.visitor(java_script_enabled=False) as context:
        page = context.pages[0]
        page.get_by_role("link", name="New pool").first.click()
        page.get_by_label("Name").fill("Quiet")
        page.get_by_role("button", name="Make the pool").click()
        expect(page.get_by_role("heading", name="Quiet")).to_be_visible()
        page.get_by_role("link", name="Read it as a feed", exact=True).click()
        page.get_by_role("radio", name="newsboat").check()
        page.get_by_label("Call it").fill("the laptop")
        page.get_by_role("button", name="Make its address").click()
        line = page.locator("code").nth(1).text_content() or ""
        feed = context.request.get(line.split()[0])
        assert feed.status == 200
        page.get_by_role("link", name="I have it").click()
        page.get_by_role("button", name="Cut off the laptop").click()
        expect(page.locator("#said")).to_contain_text("Cut off")
        assert context.request.get(line.split()[0]).status == 404
        page.locator("summary").click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
