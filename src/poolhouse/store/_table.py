"""What every table's module stands on: a connection and the transaction's time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import apsw


class Table:
    """Statements over one open transaction."""

    __slots__ = ("_connection", "now")

    def __init__(self, connection: apsw.Connection, now: datetime) -> None:
        self._connection = connection
        self.now = now

    @property
    def now_seconds(self) -> int:
        """The transaction's time as it is stored."""
        return int(self.now.timestamp())

    def _run(self, sql: str, **values: Any) -> None:
        self._connection.execute(sql, values)

    def _all(self, sql: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, **values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row

    def _added(self) -> int:
        return self._connection.last_insert_rowid()

    def _changed(self) -> int:
        return self._connection.changes()
