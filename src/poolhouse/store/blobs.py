"""Blobs: immutable files, named by the SHA-256 of what is in them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from typing import TYPE_CHECKING

from poolhouse.store.failures import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class BlobFiles:
    """`ports.Blobs`, in `root`, two levels deep; files are readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, address: str) -> Path:
        """Where the blob of that address lies; the address is checked, so no path can be smuggled in."""
        if not _ADDRESS.fullmatch(address):
            raise ValueError(address)
        return self.root / address[:2] / address[2:]

    def put(self, content: bytes) -> str:
        """Write, fsync, rename, fsync the directory: two flushes, none where it is there already."""
        address = hashlib.sha256(content).hexdigest()
        path = self.path(address)
        if path.exists():
            return address
        with disk_errors():
            _make_directory(self.root)
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
        """Every blob that is there."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")):
            if _ADDRESS.fullmatch(address := path.parent.name + path.name):
                yield address


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(path.parent)


def _write(content: bytes, path: Path) -> None:
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
