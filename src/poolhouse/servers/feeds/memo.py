"""PollMemo: a poll that asks the same of an unchanged store gets the same answer.

Readers ask the same thing thousands of times between two changes. The store's version is looked at each time, so any
commit by anybody, a revocation first of all, makes every remembered answer void before it can be given again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolhouse.servers.http.message import Reply, Request
    from poolhouse.types import SecretId

MEMO_LIMIT = 4_096
MEMO_BYTES = 4 * 1024 * 1024  # most of it shared with the DocumentCache
_RELEVANT = frozenset(
    {b"authorization", b"cookie", b"if-none-match", b"if-modified-since", b"a-im", b"accept", b"range"}
)

Key = tuple[object, ...]


class PollMemo:
    """Remembers replies to readers' secrets, up to a number and a size in all; past those it starts anew."""

    def __init__(self) -> None:
        self._version: tuple[int, int] | None = None
        self._size_bytes = 0
        self._replies: dict[Key, tuple[SecretId, Reply]] = {}

    @staticmethod
    def key(request: Request) -> Key:
        """Everything of a request that its answer depends on."""
        return (
            request.path,
            request.query,
            *[header for header in request.headers if header[0] in _RELEVANT],
        )

    def get(self, key: Key, version: tuple[int, int]) -> tuple[SecretId, Reply] | None:
        """The secret that was shown and the reply it got, if the store is still at that version.

        The second half of a version is the period in which what was answered holds."""
        if version != self._version:
            self._forget()
            self._version = version
            return None
        return self._replies.get(key)

    def put(self, key: Key, version: tuple[int, int], secret_id: SecretId, reply: Reply) -> None:
        """Remember a reply that holds while the store stays at `version`."""
        if len(self._replies) >= MEMO_LIMIT or self._size_bytes + len(reply.body) > MEMO_BYTES:
            self._forget()
        if version == self._version:
            self._size_bytes += len(reply.body)
            self._replies[key] = (secret_id, reply)

    def _forget(self) -> None:
        self._replies.clear()
        self._size_bytes = 0
