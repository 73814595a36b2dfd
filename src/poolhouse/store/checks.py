"""When links are looked at, and what the looks found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import ItemId, LinkHealth, PersonId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class CheckTable(Table):
    """`ports.Checks`."""

    __slots__ = ()

    def due(self, limit: int) -> Sequence[tuple[ItemId, PersonId, str, str]]:
        sql = (
            "SELECT id, owner_id, url, title FROM item INDEXED BY item_check"
            " WHERE check_at <= :now AND trashed_at IS NULL ORDER BY check_at LIMIT :limit"
        )
        found = self._all(sql, {"now": self.now_seconds, "limit": limit})
        return [(ItemId(row[0]), PersonId(row[1]), row[2], row[3]) for row in found]

    def plan(self, item_id: ItemId, at: datetime | None) -> None:
        self._run(
            "UPDATE item SET check_at = :at WHERE id = :id",
            at=None if at is None else rows.seconds(at),
            id=item_id,
        )

    def health(self, item_id: ItemId) -> LinkHealth:
        row = self._one("SELECT failing_since, dead_since, dead_reason FROM item WHERE id = :id", id=item_id)
        if row is None:
            return LinkHealth()
        return LinkHealth(
            failing_since=rows.time_or_none(row[0]),
            dead_since=rows.time_or_none(row[1]),
            dead_reason=row[2],
        )

    def record(self, item_id: ItemId, health: LinkHealth) -> None:
        self._run(
            "UPDATE item SET checked_at = :now, failing_since = :failing_since, dead_since = :dead_since,"
            " dead_reason = :dead_reason WHERE id = :id",
            now=self.now_seconds,
            failing_since=None if health.failing_since is None else rows.seconds(health.failing_since),
            dead_since=None if health.dead_since is None else rows.seconds(health.dead_since),
            dead_reason=health.dead_reason,
            id=item_id,
        )

    def forget(self, item_id: ItemId) -> None:
        self._run(
            "UPDATE item SET checked_at = NULL, failing_since = NULL, dead_since = NULL, dead_reason = NULL"
            " WHERE id = :id",
            id=item_id,
        )
