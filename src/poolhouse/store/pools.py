"""Pools: a tree per person, with the counters that make a feed's validators one look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import CaptureMode, PersonId, Pool, PoolId, PoolKind, PoolRole, Seq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class PoolTable(Table):
    """`ports.Pools`."""

    __slots__ = ()

    def add(
        self,
        owner_id: PersonId,
        name: str,
        *,
        kind: PoolKind,
        parent_id: PoolId | None = None,
        role: PoolRole | None = None,
        query: str | None = None,
        capture: CaptureMode = CaptureMode.TEXT,
        feed_text: bool = False,
    ) -> Pool:
        path = self._path(name, parent_id)
        self._run(
            "INSERT INTO pool (owner_id, parent_id, name, path, kind, role, query, version, created_at, changed_at,"
            " capture, feed_text) VALUES (:owner_id, :parent_id, :name, :path, :kind, :role, :query,"
            " coalesce((SELECT max(seq) FROM change), 0), :now, :now, :capture, :feed_text)",
            owner_id=owner_id,
            parent_id=parent_id,
            name=name,
            path=path,
            kind=str(kind),
            role=None if role is None else str(role),
            query=query,
            now=self.now_seconds,
            capture=str(capture if query is None else CaptureMode.OFF),
            feed_text=feed_text,
        )
        pool = self.get(PoolId(self._added()))
        assert pool is not None
        return pool

    def _path(self, name: str, parent_id: PoolId | None) -> str:
        parent = None if parent_id is None else self.get(parent_id)
        return f"{parent.path}/{name}" if parent else name

    def get(self, pool_id: PoolId) -> Pool | None:
        row = self._one(f"SELECT {rows.POOL} FROM pool WHERE id = :id", id=pool_id)
        return rows.pool(row) if row else None

    def by_path(self, owner_id: PersonId, path: str) -> Pool | None:
        row = self._one(
            f"SELECT {rows.POOL} FROM pool WHERE owner_id = :owner_id AND path = :path AND trashed_at IS NULL",
            owner_id=owner_id,
            path=path,
        )
        return rows.pool(row) if row else None

    def by_role(self, owner_id: PersonId, role: PoolRole) -> Pool:
        row = self._one(
            f"SELECT {rows.POOL} FROM pool WHERE owner_id = :owner_id AND role = :role",
            owner_id=owner_id,
            role=str(role),
        )
        assert row is not None  # every person has both from the start
        return rows.pool(row)

    def find_role(self, owner_id: PersonId, role: PoolRole) -> Pool | None:
        row = self._one(
            f"SELECT {rows.POOL} FROM pool WHERE owner_id = :owner_id AND role = :role AND trashed_at IS NULL",
            owner_id=owner_id,
            role=str(role),
        )
        return rows.pool(row) if row else None

    def of(self, owner_id: PersonId) -> Sequence[Pool]:
        sql = f"SELECT {rows.POOL} FROM pool WHERE owner_id = :owner_id AND trashed_at IS NULL ORDER BY path"
        return [rows.pool(row) for row in self._all(sql, {"owner_id": owner_id})]

    def trashed(self, owner_id: PersonId) -> Sequence[Pool]:
        sql = f"SELECT {rows.POOL} FROM pool WHERE owner_id = :owner_id AND trashed_at IS NOT NULL ORDER BY path"
        return [rows.pool(row) for row in self._all(sql, {"owner_id": owner_id})]

    def computed(self, owner_id: PersonId) -> Sequence[tuple[PoolId, str]]:
        sql = (
            "SELECT id, query FROM pool INDEXED BY pool_path"
            " WHERE owner_id = :owner_id AND trashed_at IS NULL AND kind = 'computed'"
        )
        return [(PoolId(row[0]), row[1]) for row in self._all(sql, {"owner_id": owner_id})]

    def under(self, pool_id: PoolId) -> Sequence[Pool]:
        sql = (
            "WITH RECURSIVE beneath (id) AS (SELECT :id UNION ALL"
            " SELECT pool.id FROM pool JOIN beneath ON pool.parent_id = beneath.id)"
            f" SELECT {rows.POOL} FROM beneath JOIN pool USING (id) ORDER BY path, id"
        )
        return [rows.pool(row) for row in self._all(sql, {"id": pool_id})]

    def place(self, pool_id: PoolId, *, name: str, parent_id: PoolId | None) -> None:
        self._run(
            "UPDATE pool SET name = :name, parent_id = :parent_id WHERE id = :id",
            name=name,
            parent_id=parent_id,
            id=pool_id,
        )
        for pool in self.under(pool_id):
            # parents first, so that each finds its parent's new path
            current = self.get(pool.id)
            assert current is not None
            path = self._path(current.name, current.parent_id)
            self._run("UPDATE pool SET path = :path WHERE id = :id", path=path, id=pool.id)

    def set_query(self, pool_id: PoolId, query: str) -> None:
        self._run("UPDATE pool SET query = :query WHERE id = :id", query=query, id=pool_id)

    def set_capture(self, pool_id: PoolId, mode: CaptureMode) -> None:
        self._run("UPDATE pool SET capture = :mode WHERE id = :id", mode=str(mode), id=pool_id)

    def set_feed_text(self, pool_id: PoolId, *, is_on: bool) -> None:
        self._run("UPDATE pool SET feed_text = :is_on WHERE id = :id", is_on=is_on, id=pool_id)

    def set_role(self, pool_id: PoolId, role: PoolRole) -> None:
        self._run("UPDATE pool SET role = :role WHERE id = :id", role=str(role), id=pool_id)

    def set_skips_inbox(self, pool_id: PoolId, *, is_on: bool) -> None:
        self._run("UPDATE pool SET skips_inbox = :is_on WHERE id = :id", is_on=is_on, id=pool_id)

    def skipping(self, owner_id: PersonId) -> Sequence[PoolId]:
        sql = (
            "SELECT id FROM pool INDEXED BY pool_path"
            " WHERE owner_id = :owner_id AND trashed_at IS NULL AND kind = 'computed' AND skips_inbox"
        )
        return [PoolId(row[0]) for row in self._all(sql, {"owner_id": owner_id})]

    def set_trashed(self, pool_ids: Sequence[PoolId], at: datetime | None) -> None:
        for pool_id in pool_ids:
            self._run(
                "UPDATE pool SET trashed_at = :at WHERE id = :id",
                at=None if at is None else rows.seconds(at),
                id=pool_id,
            )

    def touch(self, pool_id: PoolId, version: Seq) -> None:
        self._run(
            "UPDATE pool SET version = :version, changed_at = max(changed_at, :now) WHERE id = :id",
            version=version,
            now=self.now_seconds,
            id=pool_id,
        )
