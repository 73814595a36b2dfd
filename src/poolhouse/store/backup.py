"""Backup: a whole data directory in one tar file, taken while a server writes.

The tar holds poolhouse.db, secret.key, blobs/… and, where they are, credentials.key and poolhouse.toml; the last
member, manifest.json, has the SHA-256 of each. Whoever has the file can read everything, so it is readable by its owner
only.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import apsw

from poolhouse.errors import NotFoundError
from poolhouse.store.blobs import BlobFiles, sync_directory
from poolhouse.store.database import FILE_NAME
from poolhouse.store.failures import disk_errors, store_errors
from poolhouse.store.restore import (
    BLOBS_NAME,
    CREDENTIALS_NAME,
    FORMAT_VERSION,
    KEY_NAME,
    MANIFEST_NAME,
    SETTINGS_NAME,
    BackupSummary,
    private,
    restore,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.ports import Clock

__all__ = ["BackupSummary", "back_up", "restore"]

_PAGES_A_STEP = 1_000


def back_up(
    directory: Path, destination: Path, clock: Clock, progress: Callable[[int, int], None]
) -> BackupSummary:
    """Write the data directory into one tar file, complete or not at all; a server may write meanwhile.

    The database in it is one moment's: SQLite's backup API inside one read transaction. `progress` is told bytes
    done and bytes in all. Needs room for the database twice. A blob that is damaged is copied as it is, and told of: an
    older backup may have it whole. Raises NotFoundError, StoreFullError, StoreReadOnlyError.
    """
    if not (directory / FILE_NAME).is_file():
        raise NotFoundError(f"store in {directory}")
    blobs = BlobFiles(directory / BLOBS_NAME)
    with (
        disk_errors(),
        store_errors(),
        blobs.held(),
        tempfile.TemporaryDirectory(dir=destination.absolute().parent, prefix=".poolhouse-") as work,
    ):
        snapshot, partial = Path(work, FILE_NAME), Path(work, "backup.tar")
        count = _Count(progress)
        # blobs are put before the row that names them, so those listed after the snapshot hold all it names
        schema, counts = _copy_database(directory / FILE_NAME, snapshot, count)
        paths = [blobs.path(address) for address in blobs.addresses()]
        counts["blobs"] = len(paths)
        manifest = {
            "format": FORMAT_VERSION,
            "schema": schema,
            "made_at": clock.now().isoformat(),
            "counts": counts,
        }
        with open(partial, "xb", opener=private) as file:
            hashes = _write_tar(file, _members(directory, snapshot, paths), manifest, count)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, destination)
        sync_directory(destination.absolute().parent)
        damaged = tuple(
            name for path in paths if hashes[name := _blob_name(path)] != path.parent.name + path.name
        )
        return BackupSummary(size_bytes=destination.stat().st_size, counts=counts, damaged=damaged)


class _Count:
    """Adds up what was copied: the database into its snapshot, then everything into the tar."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self._progress = progress
        self.done = self.total = 0

    def add(self, size_bytes: int) -> None:
        self.done += size_bytes
        self._progress(self.done, max(self.done, self.total))


def _copy_database(path: Path, snapshot: Path, count: _Count) -> tuple[int, dict[str, int]]:
    """Copy it as it is at this moment; returns its schema version and what is in it."""
    os.close(os.open(snapshot, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as source,
        closing(apsw.Connection(str(snapshot))) as target,
    ):
        source.set_busy_timeout(10_000)
        target.pragma("synchronous", "off")  # only the finished tar must be on the disk
        # a transaction held open pins the moment: without it every commit of the server would start the copy anew
        source.execute("BEGIN")
        counts = {
            f"{table}s": int(source.execute(f"SELECT count(*) FROM {table}").get)
            for table in ("person", "pool", "item")
        }
        page_bytes = int(source.pragma("page_size"))
        count.total = 2 * page_bytes * int(source.pragma("page_count"))
        with target.backup("main", source, "main") as backup:
            left = 0
            while not backup.done:
                before = left
                backup.step(_PAGES_A_STEP)
                left = backup.remaining
                done = (before or backup.page_count) - left
                count.add(page_bytes * done)
        return int(source.pragma("user_version")), counts


def _members(directory: Path, snapshot: Path, blobs: list[Path]) -> list[tuple[str, Path]]:
    """What the tar holds: names, and the files they are read from."""
    optional = [(name, directory / name) for name in (CREDENTIALS_NAME, SETTINGS_NAME)]
    return [
        (FILE_NAME, snapshot),
        (KEY_NAME, directory / KEY_NAME),
        *((name, path) for name, path in optional if path.is_file()),
        *((_blob_name(path), path) for path in blobs),
    ]


def _blob_name(path: Path) -> str:
    return f"{BLOBS_NAME}/{path.parent.name}/{path.name}"


def _write_tar(
    file: IO[bytes], members: list[tuple[str, Path]], manifest: dict[str, object], count: _Count
) -> dict[str, str]:
    """Write the members and the manifest; returns the SHA-256 of each member as it was read."""
    count.total += sum(path.stat().st_size for _, path in members[1:])
    hashes: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in members:
            with path.open("rb") as content:
                reader = _HashingReader(content, count)
                tar.addfile(_header(name, os.fstat(content.fileno()).st_size), reader)
            hashes[name] = reader.digest.hexdigest()
        text = json.dumps(manifest | {"sha256": hashes}, indent=1).encode()
        tar.addfile(_header(MANIFEST_NAME, len(text)), io.BytesIO(text))
    return hashes


class _HashingReader(io.BufferedIOBase):
    """Reads a file, with its SHA-256 so far, so that what is hashed is what was written."""

    def __init__(self, content: IO[bytes], count: _Count) -> None:
        self.digest = hashlib.sha256()
        self._content = content
        self._count = count

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = self._content.read(-1 if size is None else size)
        self.digest.update(chunk)
        self._count.add(len(chunk))
        return chunk


def _header(name: str, size_bytes: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size_bytes
    header.mode = 0o600
    return header
