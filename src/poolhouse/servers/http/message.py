"""Request and Reply: what a door that answers at once is asked and says; a few bytes, no connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Request(NamedTuple):
    """The head of a GET or HEAD without a body (RFC 9112 §3).

    A tuple because one is made for every poll: a frozen dataclass takes five times as long to make.

    `path` is as it was sent, before any `?`, not decoded; `query` is what follows the `?`. Names in `headers`
    are lower-case, in the order sent.
    """

    method: bytes
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]

    def header(self, name: bytes) -> bytes | None:
        """The first header of this lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer.

    Give a HEAD the body of its GET: the front leaves it out and keeps its length. The front writes
    Content-Length, Date and Connection itself; none of them belongs in `headers`.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


Shortcut = Callable[[Request], Reply | None]
"""A door that can answer without waiting for anything; None means "not mine", and the application is asked."""
