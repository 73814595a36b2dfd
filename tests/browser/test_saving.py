"""One click on somebody else's page: the window opens, asks, saves, says so and closes; the link is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NAME, PASSWORD
from tests.browser.foreign import foreign_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.browser.conftest import House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with foreign_site() as url:
        yield url


@pytest.fixture(scope="module")
def bookmarklet(house: House) -> str:
    """What is dragged to the toolbar, as the browser keeps it."""
    with house.visitor() as context:
        page = context.pages[0]
        page.goto(f"{house.url}/bookmarklet")
        href = page.locator("#bookmarklet").get_attribute("href")
    assert href is not None
    return href.removeprefix("javascript:")


def choose_text(page: Page) -> None:
    page.evaluate("getSelection().selectAllChildren(document.getElementById('chosen'))")


def click_bookmarklet(page: Page, bookmarklet: str) -> Page:
    """A bookmarklet runs beside the page's policy, and so does what Playwright evaluates."""
    with page.expect_popup() as popup:
        page.evaluate(bookmarklet)
    return popup.value


def feed_urls(context: BrowserContext, house: House) -> list[str]:
    feed = context.request.get(f"{house.url}/pools/2.json")
    assert feed.status == 200
    return [item["url"] for item in feed.json()["items"]]


def test_from_a_strangers_browser_to_list_and_feed(house: House, site: str, bookmarklet: str) -> None:
    with house.visitor(is_in=False) as context:
        page = context.new_page()
        page.goto(f"{site}/a/page?x=1&y=%26#part")
        choose_text(page)
        window = click_bookmarklet(page, bookmarklet)
        window.get_by_label("Name").fill(NAME)
        window.get_by_label("Password").fill(PASSWORD)
        window.get_by_role("button", name="Log in").click()
        expect(window.get_by_role("heading", name="Save a link")).to_be_visible()
        expect(window.get_by_label("Address")).to_have_value(f"{site}/a/page?x=1&y=%26#part")
        expect(window.get_by_label("Title")).to_have_value("Sørland & “friends”: 100 % café")
        expect(window.get_by_label("Note")).to_have_value("The measure: 45 to 75 characters — 𝄞.")
        assert f"{site}/a/page?x=1&y=%26#part" not in feed_urls(context, house)
        window.get_by_label("Tags").fill("news, north")
        with window.expect_event("close"):
            window.get_by_role("button", name="Save").click()
        assert page.url.startswith(site)
        page.goto(house.url)
        row = page.locator(".row").first
        expect(row.locator(".link", has_text="Sørland")).to_have_attribute(
            "href", f"{site}/a/page?x=1&y=%26#part"
        )
        expect(row.locator(".tag")).to_have_text(["news", "north"])
        assert f"{site}/a/page?x=1&y=%26#part" in feed_urls(context, house)


def test_page_kept_already_is_shown_for_editing(house: House, site: str, bookmarklet: str) -> None:
    house.keep("Reading", "My own title", f"{site}/kept", "old", "My own note")
    with house.visitor() as context:
        page = context.pages[0]
        page.goto(f"{site}/kept")
        choose_text(page)
        window = click_bookmarklet(page, bookmarklet)
        expect(window.get_by_role("heading", name="You have this page")).to_be_visible()
        expect(window.get_by_label("Title")).to_have_value("My own title")
        expect(window.get_by_label("Note")).to_have_value(
            "My own note\n\nThe measure: 45 to 75 characters — 𝄞."
        )
        expect(window.get_by_label("Tags")).to_have_value("old")
        with window.expect_event("close"):
            window.get_by_role("button", name="Cancel").click()


def test_popup_that_is_blocked_opens_here(house: House, site: str, bookmarklet: str) -> None:
    with house.visitor() as context:
        page = context.pages[0]
        page.goto(f"{site}/blocked")
        page.evaluate("window.open = () => null")
        page.evaluate(bookmarklet)
        page.wait_for_url(f"{house.url}/save?**")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#said")).to_contain_text("Saved to Bookmarks")
        page.wait_for_url(f"{house.url}/pools/2")


def test_long_selection_still_opens(house: House, site: str, bookmarklet: str) -> None:
    with house.visitor() as context:
        page = context.pages[0]
        page.goto(f"{site}/long")
        page.evaluate("document.getElementById('chosen').textContent = '𝄞 '.repeat(50_000) + '\\ud800'")
        choose_text(page)
        window = click_bookmarklet(page, bookmarklet)
        note = window.get_by_label("Note").input_value()
        assert 200 < len(note) < 4_000
        assert set(note) == {"𝄞", " "}


def test_address_typed_before_an_address(house: House) -> None:
    with house.visitor() as context:
        page = context.pages[0]
        page.goto(f"{house.url}/https://example.org/typed?a=b&c=d")
        expect(page.get_by_label("Address")).to_have_value("https://example.org/typed?a=b&c=d")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".row").first).to_contain_text("https://example.org/typed?a=b&c=d")
