"""A real Chromium at a real server. One of each a module: Playwright holds an event loop that others must not meet."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

NAME, PASSWORD = "anna", "correct horse battery"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LINKS = (
    ("Reading", "As We May Think", "https://www.theatlantic.com/as-we-may-think/", "essay,history", "1945"),
    ("Reading", "The Rise and Demise of RSS", "https://twobithistory.org/rss.html", "rss,history", ""),
    ("Bookmarks", "OpenStreetMap", "https://www.openstreetmap.org/", "maps", ""),
    ("Bookmarks", "Low-tech Magazine", "https://solar.lowtechmagazine.com/", "energy,essay", "Solar-powered"),
    ("Bookmarks", "The Public Domain Review", "https://publicdomainreview.org/", "essay", ""),
)


@dataclass
class House:
    """The running server, a browser, and what the pages complained of."""

    server: RunningServer
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    @contextmanager
    def visitor(self, *, is_in: bool = True, **options: Any) -> Iterator[BrowserContext]:
        """A browser of its own; fails where a page of ours met an error or broke its own policy."""
        self.complaints.clear()
        context = self.browser.new_context(**options)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.set_default_timeout(15_000)
        if is_in:
            log_in(context.new_page(), self.url)
        yield context
        context.close()
        assert self.complaints == []

    def _listen(self, message: ConsoleMessage) -> None:
        is_ours = message.page is None or message.page.url.startswith(self.url)
        # a 401, 404 or 400 that a test asks for is no fault
        if is_ours and message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def keep(self, pool: str, title: str, url: str, tags: str = "", note: str = "") -> None:
        """Save a link with the command line."""
        words = [word for tag in tags.split(",") if tag for word in ("--tag", tag)]
        self.server.command(
            *("save", url, "--person", NAME, "--pool", pool, "--title", title, "--note", note), *words
        )


def log_in(page: Page, url: str) -> None:
    """Log in by hand."""
    page.goto(f"{url}/login")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")


def press(page: Page, *keys: str) -> None:
    """Press keys that do things. They are heard once the page's scripts run; what it shows comes before that."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with one person and some links, and a Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with (
        RunningServer(tmp_path_factory.mktemp("data")) as server,
        sync_playwright() as playwright,
    ):
        server.command("person", "add", NAME, "--password-stdin", stdin=f"{PASSWORD}\n")
        server.command("pool", "add", NAME, "Reading")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        house = House(server, browser)
        for pool, *link in LINKS:
            house.keep(pool, *link)
        yield house
        browser.close()


@pytest.fixture
def page(house: House) -> Iterator[Page]:
    """A page on which Anna is logged in and sees Bookmarks."""
    with house.visitor() as context:
        yield context.pages[0]
