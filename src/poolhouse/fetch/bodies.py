"""A response body, read up to a limit: what is packed is unpacked no further than that."""

from __future__ import annotations

import zlib
from typing import Final

from poolhouse.errors import FetchError

PACKED_SLACK_BYTES: Final = 65_536
"""How many bytes more than the limit may be read of a packed body: packing a small page can make it longer."""

_GZIP_WBITS: Final = 31  # zlib's manual, inflateInit2: 15 for the window, 16 for gzip's header and check sum


class BoundedBody:
    """Takes a body in chunks and keeps its first `limit_bytes` bytes, unpacked; pure.

    `coding` is the Content-Encoding; only gzip (RFC 1952, one member: more than one and what follows it are ignored,
    as browsers do) and none are understood, since nothing else is asked for. Raises FetchError for another.
    Memory: the limit, one chunk, and zlib's 40 kB, whatever the body claims to unpack to.
    """

    __slots__ = ("_body", "_limit_bytes", "_read_bytes", "_unpacker", "is_truncated")

    def __init__(self, *, limit_bytes: int, coding: str) -> None:
        self._limit_bytes = limit_bytes
        self._body = bytearray()
        self._read_bytes = 0
        self.is_truncated = False
        match coding.strip().lower():
            case "" | "identity":
                self._unpacker = None
            case "gzip" | "x-gzip":
                self._unpacker = zlib.decompressobj(_GZIP_WBITS)
            case _:
                raise FetchError("the page is packed in a way that was not asked for")

    def feed(self, chunk: bytes) -> bool:
        """Take the next chunk and return whether more is wanted. Raises FetchError where it cannot be unpacked."""
        self._read_bytes += len(chunk)
        # One byte more than the limit tells a body that ends there from one that goes on.
        room_bytes = self._limit_bytes + 1 - len(self._body)
        self._body += chunk[:room_bytes] if self._unpacker is None else self._unpacked(chunk, room_bytes)
        if len(self._body) > self._limit_bytes:
            del self._body[self._limit_bytes :]
            self.is_truncated = True
        elif self._unpacker is not None and self._read_bytes > self._limit_bytes + PACKED_SLACK_BYTES:
            self.is_truncated = True
        return not self.is_truncated and not (self._unpacker is not None and self._unpacker.eof)

    def finish(self) -> bytes:
        """Return the body. Raises FetchError where a packed one stopped half way."""
        is_whole = self._unpacker is None or self._unpacker.eof or not self._read_bytes
        if not is_whole and not self.is_truncated:
            raise FetchError("the page could not be unpacked: it ends half way")
        return bytes(self._body)

    def _unpacked(self, chunk: bytes, room_bytes: int) -> bytes:
        assert self._unpacker is not None
        try:
            # room_bytes is at least 1; 0 would mean "no limit" to zlib.
            return self._unpacker.decompress(chunk, room_bytes)
        except zlib.error as error:
            raise FetchError("the page could not be unpacked: it is damaged") from error
