"""The data directory: who may read it, its key, its lock, its store."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import StoreDamagedError, StoreLockedError, StoreReadOnlyError
from poolhouse.rules.vault import Vault
from poolhouse.store.blobs import BlobFiles, sync_directory
from poolhouse.store.database import FILE_NAME, Database
from poolhouse.store.failures import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.ports import Clock

KEY_NAME = "secret.key"
LOCK_NAME = "server.lock"
BLOBS_NAME = "blobs"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenData:
    """An open data directory."""

    database: Database
    vault: Vault
    blobs: BlobFiles

    def close(self) -> None:
        """Close the store."""
        self.database.close()


def open_data(directory: Path, clock: Clock) -> OpenData:
    """Open the data directory, making what is missing, readable by its owner only. Raises StoreError."""
    key = _read_or_make_key(directory)
    database = Database(directory / FILE_NAME, clock)
    return OpenData(database, Vault(key, os.urandom), BlobFiles(directory / BLOBS_NAME))


def _read_or_make_key(directory: Path) -> bytes:
    path = directory / KEY_NAME
    with disk_errors():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            make_key(path)
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreDamagedError(f"{path} is not a key of {KEY_BYTES} bytes; take it from a backup")
    return key


def make_key(path: Path) -> None:
    """Make a key under its name at once and whole; where another program was quicker, its key is the key."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        os.unlink(partial)
    sync_directory(path.parent)


class ServerLock:
    """Held by the one server of a data directory; the kernel lets go of it however the server ends."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises StoreLockedError if another server has it."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreReadOnlyError(f"{error.filename}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise StoreLockedError(
                f"another Poolhouse server runs on {directory}; stop it, or give this one a --data of its own"
            ) from error

    def release(self) -> None:
        """Let another server have the directory."""
        os.close(self._file)
