"""Captured pages in a real browser: read in their frame, shut in, by keys and without scripts; and live events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from poolhouse.types import ImportFile, PageState
from tests.browser.conftest import press
from tests.browser.kept import ESSAY, HOSTILE, PAGE, picture, shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

    from tests.browser.conftest import House
    from tests.browser.kept import Shelf

pytestmark = pytest.mark.slow
TITLE = "As We May Think"


@pytest.fixture(scope="module")
def kept(house: House) -> Iterator[Shelf]:
    with shelf(house.server.data) as opened:
        opened.clear_jobs()
        opened.capture(opened.item_id(TITLE), colour="#c8553d", page=PAGE)
        for title in ("OpenStreetMap", "Low-tech Magazine", "The Public Domain Review"):
            opened.set_state(opened.item_id(title), PageState.DONE)
        yield opened


def forgive(house: House, *words: str) -> None:
    """Take complaints for what they are: the browser stopped what it should, and says so."""
    house.complaints[:] = [each for each in house.complaints if not any(word in each for word in words)]


def test_read_a_captured_page(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/pools/3")
    row = page.locator(".row", has_text=TITLE)
    expect(row.locator("img.thumb")).to_have_js_property("complete", True)
    assert row.locator("img.thumb").evaluate("image => image.naturalWidth") > 0
    row.get_by_role("link", name="4 min").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    text = page.frame_locator("iframe.text")
    expect(text.get_by_role("heading", name="Trails")).to_be_visible()
    expect(text.get_by_text("A desk with two slanting screens")).to_be_visible()
    expect(text.locator("html")).to_have_attribute("lang", "en")
    width = text.locator("main").evaluate(
        "main => main.clientWidth / parseFloat(getComputedStyle(main).fontSize)"
    )
    assert width < 40  # an em is some two letters of this face: at most 68 letters
    with page.expect_popup() as popup:
        text.get_by_role("link", name="exceeding speed").click()
    assert popup.value.evaluate("window.opener") is None
    popup.value.close()
    forgive(house, "Blocked script execution")  # what this test asks within the frame


def test_what_the_site_wrote_stays_in_its_frame(house: House, kept: Shelf) -> None:
    with house.visitor() as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.pages[0]
        house.keep("Inbox", "Not to be trusted", "https://hostile.example/")
        item_id = kept.item_id("Not to be trusted")
        kept.capture(item_id, text=HOSTILE + ESSAY)
        page.goto(f"{house.url}/items/{item_id}")
        text = page.frame_locator("iframe.text")
        expect(text.get_by_role("heading", name="Trails")).to_be_visible()
        assert page.evaluate("window.zqpwn") is None
        assert page.title() == "Not to be trusted · Poolhouse"
        frame = page.frames[1]
        assert frame.evaluate("window.origin") == "null"
        assert frame.evaluate("document.title") == TITLE
        text.get_by_role("button", name="zqpwn").click()
        page.goto(f"{house.url}/account")
        expect(page.get_by_role("heading", name="Account of anna")).to_be_visible()
        assert [each for each in asked if not each.startswith(house.url)] == []
        # the browser says of each script, form and image that it stopped it
        assert any("Blocked form submission" in each for each in house.complaints)
        forgive(
            house, "Blocked ", "Refused to execute the redirect", "violates the following Content Security"
        )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("late", ["text", "script"])
def test_the_text_has_the_colours_that_were_chosen(house: House, kept: Shelf, theme: str, late: str) -> None:
    """Whichever comes first, the text or the script that tells it; and one step back is one step."""
    with house.visitor(color_scheme="light" if theme == "dark" else "dark") as context:
        page = context.pages[0]
        page.goto(f"{house.url}/account")
        page.get_by_label("Colours").select_option(theme)
        asked: list[Route] = []

        def hold_the_first(route: Route) -> None:
            asked.append(route)
            if len(asked) > 1:
                route.continue_()

        page.route("**/captures/*/text" if late == "text" else "**/frame*.js", hold_the_first)
        page.goto(f"{house.url}/items/{kept.item_id(TITLE)}", wait_until="commit")
        while not asked:
            page.wait_for_timeout(10)  # Playwright hands a request over when it comes to it
        text = page.frame_locator("iframe.text")
        if late == "text":
            page.wait_for_load_state("domcontentloaded")  # scripts have run
        else:
            expect(text.get_by_role("heading", name="Trails")).to_be_visible()
        asked[0].continue_()
        ground = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        expect(text.locator("html")).to_have_css("background-color", ground)
        page.wait_for_load_state()
        page.go_back()
        expect(page.get_by_role("heading", name="Account of anna")).to_be_visible()
        forgive(house, "Blocked script execution")


def test_images_load_when_they_are_asked_for(page: Page, house: House, kept: Shelf) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.header_value("referer") or "nobody")
        route.fulfill(body=picture("#123456"), content_type="image/webp")

    page.context.route("https://pictures.example/**", answer)
    page.goto(f"{house.url}/items/{kept.item_id(TITLE)}")
    image = page.frame_locator("iframe.text").get_by_alt_text("A desk with two slanting screens")
    expect(page.frame_locator("iframe.text").get_by_text("A desk with two slanting screens")).to_be_visible()
    expect(image).to_have_count(0)
    assert asked == []
    page.get_by_role("link", name="Show images").click()
    expect(image).to_have_js_property("naturalWidth", 240)
    assert asked == ["nobody"]
    page.get_by_role("link", name="Hide images").click()
    expect(image).to_have_count(0)
    forgive(house, "Blocked script execution")


def test_the_page_as_it_was(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/items/{kept.item_id(TITLE)}")
    link = page.get_by_role("link", name="The page as it was")
    page.goto(house.url + (link.get_attribute("href") or ""))
    # Playwright's `expect` polls with timers of the page, and this one has none
    assert page.locator("h1").evaluate("head => getComputedStyle(head).color") == "rgb(153, 0, 0)"
    assert page.evaluate("window.origin") == "null"
    forgive(house, "Loading the image 'https://pictures.example/desk.png' violates")


def test_by_keys(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/pools/3")
    page.locator(".row", has_text=TITLE).locator(".link").focus()
    press(page, "r")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    press(page, "s")
    expect(page.locator(".star")).to_have_attribute("aria-pressed", "true")
    press(page, "m")
    expect(page.locator(".seen")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator(".star")).to_have_attribute("aria-pressed", "true")
    press(page, "e")
    expect(page.get_by_role("heading", name="Edit link")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    press(page, "g", "j")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


def test_versions_without_scripts(house: House, kept: Shelf) -> None:
    title = "The Rise and Demise of RSS"
    item_id = kept.item_id(title)
    kept.capture(item_id, text="<p>As it was first.</p>")
    kept.capture(item_id, text="<p>As it was later.</p>")
    with house.visitor(java_script_enabled=False) as context:
        page = context.pages[0]
        page.goto(f"{house.url}/items/{item_id}")
        text = page.frame_locator("iframe.text")
        expect(text.get_by_text("As it was later.")).to_be_visible()
        page.locator(".versions li").nth(1).get_by_role("link").click()
        expect(text.get_by_text("As it was first.")).to_be_visible()
        page.locator(".versions summary").nth(0).click()
        page.get_by_role("button", name="Delete this version").first.click()
        expect(page.locator("#said")).to_contain_text("deleted for good")
        expect(text.get_by_text("As it was first.")).to_be_visible()
        expect(page.locator(".versions li")).to_have_count(1)
        page.get_by_role("button", name="Read the page again").click()
        expect(page.locator("#said")).to_contain_text("will be read again")


def test_progress_is_seen_as_it_goes(page: Page, house: House, kept: Shelf) -> None:
    kept.clear_jobs()
    job_id = kept.run_job(ImportFile("0" * 64, None, "x"), "bookmarks.html", done=1, total=10)
    page.goto(f"{house.url}/jobs")
    bar = page.get_by_role("progressbar", name="bookmarks.html")
    expect(bar).to_have_js_property("value", 1)
    field = page.get_by_role("searchbox", name="Search")
    field.fill("half a word")
    kept.go_on(job_id, 7)
    expect(bar).to_have_js_property("value", 7)
    expect(page.locator(".how-far")).to_have_text("7 / 10")
    expect(page.locator(".side [data-work-words]")).to_have_text("1 under way")
    kept.finish_job(job_id)
    expect(page.get_by_role("link", name="The list has changed")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Nothing is under way any more.")
    expect(page.locator(".side [data-work-words]")).to_be_empty()
    expect(field).to_be_focused()
    expect(field).to_have_value("half a word")


def test_a_page_that_is_read_shows_in_its_row(page: Page, house: House, kept: Shelf) -> None:
    title = "OpenStreetMap"
    item_id = kept.item_id(title)
    kept.set_state(item_id, PageState.PENDING)
    page.goto(house.url)
    row = page.locator(f"#item-{item_id}")
    expect(row.locator(".page")).to_have_attribute("data-page", "pending")
    before = row.bounding_box()
    row.locator(".link").focus()
    kept.capture(item_id, words=1_000)
    expect(row.get_by_role("link", name="5 min")).to_be_visible()
    assert row.bounding_box() == before
    expect(row.locator(".link")).to_be_focused()


def test_waiting_at_the_page_itself(page: Page, house: House, kept: Shelf) -> None:
    item_id = kept.item_id("Low-tech Magazine")
    kept.set_state(item_id, PageState.PENDING)
    page.goto(f"{house.url}/items/{item_id}")
    expect(page.get_by_text("The page is being read.")).to_be_visible()
    kept.capture(item_id, text="<p>Solar-powered.</p>")
    page.get_by_role("link", name="Show it").click()
    expect(page.frame_locator("iframe.text").get_by_text("Solar-powered.")).to_be_visible()


def test_a_page_that_nobody_sees_asks_for_nothing(page: Page, house: House) -> None:
    page.add_init_script(
        "const Real = EventSource; const streams = []; window.streams = streams;"
        "window.EventSource = class extends Real { constructor(url) { super(url); streams.push(this);"
        "  this.addEventListener('open', () => (document.body.dataset.opened = streams.length)); } };"
    )
    page.goto(f"{house.url}/tags")
    expect(page.locator("body")).to_have_attribute("data-opened", "1")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("streams.map((each) => each.readyState)") == [2]
    page.evaluate("delete document.hidden")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("body")).to_have_attribute("data-opened", "2")


def test_import_a_file(page: Page, house: House, kept: Shelf) -> None:
    page.goto(f"{house.url}/import")
    content = b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF="https://new.example/">New</A></DL>'
    page.get_by_label("The file").set_input_files(
        {"name": "mine.html", "mimeType": "text/html", "buffer": content}
    )
    page.get_by_role("button", name="Import").click()
    page.wait_for_url(f"{house.url}/jobs")
    expect(page.locator("#said")).to_contain_text("is being imported")
