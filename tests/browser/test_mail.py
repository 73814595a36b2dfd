"""Mail in a real browser: read by keys and without scripts, shut in, told live; what it wrote does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import press
from tests.browser.kept import picture, shelf
from tests.browser.letters import HOSTILE, bring, misread, newsletter, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page, Route

    from tests.browser.conftest import House
    from tests.browser.kept import Shelf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept(house: House) -> Iterator[Shelf]:
    with shelf(house.server.data) as opened:
        opened.clear_jobs()
        yield opened


def rows(page: Page) -> list[str]:
    return page.locator(".row:visible .link").all_text_contents()


def wait_until_read(page: Page, house: House, subject: str) -> None:
    """Look at the Inbox until the workshop has read a message."""
    page.goto(f"{house.url}/pools/1")
    expect(page.get_by_role("link", name=subject, exact=True)).to_be_visible()


def asked_of_others(context: BrowserContext, house: House) -> list[str]:
    """Every request that leaves the browser for somebody else, from now on; what its policy stops does not."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=picture("#123456"), content_type="image/webp")

    context.route(lambda url: not url.startswith(house.url), answer)
    return asked


def test_mail_is_told_read_archived_and_brought_back_by_keys(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/pools/1")
    bring(kept, write("Soup on Saturday", "Shall we?\n\nhttps://example.org/soup\n"))
    pill = page.locator("[data-new] a")
    expect(pill).to_contain_text("1 new")
    pill.click()
    expect(page.locator(".row .link").first).to_have_text("Soup on Saturday")
    expect(page.locator(".row .from").first).to_have_text("Robin Berg")
    press(page, "j")
    expect(page.locator(".row .link").first).to_be_focused()
    press(page, "o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Soup on Saturday")
    expect(page.locator(".letter-text")).to_contain_text("Shall we?")
    expect(page.locator(".seen")).to_have_attribute("aria-pressed", "true")
    press(page, "s")
    expect(page.locator(".star")).to_have_attribute("aria-pressed", "true")
    press(page, "e")
    page.wait_for_url(f"{house.url}/pools/1")
    expect(page.locator("#said")).to_contain_text("Archived: Soup on Saturday")
    assert "Soup on Saturday" not in rows(page)
    press(page, "u")
    expect(page.locator("#said")).to_contain_text("Back in Inbox")
    row = page.locator(".row", has_text="Soup on Saturday")
    expect(row).not_to_have_class("row mail unread")
    expect(row.locator(".star")).to_have_attribute("aria-pressed", "true")
    press(page, "j", "e")
    expect(page.locator("#said")).to_contain_text("Archived: Soup on Saturday")
    expect(row).to_be_hidden()
    press(page, "u")
    expect(row).to_be_visible()
    row.locator(".link").focus()
    press(page, "l")
    expect(page.get_by_role("heading", name="When shall it come back?")).to_be_visible()
    page.get_by_role("button", name="Tomorrow").press("Enter")
    expect(page.locator("#said")).to_contain_text("It comes back on")
    press(page, "u")
    expect(page.locator("#said")).to_contain_text("Back in Inbox")
    row.locator(".link").focus()
    press(page, "#")
    expect(page.locator("#said")).to_contain_text("Deleted: Soup on Saturday")
    press(page, "u")
    expect(row).to_be_visible()


def test_mail_without_scripts(house: House, kept: Shelf) -> None:
    with house.visitor() as context:
        bring(kept, write("Plain and simple", "No script needed."))
        wait_until_read(context.pages[0], house, "Plain and simple")
    with house.visitor(java_script_enabled=False) as context:
        page = context.pages[0]
        page.goto(f"{house.url}/pools/1")
        row = page.locator(".row", has_text="Plain and simple")
        expect(row).to_have_class("row mail unread")
        row.locator(".link").click()
        expect(page.locator(".letter-text")).to_contain_text("No script needed.")
        page.get_by_role("button", name="Read", exact=True).click()
        expect(page.get_by_role("button", name="Read", exact=True)).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Archive").click()
        expect(page.locator("#said")).to_contain_text("Archived: Plain and simple")
        page.get_by_role("button", name="Undo").click()
        expect(row).to_be_visible()
        row.hover()
        row.get_by_role("link", name="Later").click()
        page.get_by_label("Or on").fill("2030-01-02")
        page.get_by_role("button", name="Until then").click()
        expect(page.locator("#said")).to_contain_text("2 January 2030")
        page.locator(".side").get_by_role("link", name="Later").first.click()
        expect(row.locator("time")).to_have_text("2 Jan 2030")
        row.hover()
        row.get_by_role("button", name="Bring back now").click()
        expect(page.locator("#said")).to_contain_text("Back in Inbox: Plain and simple")


def test_what_a_message_wrote_stays_in_its_frame(house: House, kept: Shelf) -> None:
    with house.visitor() as context:
        asked = asked_of_others(context, house)
        page = context.pages[0]
        item_id = misread(kept, "Not to be trusted", HOSTILE)
        page.goto(f"{house.url}/items/{item_id}")
        text = page.frame_locator("iframe.text")
        expect(text.get_by_text("Every word of it")).to_be_visible()
        expect(text.get_by_text("A garden")).to_be_visible()
        assert page.evaluate("window.zqpwn") is None
        assert page.title() == "Not to be trusted · Poolhouse"
        frame = page.frames[1]
        assert frame.evaluate("window.origin") == "null"
        assert frame.url == f"{house.url}/items/{item_id}/message"
        text.get_by_role("button", name="Confirm zqpwn").click()
        text.get_by_role("link", name="press").click()
        assert page.evaluate("window.zqpwn") is None
        page.goto(f"{house.url}/account")
        expect(page.get_by_role("heading", name="Account of anna")).to_be_visible()
        # looked at alone, it is shut in all the same
        page.goto(f"{house.url}/items/{item_id}/message")
        expect(page.get_by_text("Every word of it")).to_be_visible()
        assert page.evaluate("window.origin") == "null"
        assert page.url.endswith("/message")
        assert asked == []
        # and the test would have seen one: pictures alone load, when they are asked for
        page.goto(f"{house.url}/items/{item_id}/message?images=1")
        expect(page.get_by_alt_text("A garden")).to_have_js_property("naturalWidth", 240)
        assert {each.rpartition("/")[2] for each in asked} <= {
            "tracker.gif?who=anna",
            "plain.png",
            "paper.png",
        }
        assert "https://pictures.example/tracker.gif?who=anna" in asked
        assert page.evaluate("window.zqpwn") is None
        house.complaints.clear()


def test_pictures_from_elsewhere_load_when_they_are_asked_for(page: Page, house: House, kept: Shelf) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(f"{route.request.url} {route.request.header_value('referer') or 'nobody'}")
        route.fulfill(body=picture("#123456"), content_type="image/webp")

    page.context.route("https://pictures.example/**", answer)
    bring(kept, newsletter("Wood type, and where it hides"))
    wait_until_read(page, house, "Wood type, and where it hides")
    page.get_by_role("link", name="Wood type, and where it hides").click()
    text = page.frame_locator("iframe.text")
    expect(text.get_by_role("heading", name="Wood type")).to_be_visible()
    expect(text.get_by_alt_text("The Letterpress Post")).to_have_js_property("naturalWidth", 240)
    expect(text.get_by_text("Three crates", exact=True)).to_be_visible()
    assert asked == []
    page.get_by_role("link", name="Show images").click()
    expect(text.get_by_alt_text("Three crates")).to_have_js_property("naturalWidth", 240)
    assert asked == ["https://pictures.example/crates.png nobody"]
    page.get_by_role("link", name="Hide images").click()
    expect(text.get_by_alt_text("Three crates")).to_have_count(0)
    page.get_by_role("link", name="As plain text").click()
    expect(page.locator(".letter-text")).to_contain_text("Three crates came out")
    house.complaints[:] = [each for each in house.complaints if "Blocked script" not in each]


def test_files_lists_and_links_of_a_message(page: Page, house: House, kept: Shelf) -> None:
    raw = newsletter("Three crates").as_bytes()
    bring(kept, raw)
    wait_until_read(page, house, "Three crates")
    page.get_by_role("link", name="Three crates", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Price list ☃.pdf").click()
    assert download.value.suggested_filename == "Price list ☃.pdf"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as .eml").click()
    assert download.value.suggested_filename == "Three crates.eml"
    assert download.value.path().read_bytes() == raw
    page.get_by_role("button", name="Save Leeds").click()
    page.get_by_role("link", name="saved").click()
    expect(page.get_by_text("Found in")).to_be_visible()
    page.get_by_role("link", name="Three crates", exact=True).click()
    page.get_by_role("link", name="Make a pool of this list").click()
    expect(page.get_by_label("Skips the Inbox")).to_be_checked()
    page.get_by_role("button", name="Make the pool").click()
    expect(page.get_by_role("heading", name="The Letterpress Post")).to_be_visible()
    assert "Three crates" in rows(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_without_colours_has_ours_and_one_with_has_a_sheet(
    house: House, kept: Shelf, scheme: str
) -> None:
    plain = misread(kept, f"Plain in {scheme}", "<p>Hello</p>")
    coloured = misread(kept, f"Coloured in {scheme}", '<p style="color:#333">Hello</p>')
    with house.visitor(color_scheme=scheme) as context:
        page = context.pages[0]
        page.goto(f"{house.url}/items/{plain}")
        ground = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        root = page.frame_locator("iframe.text").locator("html")
        expect(root).to_have_css("background-color", ground)
        page.goto(f"{house.url}/items/{coloured}")
        expect(root).to_have_css("background-color", ground)
        sheet = page.frame_locator("iframe.text").locator("main")
        expect(sheet).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(sheet).to_have_css("color-scheme", "light")
        house.complaints[:] = [each for each in house.complaints if "Blocked script" not in each]


def test_an_address_is_made_and_waits_for_its_first_mail(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/addresses")
    page.get_by_label("A new one for").fill("The Letterpress Post")
    page.get_by_role("button", name="Make the address").click()
    expect(page.get_by_role("heading", name="The address for The Letterpress Post")).to_be_visible()
    expect(page.locator(".large code")).to_contain_text("n-")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    bring(kept, write("Please confirm", "Press here."))
    expect(page.locator("[data-new]")).to_contain_text("1 new")
    page.get_by_role("button", name="Disable it").click()
    expect(page.locator("#said")).to_contain_text("Disabled")
