"""Blobs: immutable files, named by the SHA-256 of what is in them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from typing import TYPE_CHECKING

from poolhouse.errors import StoreFullError, StoreReadOnlyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ADDRESS = re.compile(r"[0-9a-f]{64}")
_NO_SPACE = 28


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
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(file.name, path)
            _sync_directory(path.parent)
        except OSError as error:
            kind = StoreFullError if error.errno == _NO_SPACE else StoreReadOnlyError
            raise kind(f"{path.parent}: {error.strerror}") from error
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


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
