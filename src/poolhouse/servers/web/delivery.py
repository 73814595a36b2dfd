"""Addresses that mail can be sent to: a person's own, and secret ones, made one for each newsletter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.services.deliveries import (
    add_delivery_address,
    disable_delivery_address,
    edit_delivery_address,
    enable_delivery_address,
    get_delivery_address,
    list_delivery_addresses,
    own_addresses,
    set_own_addresses,
)
from poolhouse.services.messages import recipients_of
from poolhouse.services.pools import receiving_pool
from poolhouse.services.reading import list_entries
from poolhouse.types import DeliveryPurpose, PoolId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.forms import Form
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import DeliveryAddress, Item, Principal

LOOKED_AT: Final = 30
"""How many of a pool's newest entries are asked whether they came to an address."""


async def show_addresses(visit: Visit) -> Response:
    """Every address there is, and the form for one more."""
    return _show(visit, None)


def _show(visit: Visit, error: InvalidInputError | ConflictError | None) -> Response:
    me, form = visit.me, visit.form
    addresses, own = visit.house.read(lambda tx: (list_delivery_addresses(tx, me), own_addresses(tx, me)))
    assert visit.signed_in is not None
    return visit.page(
        "addresses.html",
        400 if error else 200,
        addresses=addresses,
        own=form.text("own") if error else "\n".join(own),
        name=visit.signed_in.person.name.casefold(),
        typed=_typed(form),
        error=error,
    )


def _typed(form: Form) -> dict[str, object]:
    return {
        "label": form.text("label"),
        "pool": form.number("pool"),
        "purpose": form.text("purpose", DeliveryPurpose.KEEP),
        "senders": form.text("senders"),
    }


async def make_address(visit: Visit) -> Response:
    """Make a secret address, and on to its page, which waits for the first mail."""
    me, form = visit.me, visit.form
    try:
        address = await visit.house.write(
            lambda tx: add_delivery_address(
                tx,
                visit.house.vault,
                me,
                label=form.text("label"),
                pool_id=_pool_id(form),
                purpose=_purpose(form),
                allowed_senders=form.text("senders").replace(",", " ").split(),
            )
        )
    except (InvalidInputError, ConflictError) as error:
        return _show(visit, error)
    return visit.go(f"/addresses/{address.id}")


def _pool_id(form: Form) -> PoolId | None:
    found = form.number("pool")
    return None if found is None else PoolId(found)


def _purpose(form: Form) -> DeliveryPurpose:
    try:
        return DeliveryPurpose(form.text("purpose", DeliveryPurpose.KEEP))
    except ValueError:
        raise InvalidInputError("purpose", "Choose one of these.") from None


async def show_address(visit: Visit) -> Response:
    """One address, large, with what came to it last; and the form that changes it."""
    return _show_one(visit, None)


def _show_one(visit: Visit, error: InvalidInputError | None) -> Response:
    me, address_id = visit.me, visit.address_id()

    def look(tx: Transaction) -> tuple[DeliveryAddress, PoolId, Sequence[Item], int]:
        address = get_delivery_address(tx, me, address_id)
        pool_id = receiving_pool(tx, me.person_id, address.pool_id).id
        return address, pool_id, _came(tx, me, address, pool_id), tx.memberships.top_position(pool_id)

    address, pool_id, items, top = visit.house.read(look)
    return visit.page(
        "address.html",
        400 if error else 200,
        address=address,
        full=visit.house.addresses.mailbox(address.local_part),
        pool_id=pool_id,
        items=items,
        threads={},
        top=top,
        error=error,
        typed=_typed(visit.form)
        if error
        else {
            "label": address.label,
            "pool": address.pool_id,
            "senders": "\n".join(address.allowed_senders),
        },
    )


def _came(tx: Transaction, me: Principal, address: DeliveryAddress, pool_id: PoolId) -> Sequence[Item]:
    """The messages that came to an address, among the newest of its pool."""
    if not address.use_count or address.purpose is not DeliveryPurpose.KEEP:
        return ()
    items = [entry.item for entry in list_entries(tx, me, pool_id, limit=LOOKED_AT)]
    recipients = recipients_of(tx, me, items)
    start = f"{address.local_part}@"
    return [item for item in items if recipients.get(item.id, "").casefold().startswith(start)]


async def change_address(visit: Visit) -> Response:
    """Its label, its pool, who may send there."""
    me, form, address_id = visit.me, visit.form, visit.address_id()
    try:
        await visit.house.write(
            lambda tx: edit_delivery_address(
                tx,
                me,
                address_id,
                label=form.text("label"),
                pool_id=_pool_id(form),
                allowed_senders=form.text("senders").replace(",", " ").split(),
            )
        )
    except InvalidInputError as error:
        return _show_one(visit, error)
    return visit.go(f"/addresses/{address_id}", "address-changed")


async def disable(visit: Visit) -> Response:
    """Refuse what comes there, from the next message on."""
    me, address_id = visit.me, visit.address_id()
    await visit.house.write(lambda tx: disable_delivery_address(tx, me, address_id))
    return visit.back("address-disabled", default="/addresses")


async def enable(visit: Visit) -> Response:
    """Undo."""
    me, address_id = visit.me, visit.address_id()
    await visit.house.write(lambda tx: enable_delivery_address(tx, me, address_id))
    return visit.back("address-enabled", default="/addresses")


async def change_own(visit: Visit) -> Response:
    """Keep from which addresses the person writes."""
    me, wanted = visit.me, visit.form.text("own").replace(",", " ").split()
    try:
        await visit.house.write(lambda tx: set_own_addresses(tx, me, wanted))
    except InvalidInputError as error:
        return _show(visit, InvalidInputError("own", error.reason))
    return visit.go("/addresses", "own-addresses")


PAGES = (
    Page(path="/addresses", get=show_addresses, post=make_address),
    Page(path="/addresses/own", post=change_own),
    Page(path="/addresses/{id}", get=show_address, post=change_address),
    Page(path="/addresses/{id}/disable", post=disable),
    Page(path="/addresses/{id}/enable", post=enable),
)
