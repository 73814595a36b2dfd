"""A backup is one moment of the store, complete or not there; a restore believes nothing it did not check."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
import tarfile
import threading
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.app.data import open_data
from poolhouse.errors import (
    ConflictError,
    NotFoundError,
    StoreDamagedError,
    StoreFullError,
    StoreReadOnlyError,
)
from poolhouse.services.links import save_link
from poolhouse.services.people import open_session, start_session
from poolhouse.store.backup import back_up
from poolhouse.store.database import migrations
from poolhouse.store.restore import MANIFEST_NAME, SKIPPED_IDS, restore
from poolhouse.store.verify import verify
from poolhouse.types import Query
from tests.store.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.types import Principal
    from tests.conftest import StillClock


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture
def anna(data: OpenData, principal: Principal) -> Actor:
    return Actor(data.database, principal)


@pytest.fixture
def filled(data: OpenData, anna: Actor) -> Path:
    """The directory of a store with three links, one with an icon, and settings beside."""
    icon = data.blobs.put(b"icon")
    for name in ("one", "two", "three"):
        item = anna.do(save_link, f"https://{name}.test/", tags=[name]).item
    data.database.write(lambda tx: tx.items.edit(item.id, favicon=icon))
    directory = data.database.path.parent
    (directory / "poolhouse.toml").write_text('http = "127.0.0.1:1"\n')
    return directory


@pytest.fixture
def backup(filled: Path, tmp_path: Path, clock: StillClock) -> Path:
    path = tmp_path / "pools.tar"
    back_up(filled, path, clock, quiet)
    return path


def test_a_backup_restores_to_the_same_store(
    filled: Path, backup: Path, data: OpenData, principal: Principal, tmp_path: Path, clock: StillClock
) -> None:
    summary = restore(backup, tmp_path / "new" / "home")
    assert summary.counts == {"persons": 1, "pools": 2, "items": 3, "blobs": 1}
    assert verify(tmp_path / "new" / "home").faults == ()
    restored = open_data(tmp_path / "new" / "home", clock)
    try:
        assert restored.database.server_id == data.database.server_id
        assert restored.vault.hash("x") == data.vault.hash("x")
        assert restored.blobs.get(hashlib.sha256(b"icon").hexdigest()) == b"icon"
        want = data.database.read(lambda tx: tx.search.find(principal.person_id, Query(), limit=9))
        assert (
            restored.database.read(lambda tx: tx.search.find(principal.person_id, Query(), limit=9)) == want
        )
    finally:
        restored.close()
    assert (tmp_path / "new/home/poolhouse.toml").read_text() == (filled / "poolhouse.toml").read_text()


def test_only_the_owner_can_read_a_backup_and_what_is_restored(backup: Path, tmp_path: Path) -> None:
    restore(backup, tmp_path / "new")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    for path in [tmp_path / "new", *(tmp_path / "new").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_manifest_names_each_member_with_its_sha256(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        parts = {member.name: _content(tar, member) for member in tar}
    manifest = json.loads(parts.pop(MANIFEST_NAME))
    assert manifest["sha256"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in parts.items()
    }
    assert manifest["format"] == 1
    assert manifest["schema"] == migrations()[-1][0]
    assert manifest["made_at"] == "2026-01-02T03:04:05+00:00"
    assert {"poolhouse.db", "secret.key", "poolhouse.toml"} < parts.keys()


def test_a_backup_while_a_server_writes_is_one_moment(
    data: OpenData, anna: Actor, tmp_path: Path, clock: StillClock
) -> None:
    saved = 0

    def save_another(*_: int) -> None:
        nonlocal saved
        saved += 1
        anna.do(save_link, f"https://during.test/{saved}", note="x" * 3000)

    for _ in range(1_500):
        save_another()
    before = saved
    # each report of progress saves again, so every step of the copy meets a store that has changed
    back_up(data.database.path.parent, tmp_path / "pools.tar", clock, save_another)
    assert saved > before
    assert restore(tmp_path / "pools.tar", tmp_path / "new").counts["items"] == before
    assert verify(tmp_path / "new").faults == ()


def test_a_backup_beside_a_busy_writer_restores(
    data: OpenData, anna: Actor, tmp_path: Path, clock: StillClock
) -> None:
    enough, several = threading.Event(), threading.Event()

    def keep_saving() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            anna.do(save_link, f"https://busy.test/{number}", tags=["busy"])
            if number == 20:
                several.set()

    thread = threading.Thread(target=keep_saving)
    thread.start()
    try:
        assert several.wait(30)
        for number in range(3):
            back_up(data.database.path.parent, tmp_path / f"{number}.tar", clock, quiet)
    finally:
        enough.set()
        thread.join()
    for number in range(3):
        restore(tmp_path / f"{number}.tar", tmp_path / f"{number}")
        assert verify(tmp_path / f"{number}").faults == ()


def test_a_failed_backup_leaves_the_old_one_and_nothing_else(
    filled: Path, backup: Path, clock: StillClock
) -> None:
    old = backup.read_bytes()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(filled, backup, clock, stop)
    assert backup.read_bytes() == old
    assert sorted(path.name for path in backup.parent.iterdir()) == ["data", "pools.tar"]


def test_a_blob_that_is_damaged_already_is_told_of(filled: Path, tmp_path: Path, clock: StillClock) -> None:
    whole, *_ = sorted(path for path in (filled / "blobs").rglob("*") if path.is_file())
    assert back_up(filled, tmp_path / "whole.tar", clock, quiet).damaged == ()
    whole.write_bytes(b"something else")
    summary = back_up(filled, tmp_path / "damaged.tar", clock, quiet)
    assert summary.damaged == (str(whole.relative_to(filled)),)
    restore(tmp_path / "damaged.tar", tmp_path / "restored")


def test_no_store_and_no_place_are_said(filled: Path, tmp_path: Path, clock: StillClock) -> None:
    with pytest.raises(NotFoundError):
        back_up(tmp_path, tmp_path / "x.tar", clock, quiet)
    with pytest.raises(StoreReadOnlyError):
        back_up(filled, tmp_path / "nowhere" / "x.tar", clock, quiet)
    with pytest.raises(NotFoundError):
        restore(tmp_path / "x.tar", tmp_path / "new")


def test_numbers_that_a_lost_store_may_have_given_are_skipped(
    backup: Path, data: OpenData, anna: Actor, principal: Principal, tmp_path: Path, clock: StillClock
) -> None:
    """Else a reader's ETag or entry id from after the backup would come to mean another thing (RFC 9110 §8.8.3)."""
    lost = anna.do(save_link, "https://lost.test/").item
    lost_version = data.database.read(lambda tx: tx.changes.last())
    restore(backup, tmp_path / "new")
    restored = open_data(tmp_path / "new", clock)
    try:
        saved = restored.database.write(lambda tx: save_link(tx, principal, "https://other.test/")).item
        place = restored.database.read(lambda tx: tx.memberships.of_item(saved.id))[0]
        membership = restored.database.read(lambda tx: tx.memberships.get(place.id, saved.id))
        assert saved.id >= lost.id - 1 + SKIPPED_IDS
        assert place.version > lost_version
        assert membership is not None
        assert membership.number > SKIPPED_IDS
        assert membership.position == 4
    finally:
        restored.close()


def test_a_directory_that_holds_something_is_refused(filled: Path, backup: Path, tmp_path: Path) -> None:
    before = sorted(filled.rglob("*"))
    with pytest.raises(ConflictError):
        restore(backup, filled)
    assert sorted(filled.rglob("*")) == before
    (tmp_path / "file").touch()
    with pytest.raises(ConflictError):
        restore(backup, tmp_path / "file")


def test_what_went_wrong_is_said_where_some_is_in_place(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename
    renamed: list[Path] = []

    def rename(source: Path, target: Path) -> None:
        if renamed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        renamed.append(target)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(StoreFullError, match=os.strerror(errno.ENOSPC)):
        restore(backup, tmp_path / "new")
    assert [*(tmp_path / "new").iterdir()] == renamed


def test_an_empty_directory_is_restored_into(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir(mode=0o700)
    restore(backup, tmp_path / "mount")
    assert verify(tmp_path / "mount").faults == ()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(member)
    assert content is not None
    return content.read()


def rewritten(backup: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """The backup with its members changed."""
    with tarfile.open(backup) as tar:
        members = [(member, _content(tar, member)) for member in tar]
    change(members)
    path = backup.with_suffix(".hostile.tar")
    with tarfile.open(path, "w") as tar:
        for member, content in members:
            if member.isreg():
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _added(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def add(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        members.insert(0, (member, b"evil" if kind == tarfile.REGTYPE else b""))

    return add


def _without(name: str) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def remove(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[:] = [each for each in members if each[0].name != name]

    return remove


def _replaced(name: str, content: bytes) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def replace(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[:] = [(each[0], content if each[0].name == name else each[1]) for each in members]

    return replace


HOSTILE = {
    "above": _added("../evil"),
    "absolute": _added("/etc/evil"),
    "above a blob": _added("blobs/../../evil"),
    "unknown name": _added("server.lock"),
    "blob of no such name": _added("blobs/aa/short"),
    "symbolic link": _added("blobs", tarfile.SYMTYPE, "/etc"),
    "link of a good name": _added("poolhouse.toml", tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": _added("poolhouse.toml", tarfile.LNKTYPE, "secret.key"),
    "device": _added("poolhouse.toml", tarfile.CHRTYPE),
    "pipe": _added("poolhouse.toml", tarfile.FIFOTYPE),
    "directory": _added("blobs", tarfile.DIRTYPE),
    "twice": _added("secret.key"),
    "blob more": _added("blobs/aa/" + "b" * 62),
    "no database": _without("poolhouse.db"),
    "no key": _without("secret.key"),
    "no manifest": _without(MANIFEST_NAME),
    "another key": _replaced("secret.key", b"k" * 32),
    "manifest of nothing": _replaced(MANIFEST_NAME, b"{}"),
    "manifest that is none": _replaced(MANIFEST_NAME, b"\xff"),
    "manifest that is a list": _replaced(MANIFEST_NAME, b"[]"),
    "newer format": _replaced(MANIFEST_NAME, b'{"format": 2, "sha256": {}, "counts": {}}'),
    "hashes of nothing": _replaced(MANIFEST_NAME, b'{"format": 1, "sha256": {}, "counts": {}}'),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_or_damaged_backup_is_refused_and_nothing_is_left(
    backup: Path, tmp_path: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]
) -> None:
    hostile = rewritten(backup, change)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StoreDamagedError):
        restore(hostile, tmp_path / "new")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kept", [0, 100, 513, 5_000, 0.5, 0.9])
def test_a_backup_cut_short_is_refused(backup: Path, tmp_path: Path, kept: float) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])
    with pytest.raises(StoreDamagedError):
        restore(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_changed_byte_of_any_member_is_seen(backup: Path, tmp_path: Path) -> None:
    whole = bytearray(backup.read_bytes())
    whole[whole.index(b"SQLite format 3") + 5_000] ^= 1
    backup.write_bytes(whole)
    with pytest.raises(StoreDamagedError):
        restore(backup, tmp_path / "new")


def test_a_restored_database_stands_alone(backup: Path, tmp_path: Path) -> None:
    restore(backup, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "blobs",
        "poolhouse.db",
        "poolhouse.toml",
        "secret.key",
    ]
    connection = apsw.Connection(str(tmp_path / "new" / "poolhouse.db"))
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


def test_nobody_is_logged_in_after_a_restore(data: OpenData, principal: Principal, tmp_path: Path) -> None:
    _, cookie = data.database.write(lambda tx: start_session(tx, data.vault, principal.person_id, "browser"))
    backup = tmp_path / "backup.tar"
    back_up(data.database.path.parent, backup, data.database.clock, quiet)
    restore(backup, tmp_path / "restored")
    restored = open_data(tmp_path / "restored", data.database.clock)
    try:
        assert restored.database.read(lambda tx: open_session(tx, restored.vault, cookie)) is None
    finally:
        restored.close()
