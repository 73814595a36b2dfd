"""A real server whose disk fills up, turns read-only or fails: words for it, nothing lost, reads go on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.running import RunningServer
from tests.security.visitor import Heard, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

FULL_BYTES = 12 * 1024 * 1024


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    path.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    if run("mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", str(path)).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield path
    finally:
        run("umount", "--lazy", str(path))


@contextmanager
def immutable(directory: Path) -> Iterator[None]:
    """Nobody, root neither, can write to what is in the directory, opened before or not.

    But for the index that SQLite shares between processes in memory: who writes to a mapped file that may not be
    written is killed by the kernel (SIGBUS), and a disk that was only mounted anew does not do that.
    """
    if os.geteuid() != 0 or shutil.which("chattr") is None:
        pytest.skip("only root can make files immutable; modes do not hold what is open already")
    paths = [str(path) for path in [directory, *directory.rglob("*")] if not path.name.endswith("-shm")]
    try:
        if run("chattr", "+i", *paths).returncode:
            pytest.skip("this file system knows no immutable files")
        yield
    finally:
        run("chattr", "-i", *paths)


@contextmanager
def started(data: Path) -> Iterator[Visitor]:
    """Anna at a server with three links, logged in."""
    visitor = Visitor.at(data)
    try:
        visitor.log_in()
        for number in range(3):
            assert visitor.save(f"before-{number}").status == 201
        yield visitor
    finally:
        assert visitor.server.process is not None
        if visitor.server.process.poll() is None:
            visitor.server.stop()
        elif visitor.server.process.stdout and not visitor.server.process.stdout.closed:
            visitor.server.process.communicate()


def check_reads_go_on(visitor: Visitor, saved: set[str]) -> None:
    """By every door, and also what no cache holds."""
    assert visitor.saved() == saved
    feed = visitor.ask("GET", visitor.feed)
    assert feed.status == 200
    assert all(title in feed.text for title in saved)
    assert visitor.ask("GET", visitor.feed, headers={"if-none-match": feed.headers["etag"]}).status == 304
    for path in (
        "/",
        "/search?q=before",
        "/tags",
        "/account",
        "/trash",
        "/opml",
        "/save?url=https://example.org/",
    ):
        assert visitor.get(path).status == 200, path
    assert visitor.api("GET", "/export").status == 200


def check_saves_are_refused(visitor: Visitor, status: int, words: tuple[str, ...]) -> None:
    """By every door, in words; nothing of it is kept."""
    token = visitor.form_token()
    changes: list[Heard] = [
        visitor.save("during"),
        visitor.api("POST", "/pools", {"name": "during"}),
        visitor.api("POST", "/secrets", {"label": "during", "kind": "token"}),
    ]
    for heard in changes:
        assert heard.status == status, heard.text
        assert any(word in json.loads(heard.body)["detail"] for word in words), heard.text
    page = visitor.post("/save", {"token": token, "url": "https://example.org/during", "title": "during"})
    assert page.status == 503
    assert any(word in page.text for word in words), page.text
    assert int(page.headers["retry-after"]) > 0
    assert "What you typed" in page.text
    assert "https://example.org/during" in page.text
    done = run(
        *(sys.executable, "-m", "poolhouse", "save", "https://example.org/during", "--person", "anna"),
        *("--data", str(visitor.server.data)),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("poolhouse: ")
    assert "Traceback" not in done.stderr


def check_saves_resume(visitor: Visitor, saved: set[str]) -> None:
    """Without a restart; and after one all that was acknowledged is there, and the store is whole."""
    assert visitor.save("after").status == 201
    token = visitor.form_token()
    form = {"token": token, "url": "https://example.org/form", "title": "form"}
    assert visitor.post("/save", form).status == 303
    saved = saved | {"after", "form"}
    check_reads_go_on(visitor, saved)
    visitor.server.kill()
    visitor.server = RunningServer(visitor.server.data).start()
    assert visitor.saved() == saved
    assert visitor.server.stop() == 0
    assert visitor.server.command("verify")[0]["faults"] == []
    assert "Traceback" not in "\n".join(visitor.server.output)


def fill(disk: Path) -> None:
    """Leave not a byte."""
    with open(disk / "filler", "ab", buffering=0) as filler, suppress(OSError):
        for size in (1024 * 1024, 4096, 512, 1):
            with suppress(OSError):
                while filler.write(b"x" * size):
                    continue


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, started(disk / "data") as visitor:
        fill(disk)
        # what SQLite has set aside already takes a few more: those count as saved, for they were acknowledged
        saved = {"before-0", "before-1", "before-2"}
        for number in range(500):
            heard = visitor.save(f"last-{number}")
            if heard.status != 201:
                break
            saved.add(f"last-{number}")
        assert heard.status == 507
        check_saves_are_refused(visitor, 507, ("room", "full"))
        check_reads_go_on(visitor, saved)
        (disk / "filler").unlink()
        check_saves_resume(visitor, saved)


def test_a_disk_that_fills_up_under_many_saves(tmp_path: Path) -> None:
    """To the last byte and back, some times over: each save is kept or refused, never both and never neither."""
    with small_disk(tmp_path / "disk") as disk, started(disk / "data") as visitor:
        saved = {"before-0", "before-1", "before-2"}
        for turn in range(3):
            fill(disk)
            refused = 0
            for number in range(300):
                body = {
                    "url": f"https://example.org/{turn}/{number}",
                    "title": f"{turn}-{number}",
                    "note": "x" * 20_000,
                }
                heard = visitor.api("POST", "/links", body)
                assert heard.status in {201, 507}, heard.text
                if heard.status == 201:
                    saved.add(f"{turn}-{number}")
                else:
                    refused += 1
                if refused > 5:
                    break
            assert refused
            assert visitor.saved() == saved
            (disk / "filler").unlink()
        check_saves_resume(visitor, saved)


def test_a_directory_that_turns_read_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(data) as visitor:
        saved = {"before-0", "before-1", "before-2"}
        with immutable(data):
            check_saves_are_refused(visitor, 503, ("cannot", "writable", "Try again"))
            check_reads_go_on(visitor, saved)
        check_saves_resume(visitor, saved)


def test_a_disk_that_fails_at_every_write(tmp_path: Path) -> None:
    """A limit on the size of files makes each write fail with EFBIG, as a broken disk would with EIO."""
    with started(tmp_path / "data") as visitor:
        saved = {"before-0", "before-1", "before-2"}
        process = visitor.server.process
        assert process is not None
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, hard))
        try:
            for heard in (visitor.save("during"), visitor.api("POST", "/pools", {"name": "during"})):
                assert heard.status == 503
                assert json.loads(heard.body)["detail"]
            check_reads_go_on(visitor, saved)
        finally:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        check_saves_resume(visitor, saved)


def test_a_server_on_a_directory_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(data):
        pass
    with immutable(data):
        for command in (
            ["serve", "--http", "127.0.0.1:0"],
            ["save", "https://example.org/", "--person", "anna"],
        ):
            done = run(sys.executable, "-m", "poolhouse", *command, "--data", str(data))
            assert done.returncode == 1
            assert done.stderr.count("\n") == 1
            assert "Traceback" not in done.stderr


def test_a_full_disk_from_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        done = run(
            sys.executable, "-m", "poolhouse", "serve", "--http", "127.0.0.1:0", "--data", str(disk / "data")
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr + done.stdout
        assert done.stderr.startswith("poolhouse: ")
        (disk / "filler").unlink()
        shutil.rmtree(disk / "data", ignore_errors=True)
        with started(disk / "data") as visitor:
            assert visitor.save("fine").status == 201


def test_all_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask lets through, and whoever may look into the directory."""
    data = tmp_path / "data"
    data.mkdir(mode=0o777)
    data.chmod(0o777)
    old = os.umask(0)
    try:
        with started(data) as visitor:
            visitor.server.command("backup", str(tmp_path / "backup.tar"))
            files = [path for path in [*data.rglob("*"), tmp_path / "backup.tar"] if path.is_file()]
            open_to_others = {path.name for path in files if path.stat().st_mode & 0o077}
    finally:
        os.umask(old)
    assert {"poolhouse.db", "poolhouse.db-wal", "secret.key", "backup.tar"} <= {path.name for path in files}
    # where the server listens is no secret, and any command may read it
    assert open_to_others <= {"server.address"}


def test_signals_end_it_politely(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with started(tmp_path / number.name) as visitor:
            process = visitor.server.process
            assert process is not None
            process.send_signal(number)
            output, _ = process.communicate(timeout=20)
            assert process.returncode == 0
            assert "Traceback" not in output
