"""A line that says how far long work is, for whoever looks on; for a program or a file there is none."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

FIRST_SECONDS: Final = 1.0
"""What is done sooner shows no line."""

NEXT_SECONDS: Final = 0.1
"""The line is drawn anew so often at most: neither a terminal nor a connection to one is to be kept busy."""

_BAR: Final = 30
_COLUMNS: Final = 80


class Progress:
    """Call it with what is done, and of how much where that is known; use it with `with`.

    One line of `stream`, never wider than the terminal; it is gone at the end, also where the work is broken off.
    """

    def __init__(
        self,
        what: str,
        unit: str,
        stream: TextIO,
        *,
        is_shown: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`what` is being done; `unit` names what is counted, "" where a share of the whole says more."""
        self._what = what
        self._unit = unit
        self._stream = stream
        self._is_shown = is_shown
        self._clock = clock
        self._next_at = clock() + FIRST_SECONDS
        self._width = 0

    def __call__(self, done: int, total: int | None = None) -> None:
        """So much is done."""
        if self._is_shown and (now := self._clock()) >= self._next_at:
            self._next_at = now + NEXT_SECONDS
            self._draw(line_of(self._what, self._unit, done, total, _columns(self._stream) - 1))

    def doing(self, what: str) -> None:
        """From now on something else is being done."""
        self._what = what

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away; the next call draws it again. For what is to stand in its place."""
        if self._width:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()
            self._width = 0

    def _draw(self, line: str) -> None:
        # spaces over what stood there: every terminal knows a carriage return, not every one an escape sequence
        text = f"\r{line:<{self._width}}"
        self._width = max(self._width, len(line))  # first: Ctrl-C may come at any point below
        self._stream.write(text)
        self._stream.flush()
        self._width = len(line)


def line_of(what: str, unit: str, done: int, total: int | None, columns: int) -> str:
    """The line in words, with a bar where there is room for one."""
    if total is None:
        return f"{what}: {done:,} {unit}".rstrip()[:columns]
    share = min(done / total, 1.0) if total else 1.0
    counted = f"{done:,} of {total:,} {unit}" if unit else f"{share:.0%}"
    bar = f"[{'#' * int(_BAR * share):<{_BAR}}]"
    long = f"{what} {bar} {counted}"
    return long if len(long) <= columns else f"{what} {share:.0%}"[:columns]


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except OSError:
        return _COLUMNS
