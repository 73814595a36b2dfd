"""DeliveryAddress: a secret address that mail can be sent to, one for each newsletter; Recipient: who an address is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.person import PersonId
    from poolhouse.types.pool import PoolId

DeliveryAddressId = NewType("DeliveryAddressId", int)


class DeliveryPurpose(StrEnum):
    """What becomes of a message sent to an address: it is kept, or the link in it is saved."""

    KEEP = "keep"
    SAVE = "save"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAddress:
    """A secret address: `local_part` is `n-` and 16 characters of base32 (80 random bits).

    Who knows it may send there and nothing else, so its person can read it again at any time. Mail goes to `pool_id`,
    or None: the Inbox. Where `allowed_senders` are given (addresses, or domains, which stand for what is beneath them
    too) all others are refused. `use_count` and `used_at` tell of mail that was accepted.
    """

    id: DeliveryAddressId
    person_id: PersonId
    local_part: str
    purpose: DeliveryPurpose
    label: str
    created_at: datetime
    pool_id: PoolId | None = None
    allowed_senders: tuple[str, ...] = ()
    use_count: int = 0
    used_at: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an address stands for, and what becomes of what is sent there.

    `address` is as the sender wrote it. `pool_id` is the pool it names, None for the Inbox: that pool may be in the
    trash by the time the message is here. `address_id` names the secret address it is, if it is one.
    """

    address: str
    person_id: PersonId
    purpose: DeliveryPurpose
    pool_id: PoolId | None = None
    address_id: DeliveryAddressId | None = None
