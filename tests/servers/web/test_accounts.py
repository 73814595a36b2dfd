"""The pages of mail accounts."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.accounts import list_accounts, list_folders
from poolhouse.types import AccountState
from tests.pulling.fake import PASSWORD, USER, FakeImap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import MailAccount, Principal
    from tests.servers.web.conftest import Browser


@pytest.fixture
def server(house: RunningHouse) -> Iterator[FakeImap]:
    house.networks = (ip_network("127.0.0.0/8"),)
    with FakeImap(folders=("INBOX", "Lists/<b>python</b>")) as running:
        yield running


def place(server: FakeImap, **more: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": str(server.port),
        "security": "plain",
        "user_name": USER,
        "password": PASSWORD,
        **more,
    }


@pytest.fixture
def account(browser: Browser, house: RunningHouse, principal: Principal, server: FakeImap) -> MailAccount:
    assert browser.send("/accounts", **place(server, label="Work")).status_code == 303
    return house.read(lambda tx: list_accounts(tx, principal))[0]


def now(house: RunningHouse, principal: Principal) -> MailAccount:
    return house.read(lambda tx: list_accounts(tx, principal))[0]


def test_an_account_is_added_after_a_try(browser: Browser, server: FakeImap, account: MailAccount) -> None:
    assert "Added" in browser.said(f"/accounts/{account.id}")
    assert any(each.startswith(b"LOGIN") for each in server.said)
    page = browser.get("/accounts").text
    assert "Work" in page
    assert "asked for the first time" in page
    assert PASSWORD not in page
    assert "/accounts" in browser.get("/account").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "It lets nobody in with that"),
        ({"host": "169.254.169.254"}, "is an address of the local link"),
        ({"host": ""}, "This is the name of a mail server"),
        ({"port": "x"}, "A port is a number"),
        ({"security": "none"}, "Choose one of these"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    browser: Browser, server: FakeImap, change: dict[str, str], words: str
) -> None:
    answer = browser.send("/accounts", **place(server, **change))
    assert answer.status_code == 400
    assert words in answer.text
    assert USER in answer.text  # what was typed is there again
    assert PASSWORD not in answer.text
    assert 'value="wrong"' not in answer.text


def test_folders_are_chosen(
    browser: Browser, house: RunningHouse, principal: Principal, account: MailAccount
) -> None:
    inbox, lists = house.read(lambda tx: list_folders(tx, principal, account.id))
    page = browser.get(f"/accounts/{account.id}").text
    assert "Lists/&lt;b&gt;python&lt;/b&gt;" in page
    sent = {"folder": [str(inbox.id), str(lists.id)], f"pool-{lists.id}": "own"}
    assert browser.send(f"/accounts/{account.id}/folders", **sent).status_code == 303
    folders = house.read(lambda tx: list_folders(tx, principal, account.id))
    assert [each.is_chosen for each in folders] == [True, True]
    pool = house.read(lambda tx: tx.pools.by_path(principal.person_id, "Work/Lists/<b>python</b>"))
    assert pool is not None
    assert folders[1].pool_id == pool.id
    browser.send(f"/accounts/{account.id}/folders", folder=str(lists.id), **{f"pool-{lists.id}": ""})
    folders = house.read(lambda tx: list_folders(tx, principal, account.id))
    assert [(each.is_chosen, each.pool_id) for each in folders] == [(False, None), (True, None)]


def test_it_is_mirrored_paused_pulled_and_removed(
    browser: Browser, house: RunningHouse, principal: Principal, account: MailAccount
) -> None:
    path = f"/accounts/{account.id}"
    browser.send(path, label="Home", mirrors=["read", "starred"])
    found = now(house, principal)
    assert (found.label, found.mirrors_read, found.mirrors_starred) == ("Home", True, True)
    browser.send(path, label="Home", mirrors=["read"])
    assert now(house, principal).mirrors_starred is False
    browser.send(f"{path}/pause")
    assert now(house, principal).state is AccountState.PAUSED
    assert "paused" in browser.get("/accounts").text
    browser.send(f"{path}/pull", back="/accounts")
    assert now(house, principal).state is AccountState.ACTIVE
    browser.send(f"{path}/remove")
    assert "Forgotten" in browser.said("/accounts")
    assert house.read(lambda tx: list_accounts(tx, principal)) == []
    assert browser.get(path).status_code == 404


def test_a_stopped_one_says_why_and_takes_a_new_password(
    browser: Browser, house: RunningHouse, principal: Principal, server: FakeImap, account: MailAccount
) -> None:
    house.data.database.write(
        lambda tx: tx.accounts.set_state(account.id, AccountState.STOPPED, "<i>No</i> such password.")
    )
    page = browser.get(f"/accounts/{account.id}").text
    assert "&lt;i&gt;No&lt;/i&gt; such password." in page
    path = f"/accounts/{account.id}/place"
    assert browser.send(path, **place(server, password="wrong")).status_code == 400
    assert now(house, principal).state is AccountState.STOPPED
    assert browser.send(path, **place(server)).status_code == 303
    assert (now(house, principal).state, now(house, principal).reason) == (AccountState.ACTIVE, "")
