"""Writer: one thread that commits what many callers ask, together.

Whatever waits when the thread is free goes into one transaction, each change in a savepoint of its own so that one
failure does not sink the others, and all are answered after one COMMIT, that is one fsync. No timer: an idle server
waits for nothing.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from poolhouse.errors import PoolhouseError, StoreError
from poolhouse.store.database import roll_back
from poolhouse.store.failures import translate
from poolhouse.store.transaction import StoreTransaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.store.database import Database

Result = TypeVar("Result")
_Job = tuple["Callable[[StoreTransaction], Any]", "Future[Any]"]

GROUP_LIMIT = 256


class Writer:
    """The writer thread of a server. `committed` is called in that thread after each group."""

    def __init__(self, database: Database, committed: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._committed = committed
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, change: Callable[[StoreTransaction], Result]) -> Future[Result]:
        """Queue a change; the future is done once it is on the disk, or holds what the change or the store raised."""
        future: Future[Result] = Future()
        self._queue.put((change, future))
        return future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (group := self._next_group()) is not None:
            with self._database.write_lock:
                outcomes = _commit(self._database, group)
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, _Failure):
                    future.set_exception(outcome.error)
                else:
                    future.set_result(outcome)
            self._committed()

    def _next_group(self) -> list[_Job] | None:
        job = self._queue.get()
        group: list[_Job] = []
        while job is not None:
            if job[1].set_running_or_notify_cancel():
                group.append(job)
            if self._queue.empty() or len(group) >= GROUP_LIMIT:
                return group
            job = self._queue.get()
        if group:
            self._queue.put(None)
            return group
        return None


class _Failure:
    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _commit(database: Database, group: list[_Job]) -> list[Any]:
    """Run a group in one transaction; where that fails as a whole, nothing is kept and everyone is told."""
    connection = database.writing
    try:
        connection.execute("BEGIN IMMEDIATE")
        transaction = StoreTransaction(connection, database.clock.now())
        outcomes = [_attempt(connection, transaction, change) for change, _ in group]
        connection.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - the thread must outlive any failure; every waiter is told of it
        failure = _Failure(_told(error))
        _give_up(connection)
        return [failure] * len(group)
    return outcomes


def _attempt(
    connection: apsw.Connection, transaction: StoreTransaction, change: Callable[[StoreTransaction], Any]
) -> Any:
    connection.execute("SAVEPOINT change_")
    try:
        result = change(transaction)
    except (apsw.FullError, apsw.IOError, apsw.CorruptError):
        raise  # SQLite may have rolled back everything: the whole group failed
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO change_")
        connection.execute("RELEASE change_")
        return _Failure(_told(error))
    connection.execute("RELEASE change_")
    return result


def _told(error: Exception) -> Exception:
    if not isinstance(error, apsw.Error):
        return error
    try:
        told: PoolhouseError = translate(error)
    except apsw.Error as bug:
        told = StoreError(f"the store refused a statement: {bug}")
    told.__cause__ = error
    return told


def _give_up(connection: apsw.Connection) -> None:
    try:
        roll_back(connection)
    except apsw.Error:
        # the disk fails even for that; SQLite rolls back when the file is next opened or locked
        return
