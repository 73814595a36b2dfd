"""Places of items in pools, clustered in the order in which a pool is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import Entry, ItemId, Membership, PersonId, Pool, PoolId, PoolKind, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ENTRIES = f"SELECT {rows.MEMBERSHIP}, {rows.ITEM} FROM membership JOIN item ON item.id = membership.item_id"
_LARGEST = 2**62


class MembershipTable(Table):
    """`ports.Memberships`."""

    __slots__ = ()

    def put(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> Membership:
        there = self.get(pool_id, item_id)
        row = self._one(
            "UPDATE pool SET last_position = last_position + 1, last_number = last_number + :is_new,"
            " entry_count = entry_count + :is_new, version = :version, changed_at = max(changed_at, :now)"
            " WHERE id = :pool_id RETURNING last_number, last_position",
            is_new=there is None,
            version=version,
            now=self.now_seconds,
            pool_id=pool_id,
        )
        assert row is not None
        membership = Membership(
            pool_id=pool_id,
            item_id=item_id,
            number=there.number if there else row[0],
            position=row[1],
            version=version,
        )
        if there:
            self._delete(there)
        self._run(
            "INSERT INTO membership (pool_id, position, number, item_id, version)"
            " SELECT pool.id, :position, :number, item.id, :version"
            " FROM pool JOIN item ON item.owner_id = pool.owner_id WHERE pool.id = :pool_id AND item.id = :item_id",
            pool_id=pool_id,
            position=membership.position,
            number=membership.number,
            item_id=item_id,
            version=version,
        )
        assert self._changed(), "no pool holds what is another's"
        return membership

    def _delete(self, membership: Membership) -> None:
        self._run(
            "DELETE FROM membership WHERE pool_id = :pool_id AND position = :position",
            pool_id=membership.pool_id,
            position=membership.position,
        )

    def remove(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> int | None:
        there = self.get(pool_id, item_id)
        if there is None:
            return None
        self._delete(there)
        self._run(
            "UPDATE pool SET entry_count = entry_count - 1, version = :version,"
            " changed_at = max(changed_at, :now) WHERE id = :pool_id",
            version=version,
            now=self.now_seconds,
            pool_id=pool_id,
        )
        return there.number

    def get(self, pool_id: PoolId, item_id: ItemId) -> Membership | None:
        row = self._one(
            f"SELECT {rows.MEMBERSHIP} FROM membership WHERE item_id = :item_id AND pool_id = :pool_id",
            item_id=item_id,
            pool_id=pool_id,
        )
        return rows.membership(row) if row else None

    def touch(self, item_id: ItemId, version: Seq) -> None:
        # A row at a time: for a statement that may write several, SQLite opens a savepoint, and there FTS5 writes out
        # what it has gathered in the transaction: a piece of index for each message, and they have to be merged.
        for pool_id, position in self._all(
            "SELECT pool_id, position FROM membership WHERE item_id = :id", {"id": item_id}
        ):
            self._run(
                "UPDATE membership SET version = :version WHERE pool_id = :pool_id AND position = :position",
                version=version,
                pool_id=pool_id,
                position=position,
            )
            self._run(
                "UPDATE pool SET version = :version, changed_at = max(changed_at, :now) WHERE id = :pool_id",
                version=version,
                now=self.now_seconds,
                pool_id=pool_id,
            )

    def touch_all(self, pool_id: PoolId, version: Seq) -> None:
        self._run("UPDATE membership SET version = :version WHERE pool_id = :id", version=version, id=pool_id)
        self._run(
            "UPDATE pool SET version = :version, changed_at = max(changed_at, :now) WHERE id = :id",
            version=version,
            now=self.now_seconds,
            id=pool_id,
        )

    def of_item(self, item_id: ItemId) -> Sequence[Pool]:
        sql = (
            f"SELECT {rows.POOL} FROM membership JOIN pool ON pool.id = membership.pool_id"
            " WHERE membership.item_id = :item_id AND pool.trashed_at IS NULL ORDER BY pool.path"
        )
        return [rows.pool(row) for row in self._all(sql, {"item_id": item_id})]

    def paths_of(self, item_ids: Iterable[ItemId]) -> Mapping[ItemId, Sequence[tuple[PoolId, str]]]:
        sql = (
            "SELECT membership.item_id, pool.id, pool.path FROM json_each(:item_ids)"
            " CROSS JOIN membership ON membership.item_id = json_each.value"
            " JOIN pool ON pool.id = membership.pool_id WHERE pool.trashed_at IS NULL ORDER BY pool.path"
        )
        found: dict[ItemId, list[tuple[PoolId, str]]] = {}
        for item_id, pool_id, path in self._all(sql, {"item_ids": json.dumps(list(item_ids))}):
            found.setdefault(ItemId(item_id), []).append((PoolId(pool_id), path))
        return found

    def places(self, item_id: ItemId) -> Sequence[tuple[PoolId, PoolKind]]:
        sql = (
            "SELECT pool.id, pool.kind FROM membership JOIN pool ON pool.id = membership.pool_id"
            " WHERE membership.item_id = :item_id ORDER BY pool.id"
        )
        return [(PoolId(row[0]), PoolKind(row[1])) for row in self._all(sql, {"item_id": item_id})]

    def item_ids(self, pool_id: PoolId) -> Sequence[ItemId]:
        sql = "SELECT item_id FROM membership WHERE pool_id = :pool_id ORDER BY position"
        return [ItemId(row[0]) for row in self._all(sql, {"pool_id": pool_id})]

    def newest(
        self, pool_id: PoolId, reader_id: PersonId, *, before: int | None = None, limit: int
    ) -> Sequence[Entry]:
        sql = (
            f"{_ENTRIES} WHERE pool_id = :pool_id AND position < :before ORDER BY position DESC LIMIT :limit"
        )
        values = {
            "pool_id": pool_id,
            "reader_id": reader_id,
            "before": _LARGEST if before is None else before,
            "limit": limit,
        }
        return [rows.entry(row) for row in self._all(sql, values)]

    def block(self, pool_id: PoolId, reader_id: PersonId, first: int, last: int) -> Sequence[Entry]:
        sql = f"{_ENTRIES} WHERE pool_id = :pool_id AND position BETWEEN :first AND :last ORDER BY position DESC"
        values = {"pool_id": pool_id, "reader_id": reader_id, "first": first, "last": last}
        return [rows.entry(row) for row in self._all(sql, values)]

    def span(self, pool_id: PoolId, first: int, last: int, *, limit: int) -> Sequence[Membership]:
        sql = (
            f"SELECT {rows.MEMBERSHIP} FROM membership WHERE pool_id = :pool_id"
            " AND position BETWEEN :first AND :last ORDER BY position DESC LIMIT :limit"
        )
        values = {"pool_id": pool_id, "first": first, "last": last, "limit": limit}
        return [rows.membership(row) for row in self._all(sql, values)]

    def changed_since(
        self, pool_id: PoolId, reader_id: PersonId, version: Seq, *, limit: int
    ) -> Sequence[Entry]:
        # the unary plus keeps SQLite on the version index: what changed lately is little, the pool may be large
        sql = (
            f"{_ENTRIES} WHERE +pool_id = :pool_id AND (pool_id, position) IN"
            " (SELECT pool_id, position FROM membership INDEXED BY membership_version"
            " WHERE pool_id = :pool_id AND version > :version LIMIT :limit) ORDER BY position DESC"
        )
        values = {"pool_id": pool_id, "reader_id": reader_id, "version": version, "limit": limit}
        return [rows.entry(row) for row in self._all(sql, values)]

    def top_position(self, pool_id: PoolId) -> int:
        row = self._one("SELECT last_position FROM pool WHERE id = :id", id=pool_id)
        return int(row[0]) if row else 0
