"""Rendered documents, kept while there is room: the least recently asked for goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CACHE_BYTES = 16 * 1024 * 1024


class DocumentCache:
    """Bytes under (address, ETag); nothing in it is out of date, because a changed pool has another ETag."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._documents: OrderedDict[tuple[str | None, bytes], bytes] = OrderedDict()

    def get(self, key: tuple[str | None, bytes], make: Callable[[], bytes]) -> bytes:
        """The document under `key`, made where it is not there."""
        found = self._documents.get(key)
        if found is not None:
            self._documents.move_to_end(key)
            return found
        made = make()
        self._documents[key] = made
        self._size_bytes += len(made)
        while self._size_bytes > self._limit_bytes and len(self._documents) > 1:
            self._size_bytes -= len(self._documents.popitem(last=False)[1])
        return made
