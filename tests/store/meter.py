"""Meter: how much SQLite does for a question, in steps of its virtual machine and in pages; no clock is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGES = (apsw.SQLITE_DBSTATUS_CACHE_HIT, apsw.SQLITE_DBSTATUS_CACHE_MISS)


@dataclass(frozen=True, slots=True)
class Work:
    steps: int
    pages: int


class Meter:
    """Counts on one connection, the statements that FTS5 runs inside itself too."""

    def __init__(self, connection: apsw.Connection) -> None:
        """`connection` is fresh: what a statement did before it was watched cannot be told from what it does later."""
        self._connection = connection
        self._seen: dict[int, int] = {}
        self._steps = 0
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._note)

    def measure(self, act: Callable[[], object]) -> Work:
        self._steps = 0
        self._read_pages()
        act()
        return Work(self._steps, self._read_pages())

    def _note(self, event: dict[str, Any]) -> None:
        status, statement = event["stmt_status"], event["id"]
        total = status["SQLITE_STMTSTATUS_VM_STEP"]
        # a prepared statement that runs again goes on counting; apsw starts ours at zero each time
        before = self._seen.get(statement, 0) if status["SQLITE_STMTSTATUS_RUN"] > 1 else 0
        self._steps += total - before
        self._seen[statement] = total

    def _read_pages(self) -> int:
        return sum(self._connection.status(counter, True)[0] for counter in _PAGES)
