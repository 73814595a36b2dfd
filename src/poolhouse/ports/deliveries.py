"""Deliveries: addresses that mail can be sent to, and those that people write from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.types import DeliveryAddress, DeliveryAddressId, DeliveryPurpose, PersonId, PoolId


class Deliveries(Protocol):
    """Secret addresses that mail can be sent to, and the addresses that people write from. All in lower case."""

    def add(
        self,
        person_id: PersonId,
        local_part: str,
        *,
        purpose: DeliveryPurpose,
        label: str,
        pool_id: PoolId | None,
        allowed_senders: Sequence[str],
    ) -> DeliveryAddress: ...
    def get(self, address_id: DeliveryAddressId) -> DeliveryAddress | None: ...
    def by_local_part(self, local_part: str) -> DeliveryAddress | None:
        """The address of that name, disabled or not. One look-up."""

    def of(self, person_id: PersonId) -> Sequence[DeliveryAddress]:
        """A person's addresses, newest first."""

    def edit(
        self,
        address_id: DeliveryAddressId,
        *,
        label: str,
        pool_id: PoolId | None,
        allowed_senders: Sequence[str],
    ) -> None: ...
    def set_disabled(self, address_id: DeliveryAddressId, at: datetime | None) -> None: ...
    def record_use(self, address_id: DeliveryAddressId) -> None: ...
    def own_addresses(self, person_id: PersonId) -> Sequence[str]: ...
    def set_own_addresses(self, person_id: PersonId, addresses: Sequence[str]) -> None: ...
