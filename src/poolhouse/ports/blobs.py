"""Blobs: immutable bytes, found by what is in them; Arrival: bytes that may become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Arrival(Protocol):
    """Bytes on their way in: in memory while they are few, in a file without a name that anybody reads when many."""

    @property
    def size_bytes(self) -> int: ...
    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add a piece. Raises StoreError (the disk is full)."""

    def discard(self) -> None:
        """Nobody wants it: leave nothing behind. Twice is once; after `keep_all` it does nothing."""


class Blobs(Protocol):
    """Immutable bytes, kept under their SHA-256 (hex)."""

    def put(self, content: bytes | memoryview) -> str:
        """Keep `content` durably and return its address; putting it twice keeps it once."""

    def put_all(self, contents: Iterable[bytes | memoryview]) -> Sequence[str]:
        """Keep several durably, and return their addresses: one flush for all where the system can.

        Every one of them is kept, or it raises StoreError and none of them counts."""

    def has_room(self, size_bytes: int) -> bool:
        """Whether so much can be kept and enough of the disk is left for all else."""

    def arrival(self) -> Arrival:
        """Bytes that come piece by piece and are to be kept when they are whole."""

    def keep_all(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Keep what arrived, durably, and return the addresses: one flush for all where the system can.

        Every one of them is kept, or it raises StoreError and none of them counts."""

    def get(self, address: str) -> bytes | None:
        """The bytes at `address`, or None."""
