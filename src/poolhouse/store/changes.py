"""The one order of everything that happened, and where trashed items were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import Change, ChangeKind, ItemId, PersonId, PoolId, Seq

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChangeTable(Table):
    """`ports.Changes`."""

    __slots__ = ()

    def add(
        self,
        kind: ChangeKind,
        person_id: PersonId,
        *,
        pool_id: PoolId | None = None,
        item_id: ItemId | None = None,
        number: int | None = None,
    ) -> Seq:
        self._run(
            "INSERT INTO change (at, kind, person_id, pool_id, item_id, number)"
            " VALUES (:now, :kind, :person_id, :pool_id, :item_id, :number)",
            now=self.now_seconds,
            kind=str(kind),
            person_id=person_id,
            pool_id=pool_id,
            item_id=item_id,
            number=number,
        )
        return Seq(self._added())

    def last(self) -> Seq:
        row = self._one("SELECT max(seq) FROM change")
        return Seq(row[0] or 0) if row else Seq(0)

    def since(self, seq: Seq, *, limit: int) -> Sequence[Change]:
        sql = (
            "SELECT seq, at, kind, person_id, pool_id, item_id, number FROM change"
            " WHERE seq > :seq ORDER BY seq LIMIT :limit"
        )
        return [
            Change(
                seq=Seq(row[0]),
                at=rows.time(row[1]),
                kind=ChangeKind(row[2]),
                person_id=PersonId(row[3]),
                pool_id=row[4],
                item_id=row[5],
                number=row[6],
            )
            for row in self._all(sql, {"seq": seq, "limit": limit})
        ]


class TrashTable(Table):
    """`ports.Trash`."""

    __slots__ = ()

    def keep_places(self, item_id: ItemId, pool_ids: Sequence[PoolId]) -> None:
        for pool_id in pool_ids:
            self._run(
                "INSERT OR IGNORE INTO trashed_place (item_id, pool_id) VALUES (:item_id, :pool_id)",
                item_id=item_id,
                pool_id=pool_id,
            )

    def take_places(self, item_id: ItemId) -> Sequence[PoolId]:
        sql = "DELETE FROM trashed_place WHERE item_id = :item_id RETURNING pool_id"
        return sorted(PoolId(row[0]) for row in self._all(sql, {"item_id": item_id}))

    def items_of(self, pool_id: PoolId) -> Sequence[ItemId]:
        sql = "SELECT item_id FROM trashed_place WHERE pool_id = :pool_id ORDER BY item_id"
        return [ItemId(row[0]) for row in self._all(sql, {"pool_id": pool_id})]
