"""Captured pages, jobs and looks at links on the command line, on a real data directory."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import OpenData, open_data
from poolhouse.cli import _progress, main
from poolhouse.services.captures import record_capture
from poolhouse.types import Captured, CaptureMode, ImportFile, ItemId, ReadPage
from tests.cli.conftest import BOOKMARKS
from tests.cli.terminal import Terminal
from tests.jobs import SERVER, fail_job, finish_job, hold_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Commands

PNG = b"\x89PNG\r\n\x1a\n\xff\x00"


@contextmanager
def open_beside(commands: Commands) -> Iterator[OpenData]:
    """The data directory as a server has it open beside the commands."""
    data = open_data(commands.data, SystemClock())
    try:
        yield data
    finally:
        data.close()


@pytest.fixture
def beside(commands: Commands) -> Iterator[OpenData]:
    with open_beside(commands) as data:
        yield data


def save(commands: Commands, *urls: str) -> list[Any]:
    return [commands.ask("save", url, "--person", "anna", "--title", url[-1])[0] for url in urls]


def capture(data: OpenData, link: Any, text: str, **more: Any) -> str:
    html = gzip.compress(f"<p>{text} ✓</p>".encode())
    captured = Captured(
        **{
            "url": link["url"],
            "mode": CaptureMode.FULL,
            "title": "Title",
            "word_count": len(text.split()),
            "text": text,
            "reader_blob": data.blobs.put(html),
            "page_blob": data.blobs.put(html),
            "thumbnail_blob": data.blobs.put(PNG),
            "size_bytes": 1_234,
            **more,
        }
    )
    made = data.database.write(lambda tx: record_capture(tx, ItemId(link["id"]), link["url"], captured))
    assert made is not None
    finish_job(data.database)
    return str(made)


def test_captured_pages(commands: Commands, beside: OpenData) -> None:
    (link,) = save(commands, "https://example.org/a")
    number = str(link["id"])
    assert "already" in commands.run("capture", "again", "anna", number, status=1)[1]
    assert "no such captured page" in commands.run("capture", "show", "anna", number, status=1)[1]
    first = capture(beside, link, "Some words.")
    (job,) = commands.ask("capture", "again", "anna", number)
    assert (job["kind"], job["state"]) == ("read-page", "waiting")
    second = capture(beside, link, "More words here.", page_blob=None, mode=CaptureMode.TEXT)
    newer, older = commands.ask("capture", "list", "anna", number)
    assert [str(newer["id"]), str(older["id"])] == [second, first]
    assert (newer["has"], older["has"]) == (["text", "html", "picture"], ["text", "html", "page", "picture"])
    assert commands.run("capture", "list", "anna", number)[0].splitlines()[0].split("\t")[2:5] == [
        "text",
        "3 words",
        "1,234 bytes",
    ]
    assert commands.run("capture", "show", "anna", number)[0] == "More words here.\n"
    (shown,) = commands.ask("capture", "show", "anna", number, first)
    assert (shown["text"], shown["word_count"]) == ("Some words.", 2)
    assert commands.run("capture", "show", "anna", number, first, "--as", "page")[0] == "<p>Some words. ✓</p>"
    assert commands.run("capture", "show", "anna", number, "--as", "html")[0] == "<p>More words here. ✓</p>"
    assert (
        "text, html, picture" in commands.run("capture", "show", "anna", number, "--as", "page", status=1)[1]
    )
    file = beside.blobs.path(
        beside.database.read(lambda tx: tx.captures.of(ItemId(link["id"])))[0].page_blob or ""
    )
    file.write_bytes(file.read_bytes()[:-9])
    assert "verify" in commands.run("capture", "show", "anna", number, first, "--as", "page", status=1)[1]
    file.unlink()
    assert (
        "no such page" in commands.run("capture", "show", "anna", number, first, "--as", "page", status=1)[1]
    )
    commands.run("capture", "delete", "anna", number, second)
    assert commands.ask("link", "search", "anna", "some")[0]["capture_id"] == int(first)
    assert "no such" in commands.run("capture", "delete", "anna", number, second, status=1)[1]


def test_jobs(commands: Commands, beside: OpenData) -> None:
    save(commands, *(f"https://example.org/{number}" for number in range(4)))
    failed = fail_job(beside.database)
    running = hold_job(beside.database)
    beside.database.write(lambda tx: tx.tuples.progress(running, SERVER, 1_200, 5_000))
    found = commands.ask("job", "list", "anna")
    assert [job["state"] for job in found] == ["running", "failed", "waiting", "waiting"]
    words = commands.run("job", "list", "anna")[0].splitlines()
    assert words[0] == f"{running}\trunning (1,200 of 5,000)\tread-page\t1"
    assert words[1] == f"{failed}\tfailed\tread-page\t0\tno such host"
    assert [job["id"] for job in commands.ask("job", "list", "anna", "--state", "failed")] == [failed]
    assert commands.ask("job", "list", "anna", "--kind", "check-link") == []
    assert len(commands.ask("job", "list", "anna", "--limit", "2")) == 2
    waiting = str(found[-1]["id"])
    # all or none
    assert "has not failed" in commands.run("job", "retry", "anna", str(failed), waiting, status=1)[1]
    assert commands.ask("job", "list", "anna", "--state", "failed")
    assert [job["state"] for job in commands.ask("job", "retry", "anna", str(failed))] == ["waiting"]
    assert commands.run("job", "retry", "anna")[0] == ""
    again = [fail_job(beside.database), fail_job(beside.database)]
    assert [job["id"] for job in commands.ask("job", "retry", "anna")] == again
    assert [hold_job(beside.database), hold_job(beside.database)] == again
    commands.run("job", "drop", "anna", str(again[0]), status=1)
    commands.run("job", "drop", "anna", waiting)
    assert waiting not in [str(job["id"]) for job in commands.ask("job", "list", "anna")]
    assert "no such job" in commands.run("job", "drop", "anna", waiting, status=1)[1]


def test_what_came_of_an_import(commands: Commands, beside: OpenData) -> None:
    entry = ImportFile(blob="0" * 64, pool_id=None, name="old.html")
    beside.database.write(lambda tx: tx.tuples.put(entry, person_id=tx.persons.all()[0].id, label="old.html"))
    report = {"added": 1_234, "merged": 5, "refused_count": 1, "refused": [], "problems": []}
    done = finish_job(beside.database, ImportFile, report)
    words = commands.run("job", "list", "anna")[0].strip()
    assert words == f"{done}\tdone\timport-file\told.html\t1,234 added, 5 were there already, 1 refused"
    assert commands.ask("job", "list", "anna")[0]["report"] == report
    commands.run("job", "drop", "anna", str(done))
    assert commands.ask("job", "list", "anna") == []


def test_others_jobs_and_pages_are_not_there(commands: Commands, beside: OpenData) -> None:
    commands.run("person", "add", "bob", "--password-stdin", stdin="correct horse battery\n")
    (link,) = save(commands, "https://example.org/a")
    version = capture(beside, link, "Some words.")
    commands.run("capture", "again", "anna", str(link["id"]))
    (job,) = commands.ask("job", "list", "anna")
    assert commands.ask("job", "list", "bob") == []
    number = str(link["id"])
    for arguments in (
        ("job", "drop", "bob", str(job["id"])),
        ("job", "retry", "bob", str(job["id"])),
        ("capture", "list", "bob", number),
        ("capture", "show", "bob", number, version),
        ("capture", "again", "bob", number),
        ("capture", "delete", "bob", number, version),
    ):
        assert "no such" in commands.run(*arguments, status=1)[1]
    assert len(commands.ask("capture", "list", "anna", number)) == 1


def test_all_links_are_looked_at(commands: Commands, beside: OpenData) -> None:
    save(commands, "https://example.org/a", "https://example.org/b", "mailto:a@example.org")
    assert commands.ask("check", "anna") == [{"queued": 2}]
    assert len(commands.ask("job", "list", "anna", "--kind", "check-link")) == 2
    assert "already" in commands.run("check", "anna", status=1)[1]


def test_waiting_is_over_at_once_where_nothing_is_to_be_done(commands: Commands, beside: OpenData) -> None:
    assert commands.ask("job", "wait", "anna") == [{"failed": 0}]
    save(commands, "https://example.org/a")
    fail_job(beside.database)  # what failed before is not of this waiting
    assert commands.run("job", "wait", "anna")[0] == "All is done.\n"


def test_what_a_pool_keeps_of_pages(commands: Commands) -> None:
    (pool,) = commands.ask("pool", "add", "anna", "Reading")
    assert (pool["capture"], pool["feed_text"]) == ("text", False)
    (pool,) = commands.ask("pool", "edit", "anna", "Reading", "--capture", "full", "--feed-text")
    assert (pool["path"], pool["capture"], pool["feed_text"]) == ("Reading", "full", True)
    (pool,) = commands.ask("pool", "edit", "anna", "Reading", "--to", "Read", "--no-feed-text")
    assert (pool["path"], pool["capture"], pool["feed_text"]) == ("Read", "full", False)
    (pool,) = commands.ask("pool", "add", "anna", "Scraps", "--capture", "off", "--feed-text")
    assert (pool["capture"], pool["feed_text"]) == ("off", True)
    commands.run("pool", "add", "anna", "Search", "--query", "tag:a")
    assert "saved search" in commands.run("pool", "edit", "anna", "Search", "--capture", "text", status=1)[1]


def test_an_import_may_have_the_pages_read(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "bookmarks.html"
    file.write_text(BOOKMARKS)
    commands.run("import", str(file), "--person", "anna")
    assert commands.ask("job", "list", "anna") == []
    file.write_text(BOOKMARKS.replace("example.org/in", "example.org/other"))
    commands.run("import", str(file), "--person", "anna", "--fetch-pages")
    assert [job["kind"] for job in commands.ask("job", "list", "anna")] == [ReadPage.KIND]
    assert (
        json.loads(commands.run("link", "search", "anna", "example", "--json")[0].splitlines()[0])["page"]
        == "pending"
    )


@pytest.mark.parametrize("form", ["html", "page", "picture"])
def test_what_a_stranger_wrote_does_not_reach_the_terminal(
    commands: Commands, beside: OpenData, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (link,) = save(commands, "https://example.org/a")
    capture(beside, link, "Some \x1b]0;evil\x07 words \x9b31m.")
    number = str(link["id"])
    with Terminal() as terminal:
        monkeypatch.setattr("sys.stdout", os.fdopen(terminal.program_end, "w", closefd=False))
        assert main(["capture", "show", "anna", number, "--as", form, "--data", str(commands.data)]) == 1
        assert terminal.read() == ""
        assert main(["capture", "show", "anna", number, "--data", str(commands.data)]) == 0
        assert "words" in terminal.read()
        assert not set(terminal.written) & {"\x1b", "\x07", "\x9b"}


@pytest.mark.parametrize("is_json", [False, True])
def test_long_work_is_shown_on_a_terminal_and_nothing_to_programs(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_json: bool
) -> None:
    monkeypatch.setattr(_progress, "FIRST_SECONDS", 0.0)
    file, backup = tmp_path / "bookmarks.html", tmp_path / "backup.tar"
    file.write_text(BOOKMARKS)
    (link,) = save(commands, "https://example.org/a")
    with open_beside(commands) as data:
        capture(data, link, "Some words.")
    flags = ["--json"] if is_json else []
    with Terminal() as terminal:
        monkeypatch.setattr("sys.stderr", os.fdopen(terminal.program_end, "w", closefd=False))
        for arguments, words in (
            (("import", str(file), "--person", "anna"), "importing ["),
            (("export", "--person", "anna"), "exporting: 1 lines"),
            (("backup", str(backup)), "backing up ["),
            (("verify",), "verifying ["),
            (("restore", str(backup)), "restoring ["),
        ):
            if arguments[0] == "restore":
                commands.data = tmp_path / "restored"
            commands.run(*arguments, *flags)
            assert (words in terminal.read()) != is_json, words
            assert terminal.screen == [""]
