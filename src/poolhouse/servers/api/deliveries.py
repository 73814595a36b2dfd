"""Secret addresses that mail can be sent to, and those that the person writes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import json_answer, list_answer
from poolhouse.servers.api.calls import named_pool
from poolhouse.servers.api.mail_views import address_data
from poolhouse.services.deliveries import (
    LABEL_LENGTH,
    add_delivery_address,
    disable_delivery_address,
    edit_delivery_address,
    enable_delivery_address,
    get_delivery_address,
    list_delivery_addresses,
    own_addresses,
    set_own_addresses,
)
from poolhouse.types import DeliveryAddressId, DeliveryPurpose

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.servers.api.fields import PoolRef
    from poolhouse.types import DeliveryAddress, PoolId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """What POST /addresses takes."""

    label: str
    purpose: DeliveryPurpose = DeliveryPurpose.KEEP
    pool: PoolRef | None = None
    allowed_senders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """What PATCH /addresses/{address_id} takes; what is not given stays."""

    label: str | None = None
    pool: PoolRef | fields.Unset | None = fields.UNSET
    allowed_senders: tuple[str, ...] | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddresses:
    """What PUT /own-addresses takes."""

    addresses: tuple[str, ...]


_SENDERS = "Addresses or domains; all others are refused. Empty: everybody may send there."
NEW_ADDRESS = fields.body_of(
    NewAddress,
    label=fields.text("Who will write there.", length_limit=LABEL_LENGTH),
    purpose=fields.choice(
        DeliveryPurpose, "`keep` (as when left out) keeps what comes, `save` saves its link."
    ),
    pool=fields.nullable(
        fields.pool("The id or path of the pool that it goes to; the Inbox where left out.")
    ),
    allowed_senders=fields.texts(_SENDERS),
)
ADDRESS_CHANGE = fields.body_of(
    AddressChange,
    label=fields.text("Who writes there.", length_limit=LABEL_LENGTH),
    pool=fields.nullable(fields.pool("The id or path of the pool that it goes to; null for the Inbox.")),
    allowed_senders=fields.texts(_SENDERS),
    is_disabled=fields.flag("True: what is sent there is refused."),
)
OWN_ADDRESSES = fields.body_of(
    OwnAddresses, addresses=fields.texts("All the addresses that the person writes from.")
)


async def list_all(call: Call) -> Response:
    """GET /addresses"""
    found = call.house.read(lambda tx: list_delivery_addresses(tx, call.principal))
    return list_answer([address_data(each, call.house.addresses) for each in found])


async def add(call: Call) -> Response:
    """POST /addresses"""
    new = await call.body(NEW_ADDRESS)

    def make(tx: Transaction) -> DeliveryAddress:
        return add_delivery_address(
            tx,
            call.house.vault,
            call.principal,
            label=new.label,
            purpose=new.purpose,
            pool_id=_pool_id(tx, call, new.pool),
            allowed_senders=new.allowed_senders,
        )

    address = await call.house.write(make)
    headers = {"Location": f"{call.base_url}/addresses/{address.id}"}
    return json_answer(address_data(address, call.house.addresses), 201, headers=headers)


async def get(call: Call) -> Response:
    """GET /addresses/{address_id}"""
    address_id = _id(call)
    address = call.house.read(lambda tx: get_delivery_address(tx, call.principal, address_id))
    return json_answer(address_data(address, call.house.addresses))


async def change(call: Call) -> Response:
    """PATCH /addresses/{address_id}"""
    asked, address_id = await call.body(ADDRESS_CHANGE), _id(call)

    def edit(tx: Transaction) -> DeliveryAddress:
        known = get_delivery_address(tx, call.principal, address_id)
        pool_id = known.pool_id if isinstance(asked.pool, fields.Unset) else _pool_id(tx, call, asked.pool)
        edit_delivery_address(
            tx,
            call.principal,
            address_id,
            label=known.label if asked.label is None else asked.label,
            pool_id=pool_id,
            allowed_senders=known.allowed_senders if asked.allowed_senders is None else asked.allowed_senders,
        )
        if asked.is_disabled is True and known.disabled_at is None:
            disable_delivery_address(tx, call.principal, address_id)
        if asked.is_disabled is False:
            enable_delivery_address(tx, call.principal, address_id)
        return get_delivery_address(tx, call.principal, address_id)

    return json_answer(address_data(await call.house.write(edit), call.house.addresses))


async def get_own(call: Call) -> Response:
    """GET /own-addresses"""
    found = call.house.read(lambda tx: own_addresses(tx, call.principal))
    return json_answer(_own(list(found)))


async def set_own(call: Call) -> Response:
    """PUT /own-addresses"""
    asked = await call.body(OWN_ADDRESSES)
    found = await call.house.write(lambda tx: set_own_addresses(tx, call.principal, asked.addresses))
    return json_answer(_own(list(found)))


def _own(addresses: list[str]) -> dict[str, Any]:
    return {"addresses": addresses}


def _id(call: Call) -> DeliveryAddressId:
    return DeliveryAddressId(call.id("address_id"))


def _pool_id(tx: Transaction, call: Call, pool: PoolRef | None) -> PoolId | None:
    return None if pool is None else named_pool(tx, call.principal, pool).id
