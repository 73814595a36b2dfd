"""Arrivals: bytes that come piece by piece, and how many of them become blobs with one flush."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import secrets
import sys
import tempfile
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, cast

from poolhouse.errors import StoreError
from poolhouse.store.failures import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

MEMORY_BYTES = 256 * 1024
"""So much of an arrival stays in memory; what is larger goes on in a file."""

ARRIVING_NAME = "arriving"
"""Where those files lie, in the directory of blobs; one that a killed program left there goes when it is old."""

_RELEASE = re.compile(r"(\d+)\.(\d+)")
_SYNCFS_REPORTS = (5, 8)


class FileArrival:
    """`ports.Arrival`: hashed as it comes. Not for two threads at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._hash = hashlib.sha256()
        self._memory = bytearray()
        self._file: BinaryIO | None = None
        self._is_over = False
        self.size_bytes = 0

    @property
    def address(self) -> str:
        """Of what came so far."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add a piece. Raises StoreError."""
        if self._is_over:
            raise StoreError("this arrival is over")
        self._hash.update(chunk)
        self.size_bytes += len(chunk)
        if self._file is None and len(self._memory) + len(chunk) <= MEMORY_BYTES:
            self._memory += chunk
            return
        with disk_errors():
            if self._file is None:
                self._file = self._open()
                self._file.write(self._memory)
                self._memory = bytearray()
            self._file.write(chunk)

    def _open(self) -> BinaryIO:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=self._directory, delete=False)  # noqa: SIM115 - closed by move or discard
        return cast("BinaryIO", file)

    def move_to(self, path: str, *, is_synced: bool) -> None:
        """Become the file `path`, over whatever is there. Flushed before that where `is_synced`. Raises OSError.

        One that came in a file is flushed anyway: the disk may have failed before the group's flush began to look, and
        only a descriptor that was open all the while is sure to be told.
        """
        if self._file is None:
            directory, _, file_name = path.rpartition("/")
            name = f"{directory}/.{file_name}.{secrets.token_hex(4)}"
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        else:
            self._file.flush()
            descriptor, name = os.dup(self._file.fileno()), self._file.name
        try:
            try:
                if self._file is None:
                    _write_all(descriptor, self._memory)
                if is_synced or self._file is not None:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(name, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)  # on a full disk, what is left of it would keep the disk full
            self._forget()
            raise
        self._forget()

    def discard(self) -> None:
        """Leave nothing behind; on a disk that fails, as little as can be."""
        if self._file is not None:
            with suppress(OSError):
                os.unlink(self._file.name)
        self._forget()

    def _forget(self) -> None:
        file, self._file = self._file, None
        self._memory = bytearray()
        self._is_over = True
        if file is not None:
            # what it still had to write is not wanted any more, and a full disk cannot take it
            with suppress(OSError):
                file.close()


def _write_all(descriptor: int, content: bytes | bytearray) -> None:
    """All of it: write(2) may take less."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def is_whole(path: str, address: str) -> bool:
    """Whether a blob's file is there and holds what its address says.

    After a power failure a name may have reached the disk before what it names: a name alone proves nothing.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == address
    except FileNotFoundError:
        return False


@cache
def can_sync_filesystem() -> bool:
    """Whether one call flushes a file system and says if that failed: syncfs(2) does so since Linux 5.8."""
    release = _RELEASE.match(os.uname().release)
    return (
        sys.platform == "linux"
        and release is not None
        and (int(release[1]), int(release[2])) >= _SYNCFS_REPORTS
        and _LIBC is not None
    )


def sync_filesystem(descriptor: int) -> None:
    """Flush everything that was written to the descriptor's file system, names too: one flush, whatever it is for.

    An error in writing that happened since the descriptor was opened is raised here: OSError.
    """
    assert _LIBC is not None
    if _LIBC.syncfs(descriptor) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _libc() -> ctypes.CDLL | None:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syncfs.argtypes = [ctypes.c_int]
    except (OSError, AttributeError):
        return None
    return libc


_LIBC = _libc()
