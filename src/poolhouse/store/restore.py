"""Restore: a data directory from what `backup` wrote; nothing in the file is believed before it was checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from poolhouse.errors import ConflictError, NotFoundError, StoreDamagedError
from poolhouse.store.blobs import sync_directory
from poolhouse.store.database import FILE_NAME
from poolhouse.store.failures import disk_errors, store_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY_NAME = "secret.key"
CREDENTIALS_NAME = "credentials.key"
SETTINGS_NAME = "poolhouse.toml"
BLOBS_NAME = "blobs"
MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1
SKIPPED_IDS = 1_000_000
_MEMBER = re.compile(
    rf"{re.escape(FILE_NAME)}|{re.escape(KEY_NAME)}|{re.escape(CREDENTIALS_NAME)}|{re.escape(SETTINGS_NAME)}"
    rf"|{re.escape(MANIFEST_NAME)}|{BLOBS_NAME}/[0-9a-f]{{2}}/[0-9a-f]{{62}}"
)
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    """What a backup holds: its size in bytes, and how many persons, pools, items and blobs.

    `damaged`: the names of blobs that were not what they should be when they were copied, told by `back_up`.
    """

    size_bytes: int
    counts: Mapping[str, int]
    damaged: tuple[str, ...] = ()


def restore(
    backup: Path, directory: Path, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> BackupSummary:
    """Make `directory` of a backup; it must not exist or be empty, and stays so where anything is wrong.

    Every member is checked against its SHA-256 before any is put in place; the database comes last, so there is a store
    or there is none; a disk that fails meanwhile leaves the other files there. Numbers that may have been given out
    after the backup are skipped. `progress` is told bytes read and bytes in all. Raises NotFoundError (no such file),
    ConflictError, StoreDamagedError (not a backup, or a damaged one), StoreFullError, StoreReadOnlyError.
    """
    if not backup.is_file():
        raise NotFoundError(f"file as {backup}")
    with disk_errors(), store_errors():
        is_ours = not directory.exists()
        if not is_ours and (not directory.is_dir() or any(directory.iterdir())):
            raise ConflictError("data", f"{directory} is not empty; restore into a directory of its own")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            # inside, not beside: the directory may be a mount, or its parent not ours to write
            with tempfile.TemporaryDirectory(dir=directory, prefix=".restore-") as work:
                manifest = _unpack(backup, Path(work), progress)
                _skip_ids(Path(work, FILE_NAME))
                _put_in_place(Path(work), directory)
        except BaseException:
            if is_ours:
                with suppress(OSError):  # a file may be in place; what went wrong is to be heard
                    directory.rmdir()
            raise
    return BackupSummary(size_bytes=backup.stat().st_size, counts=manifest["counts"])


def _unpack(backup: Path, work: Path, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Write the members below `work`, check them, and return the manifest."""
    try:
        with tarfile.open(backup, "r:") as tar:
            size = backup.stat().st_size
            hashes = dict(_unpack_one(tar, member, work, lambda done: progress(done, size)) for member in tar)
    except (tarfile.TarError, EOFError) as error:
        raise StoreDamagedError(f"{backup} is not a backup, or not all of one: {error}") from error
    manifest = _read_manifest(work / MANIFEST_NAME)
    hashes.pop(MANIFEST_NAME, None)
    if hashes != manifest["sha256"] or not {FILE_NAME, KEY_NAME} <= hashes.keys():
        raise StoreDamagedError(f"{backup} is damaged: its parts are not what its manifest says")
    (work / MANIFEST_NAME).unlink()
    return manifest


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, work: Path, progress: Callable[[int], None]
) -> tuple[str, str]:
    """Write one member; only a plain file of a name we give, once, so that nothing is written elsewhere."""
    content = tar.extractfile(member) if member.isreg() and not member.issparse() else None
    if content is None or not _MEMBER.fullmatch(member.name) or (work / member.name).exists():
        raise StoreDamagedError(f"the file is not a Poolhouse backup: it holds {member.name[:200]!r}")
    path = work / member.name
    for parent in reversed(path.relative_to(work).parents[:-1]):
        (work / parent).mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    with open(path, "xb", opener=private) as file:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
            progress(member.offset_data + file.tell())
        if file.tell() != member.size:
            raise tarfile.ReadError("it ends too early")
        file.flush()
        os.fsync(file.fileno())
    return member.name, digest.hexdigest()


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
        is_ours = isinstance(manifest["sha256"], dict) and isinstance(manifest["counts"], dict)
        version = int(manifest["format"])
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise StoreDamagedError("the file is not a Poolhouse backup: it has no manifest") from error
    if not is_ours or version > FORMAT_VERSION:
        raise StoreDamagedError("the backup was made by a newer Poolhouse; restore it with that one")
    return {**manifest}


def _skip_ids(path: Path) -> None:
    """Give no number twice, and log everybody out.

    Readers may remember changes, items and entries from after the backup was made; otherwise a feed's ETag,
    or an entry's id, could come to mean something else than what a reader has under it.
    """
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.execute("BEGIN")
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        for table in there & {"change", "item", "capture"}:
            highest = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").get
            used = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).get or 0
            connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                (table, max(highest, used) + SKIPPED_IDS),
            )
        # a browser logged out since must not be logged in again
        connection.execute("DELETE FROM session")
        connection.execute("UPDATE pool SET last_number = last_number + ?", (SKIPPED_IDS,))
        connection.execute("COMMIT")


def _put_in_place(work: Path, directory: Path) -> None:
    for path in sorted(work.rglob("*"), reverse=True):
        if path.is_dir():
            sync_directory(path)
    names = sorted((path.name for path in work.iterdir()), key=lambda name: name == FILE_NAME)
    for name in names:
        os.rename(work / name, directory / name)
        sync_directory(directory)


def private(path: str, flags: int) -> int:
    """An opener for files that only their owner may read."""
    return os.open(path, flags, 0o600)
