"""Delivery addresses: whom they stand for, whose they are no longer, and where what is sent there goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ForbiddenError, NotFoundError
from poolhouse.services.deliveries import (
    add_delivery_address,
    disable_delivery_address,
    enable_delivery_address,
    list_delivery_addresses,
    resolve_recipient,
)
from poolhouse.services.messages import deliver_message
from poolhouse.services.people import set_person_disabled
from poolhouse.services.pools import add_pool, receiving_pool, trash_pool
from poolhouse.types import Envelope, MessageSource
from tests.conftest import make_person, principal_of
from tests.letters import SENDER, paths, receive, write_letter

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import PersonId, Principal

pytestmark = pytest.mark.usefixtures("sound")


@pytest.mark.parametrize(
    ("address", "pool"),
    [
        ("anna@any.example", "Inbox"),
        ("ANNA@any.example", "Inbox"),
        ("anna+garden@any.example", "Garden"),
        ("anna=garden@any.example", "Garden"),
        ("anna#Garden@any.example", "Garden"),
        ("anna-garden@any.example", "Garden"),
        ("anna+garden.old-tools@any.example", "Garden/Old tools"),
        ("anna+nothing@any.example", "Inbox"),
        ("anna+found@any.example", "Inbox"),
        ('"anna+garden"@any.example', "Garden"),
        ("postmaster@any.example", "Inbox"),
        ("anna+the-long-way-to-all-of-the-old-tools@any.example", "Inbox"),
    ],
)
def test_whom_an_address_stands_for(data: OpenData, principal: Principal, address: str, pool: str) -> None:
    garden = data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    data.database.write(lambda tx: add_pool(tx, principal, "Old tools", parent_id=garden.id))
    data.database.write(lambda tx: add_pool(tx, principal, "Found", query="tag:x"))
    recipient = data.database.read(lambda tx: resolve_recipient(tx, address))
    target = data.database.read(lambda tx: receiving_pool(tx, recipient.person_id, recipient.pool_id))
    assert (recipient.person_id, target.path) == (principal.person_id, pool)


def test_the_postmaster_is_the_first_who_can_be(
    data: OpenData, house: RunningHouse, principal: Principal
) -> None:
    aaron = make_person(house, "aaron")

    def postmaster(address: str) -> PersonId:
        return data.database.read(
            lambda tx: resolve_recipient(tx, address, domains=("pools.test",))
        ).person_id

    assert postmaster("Postmaster@pools.test") == postmaster("postmaster") == principal.person_id
    with pytest.raises(NotFoundError):
        postmaster("anna")
    data.database.write(lambda tx: set_person_disabled(tx, "anna", is_disabled=True))
    assert postmaster("postmaster") == principal_of(aaron).person_id


def test_nobody_and_whoever_is_shut_out_get_nothing(
    data: OpenData, house: RunningHouse, principal: Principal
) -> None:
    for address in ("nobody@x.example", "n-aaaaaaaaaaaaaaaa@x.example", "@x.example", "", "ann@x.example"):
        with pytest.raises(NotFoundError):
            data.database.read(partial(resolve_recipient, address=address))
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: resolve_recipient(tx, "anna@other.example", domains=("pools.test",)))
    make_person(house, "ben")
    data.database.write(lambda tx: set_person_disabled(tx, "ben", is_disabled=True))
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: resolve_recipient(tx, "ben@x.example"))
    del principal


@pytest.mark.parametrize("local_part", ["anna-lee", "anna-lee+news", "anna-lee-news"])
def test_mail_of_who_is_disabled_is_not_for_whose_name_begins_theirs(
    data: OpenData, house: RunningHouse, principal: Principal, local_part: str
) -> None:
    lee = make_person(house, "anna-lee")
    address = f"{local_part}@pools.test"
    assert (
        data.database.read(lambda tx: resolve_recipient(tx, address)).person_id == principal_of(lee).person_id
    )
    data.database.write(lambda tx: set_person_disabled(tx, "anna-lee", is_disabled=True))
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: resolve_recipient(tx, address))
    assert data.database.read(lambda tx: resolve_recipient(tx, "anna-le")).person_id == principal.person_id


def test_where_a_person_of_that_name_is_disabled_there_is_still_a_postmaster(
    data: OpenData, house: RunningHouse, principal: Principal
) -> None:
    named = make_person(house, "postmaster")

    def postmaster(address: str) -> PersonId:
        return data.database.read(lambda tx: resolve_recipient(tx, address)).person_id

    assert postmaster("postmaster") == principal_of(named).person_id
    data.database.write(lambda tx: set_person_disabled(tx, "postmaster", is_disabled=True))
    assert postmaster("postmaster@pools.test") == principal.person_id


def test_a_secret_address_leads_to_its_pool_until_it_is_disabled(
    data: OpenData, house: RunningHouse, principal: Principal
) -> None:
    garden = data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    address = data.database.write(
        lambda tx: add_delivery_address(
            tx,
            house.vault,
            principal,
            label="News",
            pool_id=garden.id,
            allowed_senders=["@elsewhere.example"],
        )
    )
    full = f"{address.local_part.upper()}@pools.test"
    item_id = receive(data, write_letter(), full, "bounce@news.elsewhere.example").item_id
    assert paths(data, principal, item_id) == ["Garden"]
    (known,) = data.database.read(lambda tx: list_delivery_addresses(tx, principal))
    assert known.use_count == 1
    with pytest.raises(ForbiddenError):
        data.database.read(lambda tx: resolve_recipient(tx, full, sender="x@notelsewhere.example"))
    data.database.write(lambda tx: disable_delivery_address(tx, principal, address.id))
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: resolve_recipient(tx, full, sender=SENDER))
    data.database.write(lambda tx: enable_delivery_address(tx, principal, address.id))
    data.database.write(lambda tx: trash_pool(tx, principal, garden.id))
    later = receive(data, write_letter("Later"), full).item_id
    assert paths(data, principal, later) == ["Inbox"]


def test_a_pool_that_goes_into_the_trash_before_the_message_is_here_takes_none(
    data: OpenData, principal: Principal
) -> None:
    garden = data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    recipient = data.database.read(lambda tx: resolve_recipient(tx, "anna+garden@pools.test"))
    data.database.write(lambda tx: trash_pool(tx, principal, garden.id))
    envelope = Envelope(source=MessageSource.LMTP, sender=SENDER, recipient=recipient.address)
    for _ in range(2):  # the second finds it there already
        delivered = data.database.write(
            lambda tx: deliver_message(tx, recipient, blob="a" * 64, size_bytes=1, envelope=envelope)
        )
        assert paths(data, principal, delivered.item_id) == ["Inbox"]
        assert data.database.read(lambda tx: tx.memberships.item_ids(garden.id)) == []
