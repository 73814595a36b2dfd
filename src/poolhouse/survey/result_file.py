"""Result file: writing records as they come, and going on where a run was broken off."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final, Self

from poolhouse.errors import InvalidInputError
from poolhouse.survey.records import Gate, Images, Record, decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_BEGINNING: Final = b'{"record":'
"""Every line begins so."""


class ResultFile:
    """A file that one run at a time writes. `records` is all that it holds.

    What is opened is cut back first to what is whole: half a last line goes, and so do checks or pictures at the end,
    of which there may be more to come: what belongs together is measured together.
    """

    def __init__(self, path: Path) -> None:
        """Opens or makes it. Raises InvalidInputError where another run writes it, or it is no result; OSError."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.records = self._cut(path.read_bytes())
        except BlockingIOError as error:
            os.close(self._fd)
            raise InvalidInputError("out", "another run is writing this file") from error
        except InvalidInputError:
            os.close(self._fd)
            raise

    def append(self, *records: Record) -> None:
        """Write records, all or (where we are killed) at most half a line of them more than were there."""
        data = b"".join(map(encode, records))
        while data:
            data = data[os.write(self._fd, data) :]
        self.records.extend(records)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def _cut(self, content: bytes) -> list[Record]:
        lines = content.splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            half = lines.pop()
            if not (half.startswith(_BEGINNING) or _BEGINNING.startswith(half)):
                raise InvalidInputError("out", "this file is no result")
        records = [decode(line) for line in lines]
        kept = whole_count(records)
        size = sum(map(len, lines[:kept]))
        os.ftruncate(self._fd, size)
        os.lseek(self._fd, size, os.SEEK_SET)
        return records[:kept]


def whole_count(records: Sequence[Record]) -> int:
    """How many records, from the first, are complete: checks of one mechanism at the end, and pictures, may not be."""
    if not records or not isinstance(records[-1], Gate | Images):
        return len(records)
    last = records[-1]
    count = len(records)
    while count and _belong_together(records[count - 1], last):
        count -= 1
    return count


def _belong_together(one: Record, other: Record) -> bool:
    if isinstance(one, Gate) and isinstance(other, Gate):
        return one.mechanism == other.mechanism
    return isinstance(one, Images) and isinstance(other, Images) and one.round == other.round
