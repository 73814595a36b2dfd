"""From an address to a text that is read here, without loading a page anew: a real site, worker and browser."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NAME, PASSWORD, House, log_in
from tests.browser.kept import ESSAY
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
PATIENCE_MILLISECONDS = 60_000
PAGE = f"""<!doctype html><html lang="en"><title>As We May Think</title><meta name="author" content="Vannevar Bush">
<body><nav>Home, News, Sport</nav><article><h1>As We May Think</h1>{ESSAY * 3}</article></body>"""


@contextmanager
def patient_site() -> Iterator[tuple[str, threading.Event]]:
    """A site that answers when it is told to."""
    go_on = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            go_on.wait(30)
            is_there = self.path == "/essay"
            body = PAGE.encode() if is_there else b""
            self.send_response(200 if is_there else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", go_on
        finally:
            go_on.set()
            server.shutdown()
            thread.join()


def test_from_an_address_to_a_text(house: House, tmp_path: Path) -> None:
    reading = ("--fetch-pages", "yes", "--fetch-networks", "127.0.0.0/8")
    with patient_site() as (site, go_on), RunningServer(tmp_path / "data", reading) as server:
        server.command("person", "add", NAME, "--password-stdin", stdin=f"{PASSWORD}\n")
        here = House(server, house.browser)
        with here.visitor(is_in=False) as context:
            page = context.new_page()
            log_in(page, here.url)
            for path in ("essay", "nowhere"):
                page.get_by_label("Address to save").fill(f"{site}/{path}")
                page.get_by_role("button", name="Save", exact=True).click()
                expect(page.locator("#said")).to_contain_text("Saved to Bookmarks")
            missing, essay = page.locator(".row").nth(0), page.locator(".row").nth(1)
            for row in (missing, essay):
                expect(row.locator(".page")).to_have_attribute("data-page", "pending")
            expect(page.locator(".side [data-work-words]")).to_have_text("2 under way")
            go_on.set()
            text = essay.get_by_role("link", name="3 min")
            expect(text).to_be_visible(timeout=PATIENCE_MILLISECONDS)
            expect(essay.locator(".link")).to_have_text("As We May Think")
            failed = missing.locator(".page")
            expect(failed).to_have_attribute("data-page", "failed", timeout=PATIENCE_MILLISECONDS)
            expect(page.locator(".side [data-work-words]")).to_be_empty()
            failed.click()
            expect(page.get_by_text("The page could not be read:")).to_be_visible()
            page.go_back()
            text.click()
            frame = page.frame_locator("iframe.text")
            expect(frame.get_by_role("heading", name="Trails").first).to_be_visible()
            expect(frame.get_by_text("Home, News, Sport")).to_have_count(0)
            expect(page.get_by_text("Vannevar Bush")).to_be_visible()
            here.complaints[:] = [each for each in here.complaints if "Blocked script execution" not in each]
