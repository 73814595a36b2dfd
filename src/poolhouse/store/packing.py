"""Packing: texts at rest in zlib's format (RFC 1950), written by what is quickest here and read by zlib anywhere."""

from __future__ import annotations

import zlib

try:
    from isal.isal_zlib import compress
except ImportError:  # made for some processors only (docs/decisions/0003)
    from zlib import compress

_LEVEL = 1


def pack(text: str) -> bytes:
    """A text as it is stored: some 40 % of its size. Some 10 µs for a message's, 30 by zlib itself."""
    return compress(text.encode(), _LEVEL)


def unpack(stored: bytes) -> str:
    """What `pack` was given. Raises zlib.error, UnicodeDecodeError."""
    return zlib.decompress(stored).decode()
