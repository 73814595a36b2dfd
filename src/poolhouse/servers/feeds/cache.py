"""What was rendered, kept while there is room: the least recently asked for goes first.

Whole documents for the next reader with the same address, and the entries they are made of: after a change all but one
of those are as they were, and every reader's document of a pool has the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

DOCUMENT_BYTES = 8 * 1024 * 1024
FRAGMENT_BYTES = 4 * 1024 * 1024
# what the key and the dictionary take, roughly: small values must not make the cache large
ENTRY_OVERHEAD_BYTES = 400

Key = TypeVar("Key", bound=Hashable)


class ByteCache(Generic[Key]):
    """Bytes under keys that name one content for ever, such as an ETag or a version: nothing gets out of date."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._values: OrderedDict[Key, bytes] = OrderedDict()

    def get(self, key: Key) -> bytes | None:
        """The bytes under `key`, or None."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: Key, value: bytes) -> None:
        """Keep bytes under a key; others go where there is no room."""
        if key in self._values:
            return
        self._values[key] = value
        self._size_bytes += len(value) + ENTRY_OVERHEAD_BYTES
        while self._size_bytes > self._limit_bytes and len(self._values) > 1:
            self._size_bytes -= len(self._values.popitem(last=False)[1]) + ENTRY_OVERHEAD_BYTES
