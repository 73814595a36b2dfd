"""The file itself: who may read it, what else lies there, which version it is, and who else has it open."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.app.data import ServerLock, open_data
from poolhouse.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreReadOnlyError,
)
from poolhouse.rules.vault import Vault
from poolhouse.services.links import save_link
from poolhouse.store.database import APPLICATION_ID, Database, migrations
from poolhouse.store.verify import verify
from tests.store.actor import Actor, new_actor
from tests.store.disks import Faults, failing_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from tests.conftest import StillClock


def test_everything_is_readable_by_its_owner_only(data: OpenData) -> None:
    """Whatever the umask; the log and its index too, which SQLite makes."""
    anna = new_actor(data.database, "anna")
    anna.do(save_link, "https://one.test/")
    data.blobs.put(b"icon")
    directory = data.database.path.parent
    paths = [directory, *directory.rglob("*")]
    assert {path.name for path in paths} > {
        "poolhouse.db",
        "poolhouse.db-wal",
        "poolhouse.db-shm",
        "secret.key",
    }
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_an_empty_file_becomes_a_store(tmp_path: Path, clock: StillClock) -> None:
    (tmp_path / "poolhouse.db").touch()
    data = open_data(tmp_path, clock)
    try:
        assert data.database.writing.pragma("user_version") == migrations()[-1][0]
        assert data.database.writing.pragma("application_id") == APPLICATION_ID
        assert data.database.writing.pragma("journal_mode") == "wal"
        assert data.database.writing.pragma("synchronous") == 2  # FULL
        assert data.database.writing.pragma("foreign_keys") == 1
    finally:
        data.close()
    (tmp_path / "poolhouse.db").chmod(0o600)
    assert verify(tmp_path).faults == ()


def test_migrations_are_numbered_without_gaps_and_run_once(data: OpenData, clock: StillClock) -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))
    identity = data.database.server_id
    data.close()
    for _ in range(2):
        again = Database(data.database.path, clock)
        assert again.server_id == identity
        again.close()


def test_what_was_kept_is_there_after_opening_again(data: OpenData, clock: StillClock) -> None:
    anna = new_actor(data.database, "anna")
    item = anna.do(save_link, "https://one.test/", tags=["red"]).item
    data.close()
    again = Database(data.database.path, clock)
    try:
        assert again.read(lambda tx: tx.items.get(item.id, anna.principal.person_id)) == item
    finally:
        again.close()


@pytest.mark.parametrize("content", [b"garbage" * 1_000, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_garbage_is_refused_and_left_as_it_is(tmp_path: Path, clock: StillClock, content: bytes) -> None:
    path = tmp_path / "poolhouse.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamagedError):
        Database(path, clock)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA application_id = 7; CREATE TABLE theirs (a)",
        "PRAGMA user_version = 3; CREATE TABLE theirs (a)",
        "CREATE TABLE theirs (a)",
    ],
)
def test_somebody_elses_database_is_refused(tmp_path: Path, clock: StillClock, sql: str) -> None:
    path = tmp_path / "poolhouse.db"
    theirs = apsw.Connection(str(path))
    theirs.execute(sql)
    with pytest.raises(StoreDamagedError):
        Database(path, clock)
    assert theirs.execute("SELECT count(*) FROM sqlite_schema").get == 1
    assert theirs.pragma("journal_mode") == "delete"
    theirs.close()


def test_a_newer_store_is_refused(data: OpenData, clock: StillClock) -> None:
    data.database.writing.pragma("user_version", migrations()[-1][0] + 1)
    data.close()
    with pytest.raises(StoreDamagedError, match="newer"):
        Database(data.database.path, clock)


def test_a_damaged_page_is_said_and_no_traceback(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    anna.do(save_link, "https://one.test/")
    data.close()
    whole = data.database.path.read_bytes()
    data.database.path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(StoreError):
        Database(data.database.path, data.database.clock)


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path, clock: StillClock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreReadOnlyError):
        open_data(tmp_path / "file" / "data", clock)
    with pytest.raises(StoreReadOnlyError):
        Database(tmp_path / "file" / "poolhouse.db", clock)


def test_a_key_of_the_wrong_length_is_refused(data: OpenData, clock: StillClock) -> None:
    directory = data.database.path.parent
    (directory / "secret.key").write_bytes(b"short")
    with pytest.raises(StoreDamagedError, match="key"):
        open_data(directory, clock)


def test_a_disk_that_becomes_read_only_is_said(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    data.database.writing.pragma("query_only", "on")
    with pytest.raises(StoreReadOnlyError):
        anna.do(save_link, "https://one.test/")
    data.database.writing.pragma("query_only", "off")
    anna.do(save_link, "https://one.test/")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_said(data: OpenData, clock: StillClock) -> None:
    data.close()
    directory = data.database.path.parent
    data.database.path.chmod(0o400)
    directory.chmod(0o500)
    try:
        with pytest.raises(StoreReadOnlyError):
            open_data(directory, clock)
    finally:
        directory.chmod(0o700)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A file system of our own, that can be made read-only even for root."""
    place = tmp_path / "mount"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_read_only_file_system_is_said(mount: Path, clock: StillClock) -> None:
    data = open_data(mount / "data", clock)
    new_actor(data.database, "anna")
    data.close()
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    with pytest.raises(StoreReadOnlyError):
        open_data(mount / "data", clock)
    with pytest.raises(StoreReadOnlyError):
        ServerLock(mount / "data")
    subprocess.run(["mount", "-o", "remount,rw", str(mount)], check=True)
    open_data(mount / "data", clock).close()


def test_a_second_server_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    first = ServerLock(tmp_path / "data")
    with pytest.raises(StoreLockedError, match="another Poolhouse server"):
        ServerLock(tmp_path / "data")
    first.release()
    ServerLock(tmp_path / "data").release()


def test_a_killed_server_holds_no_lock(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from poolhouse.app.data import ServerLock;"
        "lock = ServerLock(Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(StoreLockedError):
            ServerLock(tmp_path / "data")
        process.kill()
        process.wait()
    ServerLock(tmp_path / "data").release()


def test_a_long_question_ends_at_its_deadline(data: OpenData) -> None:
    forever = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(StoreBusyError):
        data.database.read_long(lambda tx: tx._connection.execute(forever).get, 0.01)
    assert data.database.read_long(lambda tx: tx.changes.last(), 10) == 0


def test_a_long_question_is_of_one_moment_and_holds_up_no_write(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")

    def twice(tx: object) -> tuple[int, int]:
        before = data.database.read(lambda tx: tx.changes.last())
        anna.do(save_link, "https://one.test/")
        return before, data.database.read(lambda tx: tx.changes.last())

    found = data.database.read_long(lambda tx: (tx.changes.last(), twice(tx), tx.changes.last()), 10)
    assert found[0] == found[2]
    assert found[1][0] < found[1][1]


def test_the_version_changes_with_each_commit_of_whomever(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    start = data.database.version()
    assert data.database.version() == start
    anna.do(save_link, "https://one.test/")
    after_ours = data.database.version()
    assert after_ours != start
    other = Database(data.database.path, data.database.clock)
    Actor(other, anna.principal).do(save_link, "https://two.test/")
    other.close()
    assert data.database.version() not in {start, after_ours}


def test_a_failed_write_leaves_nothing_open(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")

    def fail(tx: object, _: object) -> None:
        save_link(tx, anna.principal, "https://half.test/")  # type: ignore[arg-type]  # a transaction it is
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        anna.do(fail)
    assert not data.database.writing.in_transaction
    anna.do(save_link, "https://whole.test/")
    found = anna.ask(lambda tx, _: tx.memberships.newest(2, anna.principal.person_id, limit=9))
    assert [entry.item.url for entry in found] == ["https://whole.test/"]


def test_writers_in_several_threads_take_turns(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")

    def save(thread: int) -> None:
        for number in range(10):
            anna.do(save_link, f"https://{thread}.test/{number}")

    threads = [threading.Thread(target=save, args=(each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert anna.bookmarks.entry_count == 40
    assert verify(data.database.path.parent).faults == ()


@pytest.fixture
def disk() -> Iterator[Faults]:
    yield from failing_disk()


def test_a_store_that_cannot_be_begun_for_want_of_room_is_begun_later(
    disk: Faults, tmp_path: Path, clock: StillClock
) -> None:
    disk.writes = True
    with pytest.raises(StoreFullError):
        Database(tmp_path / "poolhouse.db", clock)
    disk.writes = False
    Database(tmp_path / "poolhouse.db", clock).close()
    disk.remove()
    (tmp_path / "secret.key").write_bytes(bytes(32))
    (tmp_path / "secret.key").chmod(0o600)
    assert verify(tmp_path).faults == ()


def test_a_key_is_there_whole_or_not_at_all(
    tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program may start meanwhile, and a disk without room may keep the name and not what is in it."""
    there: list[bool] = []

    def fail(_: int) -> None:
        there.append((tmp_path / "secret.key").exists())
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreFullError):
            open_data(tmp_path, clock)
    assert there == [False]
    assert list(tmp_path.iterdir()) == []
    open_data(tmp_path, clock).close()
    assert verify(tmp_path).faults == ()


def test_whoever_is_quicker_makes_the_key(
    tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "secret.key"

    def be_quicker(_: int) -> None:
        if not key.exists():
            key.write_bytes(b"q" * 32)
            key.chmod(0o600)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", be_quicker)
        data = open_data(tmp_path, clock)
    assert data.vault.hash("x") == Vault(b"q" * 32, os.urandom).hash("x")
    data.close()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("address", ["../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", ""])
def test_a_blob_is_named_by_its_hash_only(data: OpenData, address: str) -> None:
    with pytest.raises(ValueError):
        data.blobs.get(address)


def test_a_blob_is_kept_once_and_read_whole(data: OpenData) -> None:
    address = data.blobs.put(b"icon")
    before = data.blobs.path(address).stat().st_ino
    assert data.blobs.put(b"icon") == address
    assert data.blobs.path(address).stat().st_ino == before
    assert data.blobs.get(address) == b"icon"
    assert data.blobs.get("0" * 64) is None
    assert list(data.blobs.addresses()) == [address]
