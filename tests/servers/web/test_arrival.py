"""First run, log in, log out, and the cookies."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from poolhouse.rules.addresses import Addresses
from poolhouse.servers.site import build_site
from tests.conftest import PASSWORD, StillClock, make_person
from tests.servers.web.conftest import Browser, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person


@pytest.fixture
def second(house: RunningHouse) -> Iterator[Browser]:
    """Another browser, on another machine."""
    with TestClient(
        build_site(house), base_url="http://pools.test", follow_redirects=False, client=("192.0.2.7", 5000)
    ) as client:
        yield Browser(client)


def test_first_run_makes_the_account_and_logs_in(stranger: Browser, house: RunningHouse) -> None:
    path = f"/welcome/{house.invitation}"
    page = stranger.get(path)
    assert page.status_code == 200
    done = stranger.post(path, {"token": token_of(page), "name": "anna", "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "Bookmarks" in stranger.get("/").text


def test_invitation_works_once(stranger: Browser, second: Browser, house: RunningHouse) -> None:
    path = f"/welcome/{house.invitation}"
    late = token_of(second.get(path))
    stranger.post(path, {"token": token_of(stranger.get(path)), "name": "anna", "password": PASSWORD})
    assert second.post(path, {"token": late, "name": "mallory", "password": PASSWORD}).status_code == 404
    assert second.get(path).status_code == 404
    assert [each.name for each in house.glance().persons.all()] == ["anna"]


def test_invitation_does_not_open_once_somebody_was_added_otherwise(
    stranger: Browser, house: RunningHouse
) -> None:
    path = f"/welcome/{house.invitation}"
    token = token_of(stranger.get(path))
    make_person(house, "anna")
    assert stranger.post(path, {"token": token, "name": "mallory", "password": PASSWORD}).status_code == 404


def test_wrong_invitation_says_nothing(stranger: Browser) -> None:
    assert stranger.get("/welcome/" + "x" * 32).status_code == 404


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [("anna", "short", "use at least 8 characters"), ("no spaces", PASSWORD, "A name is 1 to 32")],
)
def test_first_run_keeps_what_was_typed(
    stranger: Browser, house: RunningHouse, name: str, password: str, words: str
) -> None:
    path = f"/welcome/{house.invitation}"
    page = stranger.post(path, {"token": token_of(stranger.get(path)), "name": name, "password": password})
    assert page.status_code == 400
    assert words in page.text
    assert f'value="{name}"' in page.text
    assert PASSWORD not in page.text


def test_stranger_gets_the_form_at_the_same_address(stranger: Browser, person: Person) -> None:
    page = stranger.get("/pools/2?before=7")
    assert page.status_code == 401
    assert 'name="next" value="/pools/2?before=7"' in page.text
    assert "www-authenticate" not in page.headers


def test_program_is_told_how(stranger: Browser, person: Person) -> None:
    answer = stranger.get("/pools/2", accept="*/*")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "<" not in answer.text


def test_log_in_goes_on_to_where_one_wanted(stranger: Browser, person: Person) -> None:
    token = token_of(stranger.get("/tags"))
    done = stranger.post("/login", {"token": token, "name": "Anna", "password": PASSWORD, "next": "/tags"})
    assert (done.status_code, done.headers["location"]) == (303, "/tags")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        " //evil.test",
        "javascript:alert(1)",
        "evil.test",
        "",
        "/%0d%0aset-cookie:x=y\r\nX: y",
        "/é",
    ],
)
def test_log_in_never_leads_elsewhere(stranger: Browser, person: Person, elsewhere: str) -> None:
    token = token_of(stranger.get("/login"))
    done = stranger.post("/login", {"token": token, "name": "anna", "password": PASSWORD, "next": elsewhere})
    assert done.headers["location"] == "/"
    assert stranger.get(f"/login?next={quote(elsewhere)}").headers["location"] == "/"


def test_wrong_password_and_wrong_name_look_the_same(stranger: Browser, person: Person) -> None:
    first, second = stranger.log_in("anna", "wrong password"), stranger.log_in("nobody", "wrong password")
    assert first.status_code == second.status_code == 401
    assert "do not match" in first.text
    assert first.text.replace('value="anna"', "").replace(token_of(first), "") == second.text.replace(
        'value="nobody"', ""
    ).replace(token_of(second), "")


def test_disabled_person_cannot_log_in(stranger: Browser, person: Person, house: RunningHouse) -> None:
    house.data.database.write(lambda tx: tx.persons.set_disabled(person.id, tx.now))
    assert stranger.log_in("anna").status_code == 401


def test_guessing_has_to_wait(stranger: Browser, person: Person, clock: StillClock) -> None:
    for _ in range(5):
        assert stranger.log_in("anna", "wrong password").status_code == 401
    refused = stranger.log_in("anna")
    assert refused.status_code == 429
    wait = int(refused.headers["retry-after"])
    assert wait >= 1
    assert "Too many tries" in refused.text
    assert 'value="anna"' in refused.text
    clock.pass_seconds(wait)
    assert stranger.log_in("anna").status_code == 303


def test_strangers_cannot_lock_the_owner_out(browser: Browser, second: Browser, clock: StillClock) -> None:
    browser.send("/logout")
    for _ in range(30):
        second.log_in("anna", "wrong password")
        clock.pass_seconds(0.1)
    assert second.log_in("anna").status_code == 429
    assert browser.log_in("anna").status_code == 303


def test_known_device_is_of_its_name_alone(browser: Browser, house: RunningHouse) -> None:
    make_person(house, "bert")
    browser.send("/logout")
    for _ in range(5):
        browser.log_in("bert", "wrong password")
    assert browser.log_in("bert").status_code == 429
    assert browser.log_in("anna").status_code == 303


def test_form_cookie_of_an_attackers_choice_gets_no_device_token(
    stranger: Browser, person: Person, house: RunningHouse
) -> None:
    stranger.client.cookies.set("poolhouse_form", '"device anna"')
    token = token_of(stranger.get("/login"))
    assert token != house.vault.form_token("device anna")


def test_guesses_at_once_are_counted_one_after_the_other(house: RunningHouse, person: Person) -> None:
    tried: list[str] = []

    async def slow_no(password_hash: str | None, password: str) -> bool:
        tried.append(password)
        await asyncio.sleep(0)
        return False

    house.is_password = slow_no  # type: ignore[method-assign]  # the real one takes 30 ms and a thread
    with TestClient(build_site(house), base_url="http://pools.test") as client:
        token = token_of(Browser(client).get("/login"))
        cookie = client.cookies["poolhouse_form"]

        async def guess_all() -> list[int]:
            return await asyncio.gather(*(_post(client.app, cookie, token) for _ in range(20)))

        assert client.portal is not None
        statuses = client.portal.call(guess_all)
    assert sorted(statuses) == [401] * 5 + [429] * 15
    assert len(tried) == 5


async def _post(app: object, cookie: str, token: str) -> int:
    body = f"token={token}&name=anna&password=guess".encode()
    sent: list[dict[str, object]] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/login",
        "raw_path": b"/login",
        "query_string": b"",
        "scheme": "http",
        "client": ("192.0.2.1", 1),
        "headers": [
            (b"accept", b"text/html"),
            (b"cookie", f"poolhouse_form={cookie}".encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    assert callable(app)
    await app(scope, receive, send)
    status = sent[0]["status"]
    assert isinstance(status, int)
    return status


def test_session_is_new_at_every_log_in(browser: Browser) -> None:
    before = browser.client.cookies["poolhouse_session"]
    browser.send("/login", name="anna", password=PASSWORD)
    after = browser.client.cookies["poolhouse_session"]
    assert before != after
    browser.client.cookies.clear()
    browser.client.cookies.set("poolhouse_session", before)
    assert browser.get("/").status_code == 401


def test_cookie_flags(stranger: Browser, person: Person) -> None:
    cookies = {
        line.partition("=")[0]: line.lower()
        for line in stranger.log_in("anna").headers.get_list("set-cookie")
    }
    assert {"poolhouse_session", "poolhouse_device"} <= cookies.keys()
    for line in cookies.values():
        assert "httponly" in line
        assert "samesite=lax" in line
        assert "path=/" in line
        assert "secure" not in line
        assert "domain" not in line


def test_cookies_over_https_belong_to_this_host_alone(house: RunningHouse, person: Person) -> None:
    house.addresses = Addresses("https://pools.test")
    with TestClient(build_site(house), base_url="https://pools.test", follow_redirects=False) as client:
        done = Browser(client).log_in("anna")
        for line in done.headers.get_list("set-cookie"):
            assert line.startswith("__Host-poolhouse_")
            assert "; Secure" in line
        assert Browser(client).get("/").status_code == 200
        cookie = client.cookies["__Host-poolhouse_session"]
        client.cookies.clear()
        client.cookies.set("poolhouse_session", cookie)
        assert Browser(client).get("/").status_code == 401


def test_log_out_here(browser: Browser, second: Browser) -> None:
    second.log_in("anna")
    cookie = browser.client.cookies["poolhouse_session"]
    assert browser.send("/logout").headers["location"] == "/login"
    assert not browser.is_in()
    browser.client.cookies.clear()
    browser.client.cookies.set("poolhouse_session", cookie)
    assert browser.get("/").status_code == 401
    assert second.get("/").status_code == 200


def test_log_out_everywhere(browser: Browser, second: Browser) -> None:
    second.log_in("anna")
    browser.send("/logout", everywhere="1")
    assert browser.get("/").status_code == second.get("/").status_code == 401


def test_log_in_page_sends_who_is_in_onward(browser: Browser) -> None:
    assert browser.get("/login?next=/tags").headers["location"] == "/tags"
