"""Readers' secrets and API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import Person, PersonId, PoolId, ReaderUse, Secret, SecretId, SecretKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SecretTable(Table):
    """`ports.Secrets`."""

    __slots__ = ()

    def add(
        self, person_id: PersonId, kind: SecretKind, secret_hash: bytes, label: str, pool_id: PoolId | None
    ) -> Secret:
        self._run(
            "INSERT INTO secret (hash, person_id, kind, pool_id, label, created_at)"
            " VALUES (:hash, :person_id, :kind, :pool_id, :label, :now)",
            hash=secret_hash,
            person_id=person_id,
            kind=str(kind),
            pool_id=pool_id,
            label=label,
            now=self.now_seconds,
        )
        return Secret(
            id=SecretId(self._added()),
            person_id=person_id,
            kind=kind,
            label=label,
            created_at=self.now,
            pool_id=pool_id,
        )

    def get(self, secret_id: SecretId) -> Secret | None:
        row = self._one(f"SELECT {rows.SECRET} FROM secret WHERE id = :id", id=secret_id)
        return rows.secret(row) if row else None

    def by_hash(self, secret_hash: bytes) -> tuple[Secret, Person] | None:
        return self._in_force("secret.hash = :key", secret_hash)

    def by_id(self, secret_id: SecretId) -> tuple[Secret, Person] | None:
        return self._in_force("secret.id = :key", secret_id)

    def _in_force(self, condition: str, key: bytes | SecretId) -> tuple[Secret, Person] | None:
        row = self._one(
            f"SELECT {rows.PERSON}, {rows.SECRET} FROM secret JOIN person ON person.id = secret.person_id"
            f" WHERE {condition} AND cut_off_at IS NULL AND disabled_at IS NULL",
            key=key,
        )
        return (rows.secret(row[4:]), rows.person(row)) if row else None

    def of(self, person_id: PersonId) -> Sequence[Secret]:
        sql = f"SELECT {rows.SECRET} FROM secret WHERE person_id = :person_id ORDER BY id"
        return [rows.secret(row) for row in self._all(sql, {"person_id": person_id})]

    def cut_off(self, secret_id: SecretId) -> None:
        self._run(
            "UPDATE secret SET cut_off_at = coalesce(cut_off_at, :now) WHERE id = :id",
            now=self.now_seconds,
            id=secret_id,
        )

    def record_uses(self, uses: Iterable[tuple[SecretId, ReaderUse]]) -> None:
        for secret_id, use in uses:
            self._run(
                "UPDATE secret SET used_at = :at, used_by = :user_agent, used_status = :status WHERE id = :id",
                at=rows.seconds(use.at),
                user_agent=use.user_agent,
                status=use.status,
                id=secret_id,
            )
