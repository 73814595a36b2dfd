"""The commands as programs, beside a real server that does the jobs: waiting, breaking off, and what came of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from tests.cli.terminal import Terminal
from tests.jobs import fail_job, finish_job
from tests.running import RunningServer, command_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.store.database import Database

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery\n"
WORDS = "The kettle stood on the stove and sang, as kettles do when nobody looks after them. "
PAGE = f"<!DOCTYPE html><html lang=en><title>On kettles</title><article>{f'<p>{WORDS * 5}</p>' * 8}</article>"
BOOKMARKS = b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF="mailto:a@example.org">In</A></DL>'


class Kettles(BaseHTTPRequestHandler):
    """Every page is about kettles."""

    def do_GET(self) -> None:
        content = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kettles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    command_line(tmp_path / "data", "person", "add", "anna", "--password-stdin", stdin=PASSWORD)
    return tmp_path / "data"


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    data = open_data(home, SystemClock())
    yield data.database
    data.close()


def start(home: Path, terminal: Terminal, *arguments: str) -> subprocess.Popen[str]:
    """A command whose standard error is the terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "poolhouse", *arguments, "--data", str(home)],
        stdout=subprocess.PIPE,
        stderr=terminal.program_end,
        text=True,
    )


def test_a_page_is_read_and_shown(home: Path, site: str) -> None:
    with RunningServer(home, ("--fetch-networks", "127.0.0.0/8")) as server:
        server.command("pool", "edit", "anna", "Bookmarks", "--capture", "full")
        (link,) = server.command("save", f"{site}/a", "--person", "anna")
        number = str(link["id"])
        assert server.command("job", "wait", "anna") == [{"failed": 0}]
        (captured,) = server.command("capture", "list", "anna", number)
        assert (captured["title"], captured["mode"], captured["language"]) == ("On kettles", "full", "en")
        (shown,) = server.command("capture", "show", "anna", number)
        assert shown["text"].count(WORDS.strip()) == 40
        page = subprocess.run(
            [
                *(sys.executable, "-m", "poolhouse", "capture", "show", "anna", number),
                *("--as", "page", "--data", str(home)),
            ],
            capture_output=True,
            check=True,
        ).stdout
        assert b"kettle" in page
        server.command("capture", "again", "anna", number)
        server.command("check", "anna")
        assert server.command("job", "wait", "anna") == [{"failed": 0}]
        newer, older = server.command("capture", "list", "anna", number)
        assert newer["id"] > older["id"]
        (found,) = server.command("link", "search", "anna", "stove")
        assert (found["capture_id"], found["page"]) == (newer["id"], "done")
        assert found["checked_at"] is not None
        assert found["dead_since"] is None


def test_the_api_imports_and_says_what_came_of_it(home: Path) -> None:
    with RunningServer(home) as server:
        (token,) = server.command("token", "add", "anna")
        headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "text/html"}

        def ask(address: str, content: bytes | None = None) -> Any:
            with urlopen(Request(address, content, headers)) as answer:
                return answer.headers["Location"], json.loads(answer.read())

        address, job = ask(f"{server.url}/api/v1/import?name=old.html", BOOKMARKS)
        assert job["label"] == "old.html"
        server.command("job", "wait", "anna")
        _, done = ask(address)
        assert (done["state"], done["report"]["added"], done["report"]["refused_count"]) == ("done", 1, 0)
        (listed,) = server.command("job", "list", "anna")
        assert listed["report"] == done["report"]


def test_waiting_shows_how_far_it_is(home: Path, database: Database) -> None:
    for name in "ab":
        command_line(home, "save", f"https://example.org/{name}", "--person", "anna")
    with Terminal() as terminal, start(home, terminal, "job", "wait", "anna") as waiting:
        terminal.wait_for("waiting [                              ] 0 of 2 jobs")
        finish_job(database)
        terminal.wait_for("waiting [###############               ] 1 of 2 jobs")
        assert waiting.poll() is None
        finish_job(database)
        assert waiting.communicate(timeout=60)[0] == "All is done.\n"
        assert waiting.returncode == 0
        assert terminal.screen == [""]


def test_waiting_ends_with_1_where_something_failed(home: Path, database: Database) -> None:
    for name in "ab":
        command_line(home, "save", f"https://example.org/{name}", "--person", "anna")
    with Terminal() as terminal, start(home, terminal, "job", "wait", "anna") as waiting:
        terminal.wait_for("0 of 2 jobs")
        fail_job(database)
        finish_job(database)
        assert "1 failed: poolhouse job list anna" in waiting.communicate(timeout=60)[0]
        assert waiting.returncode == 1


def test_waiting_is_broken_off_and_no_job_is(home: Path) -> None:
    command_line(home, "save", "https://example.org/a", "--person", "anna")
    with Terminal() as terminal, start(home, terminal, "job", "wait", "anna") as waiting:
        terminal.wait_for("0 of 1 jobs")
        waiting.send_signal(signal.SIGINT)
        assert waiting.communicate(timeout=60)[0] == ""
        assert waiting.returncode == 130
        assert terminal.screen == [""]
    assert [job["state"] for job in command_line(home, "job", "list", "anna")] == ["waiting"]


def test_programs_see_no_bar(home: Path, database: Database) -> None:
    command_line(home, "save", "https://example.org/a", "--person", "anna")
    with Terminal() as terminal, start(home, terminal, "job", "wait", "anna", "--json") as waiting:
        finish_job(database)
        assert json.loads(waiting.communicate(timeout=60)[0]) == {"failed": 0}
        assert terminal.read() == ""
