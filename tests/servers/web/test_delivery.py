"""Addresses that mail can be sent to: made, shown, watched, switched off; and nobody else's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.deliveries import add_delivery_address, list_delivery_addresses, own_addresses
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.types import DeliveryPurpose
from tests.conftest import make_person, principal_of
from tests.servers.web.conftest import titles
from tests.servers.web.letters import RAW, bring, read

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import DeliveryAddress, Principal
    from tests.servers.web.conftest import Browser


def make(house: RunningHouse, principal: Principal, label: str = "The Post") -> DeliveryAddress:
    return house.data.database.write(
        lambda tx: add_delivery_address(
            tx,
            house.vault,
            principal,
            label=label,
            pool_id=None,
            purpose=DeliveryPurpose.KEEP,
            allowed_senders=(),
        )
    )


def test_own_addresses_are_shown(browser: Browser) -> None:
    page = browser.get("/addresses").text
    for expected in ("anna@pools.test", "anna+pool@pools.test", "anna+save@pools.test"):
        assert expected in page, expected
    browser.send("/pools/new", name="Reading Later")
    assert "anna+reading-later@pools.test" in browser.get("/addresses").text


def test_make_one_and_wait_for_its_mail(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    pool = house.data.database.write(lambda tx: add_pool(tx, principal, "Newsletters"))
    done = browser.send(
        "/addresses",
        label="The Post",
        pool=str(pool.id),
        senders="post@post.example\npost.example",
        purpose="keep",
    )
    place = done.headers["location"]
    page = browser.get(place).text
    found = re.search(r"<code>(n-[a-z2-7]{16})@pools\.test</code>", page)
    assert found
    assert "will show below as soon as it comes" in page
    (address,) = list_delivery_addresses(house.glance(), principal)
    assert (address.local_part, address.pool_id) == (found[1], pool.id)
    assert set(address.allowed_senders) == {"post@post.example", "post.example"}
    assert "nothing came yet" in browser.get("/addresses").text
    item_id = bring(house, principal, recipient=f"{address.local_part}@pools.test", pool_id=pool.id)
    read(house, item_id, subject="Please confirm")
    other = bring(house, principal, RAW + b"2", recipient="anna@pools.test", pool_id=pool.id)
    read(house, other, subject="Something else")
    house.data.database.write(lambda tx: tx.deliveries.record_use(address.id))
    assert titles(browser.get(place).text) == ["Please confirm"]
    assert "1 message, the last" in browser.get("/addresses").text


def test_an_address_of_a_pool_in_the_trash_shows_what_comes_to_the_inbox(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    write = house.data.database.write
    pool = write(lambda tx: add_pool(tx, principal, "Newsletters"))
    browser.send("/addresses", label="The Post", pool=str(pool.id), senders="", purpose="keep")
    (address,) = list_delivery_addresses(house.glance(), principal)
    write(lambda tx: trash_pool(tx, principal, pool.id))
    item_id = bring(house, principal, recipient=f"{address.local_part.upper()}@pools.test")
    read(house, item_id, subject="Please confirm")
    write(lambda tx: tx.deliveries.record_use(address.id))
    assert titles(browser.get(f"/addresses/{address.id}").text) == ["Please confirm"]


def test_change_disable_enable(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    address = make(house, principal)
    place = f"/addresses/{address.id}"
    browser.send(place, label="The Gazette", pool="", senders="")
    assert browser.said(place) == "Changed."
    assert "The address for The Gazette" in browser.get(place).text
    browser.send(f"{place}/disable", back="/addresses")
    assert browser.said("/addresses").startswith("Disabled.")
    assert "It is disabled" in browser.get(place).text
    browser.send(f"{place}/enable", back="/addresses")
    assert browser.said("/addresses").startswith("It takes mail again.")
    assert list_delivery_addresses(house.glance(), principal)[0].disabled_at is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": ""}, "wrong-label"),
        ({"label": "x", "purpose": "sell"}, "Choose one of these."),
        ({"label": "x", "senders": "a@b@c"}, "wrong-senders"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(
    browser: Browser, fields: dict[str, str], words: str
) -> None:
    answer = browser.send("/addresses", **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{fields["label"]}"' in answer.text


def test_where_one_writes_from(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    browser.send("/addresses/own", own="anna@home.example\r\nANNA@work.example,")
    assert browser.said("/addresses").startswith("Kept.")
    assert set(own_addresses(house.glance(), principal)) == {"anna@home.example", "anna@work.example"}
    assert "anna@home.example\nanna@work.example" in browser.get("/addresses").text
    answer = browser.send("/addresses/own", own="nonsense")
    assert answer.status_code == 400
    assert "wrong-own" in answer.text
    assert "nonsense" in answer.text


def test_markup_in_what_was_typed_stays_text(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    evil = "<script>zqpwn()</script>"
    address = make(house, principal, evil)
    for path in ("/addresses", f"/addresses/{address.id}"):
        page = browser.get(path).text
        assert "&lt;script&gt;zqpwn" in page
        assert evil not in page


def test_nobody_elses(browser: Browser, house: RunningHouse) -> None:
    other = principal_of(make_person(house, "bob"))
    address = make(house, other)
    assert address.local_part not in browser.get("/addresses").text
    place = f"/addresses/{address.id}"
    assert browser.get(place).status_code == 404
    for path in (place, f"{place}/disable", f"{place}/enable"):
        assert browser.send(path, label="mine now").status_code == 404
    assert list_delivery_addresses(house.glance(), other) == [address]
    for odd in ("0", "x", "-1", "9" * 30):
        assert browser.get(f"/addresses/{odd}").status_code == 404
    pool = house.data.database.write(lambda tx: add_pool(tx, other, "Bob's"))
    assert browser.send("/addresses", label="x", pool=str(pool.id)).status_code in {400, 404}
