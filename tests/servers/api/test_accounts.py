"""Mail accounts by the API: tried before they are kept, and never with their password in an answer."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.types import AccountId, AccountState
from tests.pulling.fake import PASSWORD, USER, FakeImap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.house import RunningHouse
    from tests.servers.api.conftest import Api


@pytest.fixture
def server(house: RunningHouse) -> Iterator[FakeImap]:
    house.networks = (ip_network("127.0.0.0/8"),)
    with FakeImap() as running:
        yield running


def new(server: FakeImap, **more: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "plain",
        "user_name": USER,
        "password": PASSWORD,
        **more,
    }


@pytest.fixture
def account(api: Api, server: FakeImap) -> Any:
    return api.ask("POST", "/accounts", 201, json=new(server, label="Work")).json()


def test_an_account_is_tried_and_kept(api: Api, server: FakeImap, account: Any) -> None:
    assert server.said[1].startswith(b"LOGIN")
    assert (account["label"], account["state"], account["asked_at"]) == ("Work", "active", None)
    assert api.get("/accounts")["items"] == [account]
    assert api.get(f"/accounts/{account['id']}") == account
    folders = api.get(f"/accounts/{account['id']}/folders")["items"]
    assert [(each["name"], each["is_chosen"]) for each in folders] == [
        ("INBOX", True),
        ("Lists/python", False),
    ]
    assert PASSWORD not in str([account, folders])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "wrong"}, "password"),
        ({"password": ""}, "password"),
        ({"host": "10.0.0.1"}, "host"),
        ({"port": 25}, "host"),
        ({"port": 0}, "port"),
        ({"security": "tls"}, "host"),
        ({"security": "starttls"}, "host"),
        ({"security": "none"}, "security"),
        ({"host": "not a host"}, "host"),
        ({"user_name": ""}, "user_name"),
    ],
)
def test_what_does_not_work_is_not_kept(
    api: Api, server: FakeImap, change: dict[str, Any], field: str
) -> None:
    server.greeting = b"* BYE\r\n" if change.get("security") == "tls" else server.greeting
    answer = api.ask("POST", "/accounts", 422, json=new(server, **change))
    assert answer.json()["field"] == field
    assert PASSWORD not in answer.text
    assert api.get("/accounts")["items"] == []


def test_an_account_is_there_once(api: Api, server: FakeImap, account: Any) -> None:
    del account
    api.ask("POST", "/accounts", 409, json=new(server))


def test_it_is_changed_paused_and_pulled(api: Api, account: Any) -> None:
    path = f"/accounts/{account['id']}"
    changed = api.ask("PATCH", path, json={"mirrors_read": True, "label": "Home"}).json()
    assert (changed["mirrors_read"], changed["mirrors_starred"], changed["label"]) == (True, False, "Home")
    assert api.ask("PATCH", path, json={"is_paused": True}).json()["state"] == "paused"
    assert api.ask("POST", f"{path}/pull").json()["state"] == "active"
    assert api.ask("PATCH", path, json={"is_paused": True}).json()["is_paused"] is True
    assert api.ask("PATCH", path, json={"is_paused": False}).json()["is_paused"] is False
    api.ask("DELETE", path, 204)
    api.get(path, 404)


def test_a_new_place_is_tried_and_wants_the_password(
    api: Api, house: RunningHouse, server: FakeImap, account: Any
) -> None:
    path = f"/accounts/{account['id']}"
    account_id = AccountId(account["id"])
    house.data.database.write(
        lambda tx: tx.accounts.set_state(account_id, AccountState.STOPPED, "Wrong password.")
    )
    api.ask("PUT", f"{path}/place", 422, json=new(server, password="wrong"))
    assert api.get(path)["reason"] == "Wrong password."
    without = {name: value for name, value in new(server).items() if name != "password"}
    api.ask("PUT", f"{path}/place", 422, json=without)
    moved = api.ask("PUT", f"{path}/place", json=new(server)).json()
    assert (moved["state"], moved["reason"]) == ("active", "")


def test_folders_are_chosen_and_sent_to_pools(api: Api, account: Any) -> None:
    inbox, lists = api.get(f"/accounts/{account['id']}/folders")["items"]
    path = f"/accounts/{account['id']}/folders"
    chosen = api.ask("PATCH", f"{path}/{lists['id']}", json={"is_chosen": True}).json()
    pool = api.get(f"/pools/{chosen['pool_id']}")
    assert pool["path"] == "Work/Lists/python"
    other = api.make_pool("Mail")
    assert (
        api.ask("PATCH", f"{path}/{inbox['id']}", json={"pool": other["id"]}).json()["pool_id"] == other["id"]
    )
    assert api.ask("PATCH", f"{path}/{inbox['id']}", json={"pool": None}).json()["pool_id"] is None
    left = api.ask("PATCH", f"{path}/{lists['id']}", json={"is_chosen": False}).json()
    assert (left["is_chosen"], left["pool_id"]) == (False, chosen["pool_id"])
    again = api.ask("PATCH", f"{path}/{lists['id']}", json={"is_chosen": True}).json()
    assert again["pool_id"] == chosen["pool_id"]
    api.ask("PATCH", f"{path}/{lists['id']}", 422, json={"pool": "nowhere"})
    api.ask("PATCH", f"{path}/99999", 404, json={"is_chosen": True})
