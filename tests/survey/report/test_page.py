"""The page in a real browser without a network: it draws, answers, and has no barriers (axe)."""

from __future__ import annotations

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from poolhouse.survey.report.charts import charts
from poolhouse.survey.report.document import document
from poolhouse.survey.report.page import page as page_of
from poolhouse.survey.report.view import view_of
from tests.browser.conftest import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from poolhouse.survey.records import Result

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
LOADING = {
    "src",
    "srcset",
    "data",
    "poster",
    "background",
    "action",
    "formaction",
    "ping",
    "manifest",
    "xlink:href",
}
TITLE = "A survey <of> I/O & more"


@pytest.fixture(scope="module")
def html(made: Result) -> str:
    view = view_of(made)
    return page_of(TITLE, view, document(view), charts(view))


class Attributes(HTMLParser):
    """Every attribute of every element, and what stands in styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.styles: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style":
            self.styles.append(data)


def test_nothing_in_it_loads_anything(html: str) -> None:
    read = Attributes(html)
    assert [each for each in read.found if each[1] in LOADING] == []
    links = [value for _, name, value in read.found if name == "href"]
    assert all(link.startswith("#") for link in links)
    assert not {tag for tag, _, _ in read.found} & {"link", "base", "iframe", "object", "embed", "img"}
    assert not re.search(r"url\(|@import", "".join(read.styles))
    assert ("meta", "http-equiv", "Content-Security-Policy") in read.found
    assert "default-src 'none'" in unescape(html)
    assert "A survey &lt;of&gt; I/O &amp; more" in html


def test_every_chart_has_its_words_and_every_section_its_heading(made: Result) -> None:
    view = view_of(made)
    made_charts, sections = charts(view), document(view)
    assert {chart.name for chart in made_charts} == {name for each in sections for name in each.charts}
    for chart in made_charts:
        assert "table below" in chart.description
        assert chart.spec["data"]["values"]
        assert "$schema" not in chart.spec


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


class Reader:
    """Somebody who opens the page from a disk, without a network; knows what the page complained of or asked for."""

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(**options)
        self.context.set_offline(True)
        self.context.set_default_timeout(30_000)
        self.context.on("console", lambda message: self.complaints.append(message.text))
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page: Page = self.context.new_page()
        self.page.route(re.compile("^(?!file:)"), self._refuse)
        self.page.goto(path.as_uri())
        self.page.locator("html[data-drawn]").wait_for()

    def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.abort()


@pytest.fixture
def path(html: str, tmp_path: Path) -> Path:
    made = tmp_path / "report.html"
    made.write_text(html, "utf-8")
    return made


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_draws_without_a_network_and_without_barriers(
    browser: Browser, path: Path, scheme: str, width: int
) -> None:
    reader = Reader(browser, path, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = reader.page
    for chart in page.locator(".chart").all():
        # a rule or a dot at the least, not an empty frame
        assert chart.locator("svg .mark-symbol path, svg .mark-line path, svg .mark-rect path").count() > 3
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((results) => results.violations)")
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0
    assert (reader.complaints, reader.asked) == ([], [])
    reader.context.close()


@pytest.mark.slow
def test_choosing_with_the_keyboard_brings_a_mechanism_into_the_graphs(browser: Browser, path: Path) -> None:
    reader = Reader(browser, path)
    page = reader.page
    burst = page.locator("#chart-burst")
    expect(burst.get_by_text("trio", exact=True)).to_have_count(0)
    box = page.get_by_role("checkbox", name="trio", exact=True)
    box.focus()
    page.keyboard.press("Space")
    expect(burst.get_by_text("trio", exact=True)).to_have_count(1)
    page.keyboard.press("Space")
    expect(burst.get_by_text("trio", exact=True)).to_have_count(0)
    expect(burst.get_by_text("EAGAIN", exact=True)).to_have_count(1)  # of fork, which is chosen at first
    shown = burst.get_by_role("combobox", name="Shown")
    shown.select_option("connected, ms")
    expect(burst.locator("svg").get_by_text("connected, ms")).to_have_count(1)
    page.locator("#latency").locator("..").get_by_text("Table: Medians: open loop").click()
    expect(page.get_by_role("row").filter(has_text="trio").first).to_be_visible()
    assert (reader.complaints, reader.asked) == ([], [])
    reader.context.close()


@pytest.mark.slow
def test_a_dot_says_its_figures_and_the_page_turns_dark(browser: Browser, path: Path) -> None:
    reader = Reader(browser, path, color_scheme="light")
    page = reader.page
    page.locator("#chart-cost svg .mark-symbol path").first.hover()
    tip = page.locator("#vg-tooltip-element")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("ratio")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light or dark").press("Enter")
    page.locator("html[data-drawn='dark']").wait_for()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert (reader.complaints, reader.asked) == ([], [])
    reader.context.close()
