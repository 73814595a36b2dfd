"""Addresses that mail can be sent to, and those that people write from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import DeliveryAddress, DeliveryAddressId, DeliveryPurpose, PersonId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.types import PoolId

_ADDRESS = (
    "id, person_id, local_part, purpose, label, created_at, pool_id, allowed_senders, use_count, used_at,"
    " disabled_at"
)


class DeliveryTable(Table):
    """`ports.Deliveries`."""

    __slots__ = ()

    def add(
        self,
        person_id: PersonId,
        local_part: str,
        *,
        purpose: DeliveryPurpose,
        label: str,
        pool_id: PoolId | None,
        allowed_senders: Sequence[str],
    ) -> DeliveryAddress:
        self._run(
            "INSERT INTO delivery_address (person_id, local_part, purpose, pool_id, label, allowed_senders, created_at)"
            " VALUES (:person_id, :local_part, :purpose, :pool_id, :label, :allowed_senders, :now)",
            person_id=person_id,
            local_part=local_part,
            purpose=str(purpose),
            pool_id=pool_id,
            label=label,
            allowed_senders=" ".join(allowed_senders),
            now=self.now_seconds,
        )
        added = self.get(DeliveryAddressId(self._added()))
        assert added is not None
        return added

    def get(self, address_id: DeliveryAddressId) -> DeliveryAddress | None:
        row = self._one(f"SELECT {_ADDRESS} FROM delivery_address WHERE id = :id", id=address_id)
        return _address(row) if row else None

    def by_local_part(self, local_part: str) -> DeliveryAddress | None:
        row = self._one(
            f"SELECT {_ADDRESS} FROM delivery_address WHERE local_part = :local_part", local_part=local_part
        )
        return _address(row) if row else None

    def of(self, person_id: PersonId) -> Sequence[DeliveryAddress]:
        sql = f"SELECT {_ADDRESS} FROM delivery_address WHERE person_id = :person_id ORDER BY id DESC"
        return [_address(row) for row in self._all(sql, {"person_id": person_id})]

    def edit(
        self,
        address_id: DeliveryAddressId,
        *,
        label: str,
        pool_id: PoolId | None,
        allowed_senders: Sequence[str],
    ) -> None:
        self._run(
            "UPDATE delivery_address SET label = :label, pool_id = :pool_id, allowed_senders = :allowed_senders"
            " WHERE id = :id",
            id=address_id,
            label=label,
            pool_id=pool_id,
            allowed_senders=" ".join(allowed_senders),
        )

    def set_disabled(self, address_id: DeliveryAddressId, at: datetime | None) -> None:
        self._run(
            "UPDATE delivery_address SET disabled_at = :at WHERE id = :id",
            at=None if at is None else rows.seconds(at),
            id=address_id,
        )

    def record_use(self, address_id: DeliveryAddressId) -> None:
        self._run(
            "UPDATE delivery_address SET use_count = use_count + 1, used_at = :now WHERE id = :id",
            now=self.now_seconds,
            id=address_id,
        )

    def own_addresses(self, person_id: PersonId) -> Sequence[str]:
        sql = "SELECT address FROM own_address WHERE person_id = :person_id ORDER BY address"
        return [row[0] for row in self._all(sql, {"person_id": person_id})]

    def set_own_addresses(self, person_id: PersonId, addresses: Sequence[str]) -> None:
        self._run("DELETE FROM own_address WHERE person_id = :person_id", person_id=person_id)
        self._connection.executemany(
            "INSERT OR IGNORE INTO own_address (person_id, address) VALUES (?, ?)",
            [(person_id, address) for address in addresses],
        )


def _address(row: Sequence[Any]) -> DeliveryAddress:
    return DeliveryAddress(
        id=DeliveryAddressId(row[0]),
        person_id=PersonId(row[1]),
        local_part=row[2],
        purpose=DeliveryPurpose(row[3]),
        label=row[4],
        created_at=rows.time(row[5]),
        pool_id=row[6],
        allowed_senders=tuple(row[7].split()),
        use_count=row[8],
        used_at=rows.time_or_none(row[9]),
        disabled_at=rows.time_or_none(row[10]),
    )
