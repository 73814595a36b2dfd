"""Secrets, tags, the trash and the person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person
    from tests.servers.api.conftest import Api


def test_says_whose_token_it_is(api: Api, person: Person) -> None:
    me = api.get("/me")
    assert (me["id"], me["name"]) == (person.id, "anna")
    assert [secret["id"] for secret in api.get("/secrets")["items"]] == [me["secret_id"]]


def test_makes_a_readers_secret_with_its_addresses(api: Api) -> None:
    pool = api.make_pool("Reading")
    made = api.ask("POST", "/secrets", 201, json={"label": "newsboat", "pool": "Reading"}).json()
    secret = made["secret"]
    assert (made["kind"], made["pool_id"], made["label"]) == ("feed", pool["id"], "newsboat")
    assert made["addresses"] == {
        "path": {
            suffix: f"http://pools.test/s/{secret}/pools/{pool['id']}.{suffix}"
            for suffix in ("atom", "rss", "json")
        },
        "basic": {
            suffix: f"http://anna:{secret}@pools.test/pools/{pool['id']}.{suffix}"
            for suffix in ("atom", "rss", "json")
        },
    }
    assert secret not in api.ask("GET", "/secrets").text


def test_makes_a_token_that_works_until_it_is_cut_off(api: Api) -> None:
    made = api.ask("POST", "/secrets", 201, json={"label": "script", "kind": "token"}).json()
    assert (made["kind"], made["pool_id"], made["addresses"]) == ("token", None, None)
    mine, api.token = api.token, made["secret"]
    assert api.get("/me")["secret_id"] == made["id"]
    api.token = mine
    for _ in range(2):
        api.ask("DELETE", f"/secrets/{made['id']}", 204)
    (cut_off,) = [each for each in api.get("/secrets")["items"] if each["id"] == made["id"]]
    assert cut_off["cut_off_at"] == "2026-01-02T03:04:05Z"
    api.token = made["secret"]
    api.get("/me", 401)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        ({"label": "x"}, "pool"),
        ({"label": "x", "pool": "None such"}, "pool"),
        ({"label": "x", "pool": "Inbox", "kind": "token"}, "pool"),
        ({"label": "", "pool": "Inbox"}, "label"),
        ({"label": "x" * 101, "pool": "Inbox"}, "label"),
        ({"pool": "Inbox"}, "label"),
        ({"label": "x", "pool": "Inbox", "kind": "session"}, "kind"),
        ({"label": "x", "pool": "Inbox", "kind": ["feed"]}, "kind"),
        ({"label": "x", "pool": "Inbox", "secret": "mine"}, "secret"),
    ],
)
def test_refuses_a_secret_and_names_the_field(api: Api, new: dict[str, Any], field: str) -> None:
    assert api.ask("POST", "/secrets", 422, json=new).json()["field"] == field
    assert len(api.get("/secrets")["items"]) == 1


async def test_notes_when_a_token_was_used(api: Api, house: RunningHouse) -> None:
    secret_id = api.get("/me", headers={"User-Agent": "script/1"})["secret_id"]
    await house.write_uses()
    secret = house.read(lambda tx: tx.secrets.get(secret_id))
    assert secret is not None
    assert secret.last_use is not None
    assert (secret.last_use.user_agent, secret.last_use.status) == ("script/1", 200)
    assert secret.last_use.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert api.get("/secrets")["items"][0]["last_use"] == {
        "at": "2026-01-02T03:04:05Z",
        "user_agent": "script/1",
        "status": 200,
    }


def test_counts_tags(api: Api) -> None:
    api.save("https://example.org/a", tags=["b", "a"])
    api.save("https://example.org/b", tags=["B"])
    assert api.get("/tags") == {"items": [{"name": "a", "count": 1}, {"name": "b", "count": 2}], "next": None}


def test_lists_and_empties_the_trash(api: Api) -> None:
    links = [api.save(f"https://example.org/{number}")["id"] for number in range(5)]
    kept = api.save("https://example.org/kept")
    for link in links:
        api.ask("DELETE", f"/links/{link}", 204)
    assert [link["id"] for link in api.walk("/trash?limit=2")] == links[::-1]
    assert api.ask("DELETE", "/trash").json() == {"deleted": 5}
    assert api.ask("DELETE", "/trash").json() == {"deleted": 0}
    assert api.get("/trash")["items"] == []
    api.get(f"/links/{links[0]}", 404)
    assert [link["id"] for link in api.walk("/links")] == [kept["id"]]
