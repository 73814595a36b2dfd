"""Blobs: immutable files, named by the SHA-256 of what is in them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolhouse.store.failures import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class BlobFiles:
    """`ports.Blobs`, in `root`, two levels deep; files are readable by their owner only.

    Nothing is removed while anybody puts or holds blobs: a lock on `root` that any number share, in this process and in
    commands beside it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, address: str) -> Path:
        """Where the blob of that address lies; the address is checked, so no path can be smuggled in."""
        if not _ADDRESS.fullmatch(address):
            raise ValueError(address)
        return self.root / address[:2] / address[2:]

    def put(self, content: bytes | memoryview) -> str:
        """Write, fsync, rename, fsync the directory: two flushes; where it is there already, it becomes young again."""
        address = hashlib.sha256(content).hexdigest()
        path = self.path(address)
        with disk_errors():
            _make_directory(self.root)
            with self.held():
                if path.exists():
                    os.utime(path)
                else:
                    _make_directory(path.parent)
                    _write(content, path)
        return address

    def get(self, address: str) -> bytes | None:
        """Read a blob whole."""
        try:
            return self.path(address).read_bytes()
        except FileNotFoundError:
            return None

    def addresses(self) -> Iterator[str]:
        """Every blob that is there, in order."""
        for directory in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for name in sorted(os.listdir(directory)):
                if _ADDRESS.fullmatch(address := directory.name + name):
                    yield address

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be removed meanwhile."""
        with self._locked(fcntl.LOCK_SH):
            yield

    def remove_old(self, address: str, age_seconds: float) -> bool:
        """Remove a blob that was not put for so long; False where it was, or where blobs are held at the moment."""
        path = self.path(address)
        with disk_errors():
            try:
                with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
                    if time.time() - path.stat().st_mtime < age_seconds:
                        return False
                    path.unlink()
            except (BlockingIOError, FileNotFoundError):
                return False
        return True

    @contextmanager
    def _locked(self, operation: int) -> Iterator[None]:
        """Hold the lock; where there is no directory yet there is nothing to guard. Raises BlockingIOError."""
        try:
            root = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            yield
            return
        try:
            fcntl.flock(root, operation)
            yield
        finally:
            os.close(root)


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(path.parent)


def _write(content: bytes | memoryview, path: Path) -> None:
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115 - closed below
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
    except BaseException:
        os.unlink(file.name)  # on a full disk, what is left of it would keep the disk full
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make names in a directory durable: a new file's name is the directory's content, not the file's."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
