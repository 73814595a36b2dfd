"""Blobs: immutable files, named by the SHA-256 of what is in them."""

from __future__ import annotations

import fcntl
import os
import re
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.store.arrivals import (
    ARRIVING_NAME,
    FileArrival,
    can_sync_filesystem,
    is_whole,
    sync_filesystem,
)
from poolhouse.store.failures import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from poolhouse.ports import Arrival

LOW_WATER_BYTES = 128 * 1024 * 1024
"""Mail is refused for the time being before the disk is so full that nothing works any more."""

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class BlobFiles:
    """`ports.Blobs`, in `root`, two levels deep; files are readable by their owner only.

    Nothing is removed while anybody puts or holds blobs: a lock on `root` that any number share, in this process and in
    commands beside it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = os.fspath(root)
        self._is_made = False

    def path(self, address: str) -> Path:
        """Where the blob of that address lies; the address is checked, so no path can be smuggled in."""
        return Path(self._path(address))

    def _path(self, address: str) -> str:
        """As `path`, in a tenth of its time: each message takes several."""
        if not _ADDRESS.fullmatch(address):
            raise ValueError(address)
        return f"{self._root}/{address[:2]}/{address[2:]}"

    def put(self, content: bytes | memoryview) -> str:
        """Write, fsync, rename, fsync the directory: two flushes; where it is there already, it becomes young again."""
        return self.put_all((content,))[0]

    def put_all(self, contents: Iterable[bytes | memoryview]) -> Sequence[str]:
        arrivals: list[FileArrival] = []
        try:
            for content in contents:
                arrivals.append(self.arrival())
                arrivals[-1].write(content)
            return self.keep_all(arrivals) if arrivals else ()
        finally:
            for arrival in arrivals:
                arrival.discard()

    def has_room(self, size_bytes: int) -> bool:
        room = os.statvfs(self.root.parent)
        return room.f_bavail * room.f_frsize >= size_bytes + LOW_WATER_BYTES

    def arrival(self) -> FileArrival:
        """Bytes that come piece by piece."""
        return FileArrival(self.root / ARRIVING_NAME)

    def keep_all(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Keep what arrived: several with one flush, where the file system can be flushed as a whole.

        A file that has the name already is read, and written anew where it does not hold what it should; it is flushed
        too, for whoever wrote it may not have come to that. Raises StoreError: then none of them counts.
        """
        ours = [arrival for arrival in arrivals if isinstance(arrival, FileArrival)]
        assert len(ours) == len(arrivals)  # nobody else makes any
        addresses = [arrival.address for arrival in ours]
        try:
            with disk_errors():
                self._make_directories()
                with self._locked(fcntl.LOCK_SH) as root:
                    assert root is not None
                    self._keep(ours, root)
        finally:
            for arrival in ours:
                arrival.discard()
        return addresses

    def _keep(self, arrivals: Sequence[FileArrival], root: int) -> None:
        fresh = {arrival.address: arrival for arrival in arrivals}
        is_synced_at_once = len(fresh) > 1 and can_sync_filesystem()
        for address, arrival in fresh.items():
            path = self._path(address)
            if not is_whole(path, address):
                arrival.move_to(path, is_synced=not is_synced_at_once)
            else:
                os.utime(path)
                if not is_synced_at_once:
                    _sync_file(path)
            if not is_synced_at_once:
                sync_directory(os.path.dirname(path))
        if is_synced_at_once:
            sync_filesystem(root)

    def _make_directories(self) -> None:
        """Make all 256 at once: then a blob costs no look for its own, and a flush less."""
        if self._is_made:
            return
        _make_directory(self.root)
        missing = {f"{number:02x}" for number in range(256)}.difference(os.listdir(self.root))
        for name in missing:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
        if missing:
            sync_directory(self.root)
        self._is_made = True

    def get(self, address: str) -> bytes | None:
        """Read a blob whole."""
        try:
            with open(self._path(address), "rb", buffering=0) as file:
                return file.read()
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

    def remove_abandoned(self, age_seconds: float) -> int:
        """Remove what a killed program left half written, once it is so old; returns how many files."""
        oldest = time.time() - age_seconds
        removed = 0
        with disk_errors():
            for path in (*self.root.glob(f"{ARRIVING_NAME}/*"), *self.root.glob("[0-9a-f][0-9a-f]/.*")):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < oldest:
                        path.unlink()
                        removed += 1
        return removed

    @contextmanager
    def _locked(self, operation: int) -> Iterator[int | None]:
        """Hold the lock, on an open `root`; where there is no directory yet (None) there is nothing to guard.

        Raises BlockingIOError.
        """
        try:
            root = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            yield None
            return
        try:
            fcntl.flock(root, operation)
            yield root
        finally:
            os.close(root)


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(path.parent)


def _sync_file(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: str | Path) -> None:
    """Make names in a directory durable: a new file's name is the directory's content, not the file's."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
