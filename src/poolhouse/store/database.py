"""Database: the file, its connections and its migrations.

One connection writes, behind a lock (the writer thread holds it in a server, a command takes it for one transaction);
short reads use a held read-only connection in the caller's thread; long ones a connection of their own with a deadline.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

import apsw

from poolhouse.errors import StoreDamagedError, StoreReadOnlyError
from poolhouse.store.failures import store_errors, translate
from poolhouse.store.transaction import StoreTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolhouse.ports import Clock

Result = TypeVar("Result")

APPLICATION_ID = 0x506F6F6C  # "Pool"
FILE_NAME = "poolhouse.db"
_BUSY_TIMEOUT_MS = 10_000
_STEPS_BETWEEN_LOOKS = 20_000
# small: the kernel keeps the file's pages too, and a large store must not need a larger server
_WRITING_CACHE_KIB = 4_000
_READING_CACHE_KIB = 2_000


class Database:
    """An open store. Not to be shared between processes after a fork."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open or create the store at `path` and bring its schema up to date.

        Raises StoreReadOnlyError, StoreDamagedError (not ours, or newer than this program), StoreBusyError.
        """
        self.path = path
        self.clock = clock
        self.write_lock = threading.RLock()
        with store_errors():
            self.writing = _open_writing(path)
            _migrate(self.writing, clock)
            self._reading = self.open_reading()
        self._resting: list[apsw.Connection] = []  # for long reads, between two of them

    @property
    def server_id(self) -> uuid.UUID:
        """The random identity of this store, in which the ids of its feed entries are rooted."""
        row = self._reading.execute("SELECT value FROM meta WHERE name = 'server_id'").fetchone()
        assert row is not None
        return uuid.UUID(row[0])

    def open_reading(self) -> apsw.Connection:
        """A new read-only connection; the caller closes it."""
        connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=300)
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        _keep_plans(connection)
        connection.pragma("cache_size", -_READING_CACHE_KIB)
        connection.pragma("temp_store", "memory")
        return connection

    def read(self, ask: Callable[[StoreTransaction], Result]) -> Result:
        """Ask a short question on the held connection, in the caller's thread (always the same one)."""
        with store_errors():
            connection = self._reading
            connection.execute("BEGIN")
            try:
                return ask(StoreTransaction(connection, self.clock.now()))
            finally:
                connection.execute("COMMIT")

    def glance(self) -> StoreTransaction:
        """For a question of one statement: no BEGIN, so nothing is pinned; each statement sees the newest commit."""
        return StoreTransaction(self._reading, self.clock.now())

    def version(self) -> int:
        """A number that is another one after any other connection's commit, this server's or a command's. About 1 µs.

        SQLite's `PRAGMA data_version`, on the held reading connection.
        """
        try:  # not store_errors(): this is asked with every poll
            version = self._reading.execute("PRAGMA data_version").fetchall()[0][0]
        except apsw.Error as error:
            raise translate(error) from error
        assert isinstance(version, int)
        return version

    def read_long(self, ask: Callable[[StoreTransaction], Result], deadline_seconds: float) -> Result:
        """Ask on a connection of its own; raises StoreBusyError when the deadline passes. For other threads."""
        end = time.monotonic() + deadline_seconds
        with store_errors(), self._for_long() as connection:
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
            connection.execute("BEGIN")
            result = ask(StoreTransaction(connection, self.clock.now()))
            connection.execute("COMMIT")
            return result

    @contextmanager
    def _for_long(self) -> Iterator[apsw.Connection]:
        """A connection that nobody else uses meanwhile. To open one costs more than most searches, so it is kept.

        There are never more than askers at once. One that failed is closed: who knows in which state it is.
        """
        try:
            connection = self._resting.pop()
        except IndexError:  # and not a look beforehand: another thread may be quicker
            connection = self.open_reading()
        try:
            yield connection
        except BaseException:
            connection.close(force=True)
            raise
        connection.set_progress_handler(None)
        self._resting.append(connection)

    def write(self, change: Callable[[StoreTransaction], Result]) -> Result:
        """Make one change in one durable transaction, in the caller's thread. One fsync."""
        with self.write_lock, store_errors():
            self.writing.execute("BEGIN IMMEDIATE")
            try:
                result = change(StoreTransaction(self.writing, self.clock.now()))
                self.writing.execute("COMMIT")
            except BaseException:
                roll_back(self.writing)
                raise
            return result

    def close(self) -> None:
        """Close every connection; the last one out checkpoints the log."""
        self._reading.close()
        for connection in self._resting:
            connection.close()
        self._resting.clear()
        with self.write_lock:
            self.writing.close()


def roll_back(connection: apsw.Connection) -> None:
    """Roll back if SQLite has not done so itself (it does on a full disk)."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _open_writing(path: Path) -> apsw.Connection:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # the mode is set before SQLite opens the file; its -wal and -shm files take the same
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreReadOnlyError(f"{path}: {error.strerror}") from error
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=300)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    _keep_plans(connection)
    _version(connection)  # before anything is changed in a file that is not ours
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")  # acknowledged is on the disk
    connection.pragma("foreign_keys", "on")
    connection.pragma("journal_size_limit", 64 * 1024 * 1024)
    connection.pragma("cache_size", -_WRITING_CACHE_KIB)
    connection.pragma("temp_store", "memory")
    connection.pragma("mmap_size", 0)
    return connection


def _keep_plans(connection: apsw.Connection) -> None:
    """One plan a statement, whatever values are bound.

    Without this, an SQLite built with STAT4 (apsw's is) compiles a statement anew before each use, in case another
    value wanted another plan: measured, a poll spent a third of its time there.
    """
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)


def migrations() -> list[tuple[int, str]]:
    """The numbered migrations, in order: number and SQL."""
    files = resources.files("poolhouse.store").joinpath("migrations").iterdir()
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in files if file.name.endswith(".sql")]
    return sorted(found)


def _migrate(connection: apsw.Connection, clock: Clock) -> None:
    """Apply what is missing, each migration in a transaction of its own."""
    steps = migrations()
    version = _version(connection)
    if version > steps[-1][0]:
        raise StoreDamagedError(
            "the store was written by a newer Poolhouse; use that one, or restore a backup"
        )
    for number, sql in steps:
        if number <= version:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) < number:  # another process may have been quicker
                connection.execute(sql)
                if number == 1:
                    _christen(connection, clock)
                _check_foreign_keys(connection, number)
                connection.pragma("user_version", number)
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise


def _version(connection: apsw.Connection) -> int:
    version = int(connection.pragma("user_version"))
    owner = int(connection.pragma("application_id"))
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
    if owner not in (0, APPLICATION_ID) or (owner == 0 and (version or not is_empty)):
        raise StoreDamagedError("the file is an SQLite database, but not a Poolhouse store")
    return version


def _christen(connection: apsw.Connection, clock: Clock) -> None:
    connection.pragma("application_id", APPLICATION_ID)
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('server_id', ?), ('created_at', ?)",
        (str(uuid.uuid4()), clock.now().isoformat()),
    )


def _check_foreign_keys(connection: apsw.Connection, number: int) -> None:
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreDamagedError(
            f"migration {number} would leave rows without their owners; nothing was changed"
        )
