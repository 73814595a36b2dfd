"""When a browser is in, and when it is not any more; and its cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from poolhouse.rules.addresses import Addresses
from poolhouse.servers.site import build_site
from poolhouse.services.people import SESSION_LIFETIME, set_person_disabled
from tests.conftest import PASSWORD
from tests.security.asking import Asker
from tests.security.callers import cookie
from tests.servers.web.conftest import Browser, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person
    from tests.conftest import StillClock

HTML = {"accept": "text/html"}


def is_in(house: RunningHouse, session: str) -> bool:
    """Whether a cookie opens pages, and feeds."""
    with Asker(house) as asker:
        page = asker.ask("GET", "/account", {**cookie(session), **HTML}).status == 200
        pool = house.read(lambda tx: tx.pools.of(tx.persons.all()[0].id))[0]
        feed = asker.ask("GET", f"/pools/{pool.id}.atom", cookie(session)).status == 200
    assert page == feed
    return page


@pytest.fixture
def two(house: RunningHouse, person: Person) -> Iterator[tuple[Browser, Browser]]:
    """Two browsers of Anna's, both logged in."""
    site = build_site(house)
    with (
        TestClient(site, base_url="http://pools.test", follow_redirects=False) as one,
        TestClient(site, base_url="http://pools.test", follow_redirects=False) as other,
    ):
        browsers = Browser(one), Browser(other)
        for browser in browsers:
            assert browser.log_in(person.name).status_code == 303
        yield browsers


def session_of(browser: Browser) -> str:
    return str(browser.client.cookies["poolhouse_session"])


def test_a_session_that_was_planted_is_not_taken_over(
    two: tuple[Browser, Browser], person: Person, house: RunningHouse
) -> None:
    browser, other = two
    planted = session_of(other)
    browser.client.cookies.clear()
    browser.client.cookies.set(
        "poolhouse_session", "planted-by-somebody-else-32-chars", domain="pools.test", path="/"
    )
    page = browser.get("/login")
    form = {"token": token_of(page), "name": person.name, "password": PASSWORD}
    assert browser.post("/login", form).status_code == 303
    fresh = [each.value for each in browser.client.cookies.jar if each.name == "poolhouse_session"]
    assert "planted-by-somebody-else-32-chars" not in fresh
    assert planted not in fresh


def test_a_changed_password_ends_every_other_session(
    two: tuple[Browser, Browser], house: RunningHouse
) -> None:
    here, elsewhere = two
    form = {"old_password": PASSWORD, "password": "another long password"}
    assert here.send("/account/password", **form).status_code == 303
    assert is_in(house, session_of(here))
    assert not is_in(house, session_of(elsewhere))


def test_a_wrong_old_password_ends_none(two: tuple[Browser, Browser], house: RunningHouse) -> None:
    here, elsewhere = two
    form = {"old_password": "not the one", "password": "another long password"}
    assert here.send("/account/password", **form).status_code == 400
    assert is_in(house, session_of(elsewhere))


@pytest.mark.parametrize(("form", "is_other_in"), [({}, True), ({"everywhere": "1"}, False)])
def test_log_out(
    two: tuple[Browser, Browser], house: RunningHouse, form: dict[str, str], *, is_other_in: bool
) -> None:
    here, elsewhere = two
    old = session_of(here)
    assert here.send("/logout", **form).status_code == 303
    assert not is_in(house, old)
    assert is_in(house, session_of(elsewhere)) == is_other_in


def test_a_disabled_person_is_out_and_stays_out_once_enabled(
    two: tuple[Browser, Browser], house: RunningHouse, person: Person
) -> None:
    write = house.data.database.write
    write(lambda tx: set_person_disabled(tx, person.name, is_disabled=True))
    assert not is_in(house, session_of(two[0]))
    write(lambda tx: set_person_disabled(tx, person.name, is_disabled=False))
    assert not is_in(house, session_of(two[0]))


def test_a_session_ends_by_itself(
    two: tuple[Browser, Browser], house: RunningHouse, clock: StillClock
) -> None:
    clock.pass_seconds(SESSION_LIFETIME.total_seconds() - 1)
    assert is_in(house, session_of(two[0]))
    clock.pass_seconds(1)
    assert not is_in(house, session_of(two[0]))


@pytest.mark.parametrize("base_url", ["http://pools.test", "https://pools.test"])
def test_every_cookie_is_shut_to_scripts_and_other_sites(
    house: RunningHouse, person: Person, base_url: str
) -> None:
    house.addresses = Addresses(base_url)
    is_secure = base_url.startswith("https")
    with TestClient(build_site(house), base_url=base_url, follow_redirects=False) as client:
        browser = Browser(client)
        page = browser.get("/login")
        form = {"token": token_of(page), "name": person.name, "password": PASSWORD}
        answers = [page, browser.post("/login", form)]
        token = token_of(browser.get("/pools/new"))
        answers.append(browser.post("/pools/new", {"token": token, "name": "New"}))
        answers.append(browser.get(answers[-1].headers["location"]))
        answers.append(browser.post("/logout", {"token": token}))
    lines = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    names = {line.partition("=")[0].removeprefix("__Host-") for line in lines}
    assert names == {"poolhouse_form", "poolhouse_session", "poolhouse_device", "poolhouse_said"}
    for line in lines:
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= parts, line
        assert ("secure" in parts) == is_secure, line
        assert line.startswith("__Host-") == is_secure, line
        assert not any(part.startswith("domain") for part in parts), line
