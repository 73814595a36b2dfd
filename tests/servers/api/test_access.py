"""Who may: a bearer token and nothing else, its own person's things and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.servers.api.table import ENDPOINTS
from poolhouse.services.accounts import add_account as services_add_account
from poolhouse.services.people import find_person, set_person_disabled, start_session
from poolhouse.types import AccountPlace, AccountSecurity
from tests.conftest import principal_of
from tests.letters import receive, write_letter
from tests.servers.api.conftest import DOCUMENT, Api, capture

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.types import Person

EVERY = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
OF_SOMEBODY = [(method, path) for method, path in EVERY if "{" in path]
BODIES = {
    ("PATCH", "/links/{link_id}"): {"title": "x", "pools": ["Bookmarks"]},
    ("PATCH", "/pools/{pool_id}"): {"name": "x"},
    ("PATCH", "/addresses/{address_id}"): {"label": "x", "pool": None},
    ("POST", "/messages/{message_id}/links"): {"url": "https://example.org/"},
    ("PUT", "/links/{link_id}/deferral"): {"until": "2036-01-01T00:00:00Z"},
    ("PATCH", "/accounts/{account_id}"): {"label": "x"},
    ("PUT", "/accounts/{account_id}/place"): {
        "host": "mail.example",
        "user_name": "anna",
        "password": "something",
    },
    ("PATCH", "/accounts/{account_id}/folders/{folder_id}"): {"is_chosen": True},
}
IDS = ("link", "pool", "secret", "capture", "job", "message", "address", "account", "folder")


def fill(path: str, *known: int) -> str:
    """The address with the ids of those things, in the order of `IDS`; 1 for those that are not given."""
    ids = dict.fromkeys([f"{name}_id" for name in IDS], 1) | {
        f"{name}_id": number for name, number in zip(IDS, known, strict=False)
    }
    return path.format(**ids, mark="read", part="1")


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_nobody_gets_in_without_a_token(browser: TestClient, person: Person, method: str, path: str) -> None:
    answer = Api(browser, None).ask(method, fill(path, 1, 1, 1), 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="Poolhouse"'


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_readers_secret_opens_no_endpoint(api: Api, method: str, path: str) -> None:
    made = api.ask("POST", "/secrets", 201, json={"label": "x", "pool": "Bookmarks"}).json()
    api.token = made["secret"]
    answer = api.ask(method, fill(path, 1, made["pool_id"], 1), 401)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_only_a_bearer_token_opens(
    browser: TestClient, house: RunningHouse, person: Person, token: str
) -> None:
    cookie = house.data.database.write(lambda tx: start_session(tx, house.vault, person.id, ""))[1]
    browser.cookies.set("poolhouse_session", cookie)
    nobody = Api(browser, None)
    nobody.get("/me", 401)
    for wrong in (
        f"Basic {token}",
        token,
        "Bearer",
        "Bearer ",
        f"Bearer {token}x",
        f"Bearer {token.swapcase()}",
        f"Bearer {token[:-1]}",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 10_000,
    ):
        nobody.get("/me", 401, headers={"Authorization": wrong.encode("latin-1")})
    nobody.get(f"/me?access_token={token}", 401)
    for right in (f"Bearer {token}", f"bearer  {token} "):
        nobody.get("/me", 200, headers={"Authorization": right})


def add_mail_account(house: RunningHouse) -> tuple[int, int]:
    """Anna's account elsewhere and its inbox, without asking there."""
    place = AccountPlace(
        host="mail.example", port=993, security=AccountSecurity.TLS, user_name="anna@mail.example"
    )

    def add(tx: Transaction) -> tuple[int, int]:
        anna = principal_of(find_person(tx, "anna"))
        account = services_add_account(tx, house.sealer, anna, place, "something", folders=[("INBOX", "/")])
        return account.id, tx.accounts.folders(account.id)[0].id

    return house.data.database.write(add)


@pytest.mark.parametrize(("method", "path"), OF_SOMEBODY)
def test_what_belongs_to_others_is_not_there(
    api: Api, ben: Api, house: RunningHouse, method: str, path: str
) -> None:
    link, pool = api.save("https://example.org/a"), api.make_pool("Reading")
    secret = api.ask("POST", "/secrets", 201, json={"label": "x", "pool": "Reading"}).json()
    (job,) = api.get("/jobs")["items"]
    captured = capture(house, link)
    message = receive(house.data, write_letter(text="https://example.org/")).item_id
    address = api.ask("POST", "/addresses", 201, json={"label": "News"}).json()
    account, folder = add_mail_account(house)
    lists = (
        *("/links", "/pools", "/secrets", "/trash", "/jobs", f"/links/{link['id']}/captures"),
        *("/addresses", "/own-addresses", "/lists", f"/messages/{message}"),
    )
    before = [api.get(each) for each in lists]
    body = {"json": given} if (given := BODIES.get((method, path))) else {}
    ids = (link["id"], pool["id"], secret["id"], captured, job["id"], message, address["id"], account, folder)
    theirs = ben.ask(method, fill(path, *ids), 404, **body)
    nobodys = ben.ask(method, fill(path, *[999_999] * len(ids)), 404, **body)
    assert theirs.content == nobodys.content
    assert [api.get(each) for each in lists] == before


@pytest.mark.parametrize("rest", ["", "/html", "/page", "/thumbnail"])
def test_a_captured_page_is_its_links_alone(api: Api, ben: Api, house: RunningHouse, rest: str) -> None:
    """One of the two ids in the address is of something else: of another's, or of another link of one's own."""
    link, other = api.save("https://example.org/a"), api.save("https://example.org/b")
    mine = ben.save("https://example.org/a")
    captured, of_other, of_mine = (capture(house, each) for each in (link, other, mine))
    ben.ask("GET", f"/links/{mine['id']}/captures/{of_mine}{rest}")
    for number in (captured, of_other):
        ben.ask("GET", f"/links/{mine['id']}/captures/{number}{rest}", 404)
    ben.ask("GET", f"/links/{link['id']}/captures/{of_mine}{rest}", 404)
    api.ask("GET", f"/links/{link['id']}/captures/{of_other}{rest}", 404)
    api.ask("DELETE", f"/links/{link['id']}/captures/{of_other}", 404)
    api.ask("GET", f"/links/{other['id']}/captures/{of_other}{rest}")


def test_own_things_do_not_reach_others(api: Api, ben: Api) -> None:
    """One of the two belongs to somebody else."""
    theirs, mine = api.save("https://example.org/a"), ben.save("https://example.org/a")
    pool, my_pool = api.make_pool("Reading"), ben.make_pool("Reading")
    for method in ("PUT", "DELETE"):
        ben.ask(method, f"/pools/{pool['id']}/entries/{mine['id']}", 404)
        ben.ask(method, f"/pools/{my_pool['id']}/entries/{theirs['id']}", 404)
    for body in ({"pool": pool["id"]}, {"pool": "Reading/Python"}):
        assert (
            ben.ask("POST", "/links", 422, json={"url": "https://e.example", **body}).json()["field"]
            == "pool"
        )
    assert (
        ben.ask("PATCH", f"/links/{mine['id']}", 422, json={"pools": [pool["id"]]}).json()["field"] == "pools"
    )
    assert (
        ben.ask("POST", "/pools", 422, json={"name": "x", "parent": pool["id"]}).json()["field"] == "parent"
    )
    assert ben.ask("POST", "/secrets", 422, json={"label": "x", "pool": pool["id"]}).json()["field"] == "pool"
    assert ben.get(f"/links?pool={pool['id']}", 422)["field"] == "pool"


def test_lists_hold_nothing_of_others(api: Api, ben: Api, house: RunningHouse) -> None:
    api.save("https://private.example/a", title="hidden", tags=["hidden"])
    pool = api.make_pool("hidden")
    api.ask("POST", "/secrets", 201, json={"label": "hidden", "pool": pool["id"]})
    gone = api.save("https://private.example/b", title="hidden")
    capture(house, api.save("https://private.example/c"), "A hidden word.")
    api.ask("POST", "/checks", 202)
    api.ask("DELETE", f"/links/{gone['id']}", 204)
    lists = [path for path in DOCUMENT["paths"] if "{" not in path and "get" in DOCUMENT["paths"][path]]
    for path in (
        *lists,
        "/search?q=hidden",
        "/links?q=pool:hidden",
        "/export?format=netscape",
        "/export?format=opml",
    ):
        if path != "/links/lookup":
            text = ben.ask("GET", path).text
            assert "hidden" not in text
            assert "private.example" not in text
    assert ben.get("/jobs")["counts"] == {"running": 0, "failed": 0, "waiting": 0, "done": 0}
    ben.get("/links/lookup?url=https://private.example/a", 404)


def test_a_token_that_is_cut_off_stops_at_once(api: Api, browser: TestClient) -> None:
    made = api.ask("POST", "/secrets", 201, json={"label": "x", "kind": "token"}).json()
    other = Api(browser, made["secret"])
    other.get("/me")
    api.ask("DELETE", f"/secrets/{made['id']}", 204)
    for method, path in EVERY:
        other.ask(method, fill(path, 1, 1, 1), 401)


def test_a_person_who_is_disabled_is_refused(api: Api, house: RunningHouse) -> None:
    api.get("/me")
    house.data.database.write(lambda tx: set_person_disabled(tx, "anna", is_disabled=True))
    api.get("/me", 401)
    house.data.database.write(lambda tx: set_person_disabled(tx, "anna", is_disabled=False))
    api.get("/me")


def test_another_site_may_not_ask(api: Api) -> None:
    answer = api.ask("GET", "/me", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    api.ask("OPTIONS", "/me", 405, headers=preflight)
