"""SQLite's errors in our words, at the room's wall."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

import apsw

from poolhouse.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS: tuple[tuple[type[apsw.Error], type[StoreError], str], ...] = (
    (apsw.FullError, StoreFullError, "the disk is full; make room and try again, nothing was lost"),
    (apsw.ReadOnlyError, StoreReadOnlyError, "the data directory cannot be written"),
    (
        apsw.CantOpenError,
        StoreReadOnlyError,
        "the store cannot be opened; check the data directory's owner and mode",
    ),
    (apsw.BusyError, StoreBusyError, "another program is writing to the store; try again"),
    (apsw.LockedError, StoreBusyError, "another program is writing to the store; try again"),
    (apsw.InterruptError, StoreBusyError, "the question took too long; ask a narrower one"),
    (apsw.NotADBError, StoreDamagedError, "the file is not a Poolhouse store"),
    (apsw.CorruptError, StoreDamagedError, "the store is damaged; restore a backup"),
    (apsw.IOError, StoreError, "the disk does not answer as it should; nothing was kept"),
)


def translate(error: apsw.Error) -> StoreError:
    """The StoreError of an SQLite error; one that is our own bug is raised as it is."""
    for kind, ours, words in _WORDS:
        if isinstance(error, kind):
            return ours(words)
    raise error


@contextmanager
def store_errors() -> Iterator[None]:
    """Let StoreErrors out, with SQLite's as their cause."""
    try:
        yield
    except apsw.Error as error:
        raise translate(error) from error


@contextmanager
def disk_errors() -> Iterator[None]:
    """Let StoreErrors out, with the system's as their cause."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        kind = StoreFullError if is_full else StoreReadOnlyError
        raise kind(f"{error.filename or 'the disk'}: {error.strerror}") from error
