"""kill -9 at a real server that captures pages, and at its workers: each page is captured once, and nothing is left."""

from __future__ import annotations

import os
import random
import select
import signal
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from poolhouse.store.verify import verify
from tests.capture.processes import children_of
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 2033
PAGES = 100
ROUNDS = 8
HOSTS = 24
"""Names that are all this machine: one page of a host is fetched at a time."""

PATIENCE_SECONDS = 120.0
ARTICLE = "<!doctype html><html lang=en><title>Of page {0}</title><article>" + "".join(
    f"<p>The water of pond {{0}} stands still in the {season}, and whoever sits beside it long enough sees a heron.</p>"
    for season in (
        "spring",
        "summer",
        "autumn",
        "winter",
        "rain",
        "snow",
        "wind",
        "night",
        "morning",
        "evening",
    )
)


class Site:
    """Answers each page, and says how many it was asked for; `more` waits for that."""

    def __init__(self) -> None:
        self._asked = 0
        self._more = threading.Condition()
        self._server = ThreadingHTTPServer(("0.0.0.0", 0), partial(_Answer, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def count(self) -> None:
        with self._more:
            self._asked += 1
            self._more.notify_all()

    def more(self, requests: int) -> None:
        """Wait until it was asked for so many more."""
        with self._more:
            wanted = self._asked + requests
            assert self._more.wait_for(lambda: self._asked >= wanted, PATIENCE_SECONDS)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Answer(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *given: object) -> None:
        self._site = site
        super().__init__(*given)  # type: ignore[arg-type]  # as the server calls it

    def do_GET(self) -> None:
        self._site.count()
        if not self.path.startswith("/page/"):
            self.send_error(404)
            return
        body = ARTICLE.format(self.path.rpartition("/")[2]).encode()
        with suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is to be said."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.mark.slow
def test_each_page_is_captured_once_whoever_is_killed(tmp_path: Path, site: Site) -> None:
    chance = random.Random(SEED)
    server = RunningServer(tmp_path / "data", ("--fetch-networks", "127.0.2.0/24"))
    with server:
        server.command("person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
        urls = [f"http://127.0.2.{1 + n % HOSTS}:{site.port}/page/{n}" for n in range(PAGES)]
        _save(server, tmp_path, urls)
    killed_workers = 0
    for _ in range(ROUNDS):
        server.start()
        assert server.process is not None
        site.more(chance.randint(2, 8))
        workers = children_of(server.process.pid)
        for worker in workers[: chance.randint(0, 2)]:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                killed_workers += 1
        site.more(chance.randint(1, 4))
        workers = children_of(server.process.pid)
        server.kill()
        assert _ended(workers), "a worker outlived its server"
        if not server.command("job", "list", "anna"):
            break
    assert killed_workers > 0
    with server:
        server.command("job", "wait", "anna")
        for job in server.command("job", "list", "anna", "--state", "failed"):
            # at work three times when the server was killed: put aside, not lost
            server.command("job", "retry", "anna", str(job["id"]))
        server.command("job", "wait", "anna")
        assert server.command("job", "list", "anna") == []
        links = server.command("link", "list", "anna", "--limit", "200")
        found = server.command("link", "search", "anna", "pond", "--limit", "200")
    outcomes = Counter((link["page"], link["page_error"], link["capture_count"]) for link in links)
    assert outcomes == {("done", None, 1): PAGES}
    assert len(found) == PAGES, "a page's words are not found"
    assert verify(tmp_path / "data").faults == ()


def _save(server: RunningServer, place: Path, urls: list[str]) -> None:
    rows = "".join(f'<DT><A HREF="{url}">page</A>\n' for url in urls)
    (place / "pages.html").write_text(f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{rows}</DL>")
    server.command("import", str(place / "pages.html"), "--person", "anna", "--fetch-pages")


def _ended(pids: list[int]) -> bool:
    """Whether processes end; waits for each by its descriptor (pidfd_open(2)), not by the clock."""
    for pid in pids:
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if not select.select([descriptor], [], [], PATIENCE_SECONDS)[0]:
                    return False
            finally:
                os.close(descriptor)
    return True
