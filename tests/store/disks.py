"""Disks that fail: an apsw VFS that reports a full or broken disk when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Faults:
    """What shall fail from now on; `syncs` counts flushes, by what follows `.db` in the file's name."""

    writes: bool = False
    flushes: bool = False
    syncs: dict[str, int] = field(default_factory=dict)
    remove: Callable[[], None] = lambda: None
    """What is opened from then on lies on the system's disk again; may be called twice."""


class FailingFile(apsw.VFSFile):
    """A file of the system's VFS, with faults."""

    def __init__(
        self, faults: Faults, inherit: str, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> None:
        super().__init__(inherit, name, flags)
        self._faults = faults
        self._name = str(name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self._faults.writes:
            raise apsw.FullError("no room, says the test")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        if self._faults.flushes:
            raise apsw.IOError("the disk does not flush, says the test")
        kind = self._name.rpartition(".db")[2]
        self._faults.syncs[kind] = self._faults.syncs.get(kind, 0) + 1
        super().xSync(flags)


class FailingDisk(apsw.VFS):
    """The default VFS while it exists, so that a Database opened then lies on it."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._system = apsw.vfs_names()[0]
        super().__init__("failing", self._system, makedefault=True)

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> apsw.VFSFile:
        return FailingFile(self._faults, self._system, name, flags)


def failing_disk() -> Iterator[Faults]:
    """Everything opened meanwhile lies on a disk that fails when told."""
    faults = Faults()
    disk = FailingDisk(faults)
    faults.remove = disk.unregister
    try:
        yield faults
    finally:
        faults.remove()
