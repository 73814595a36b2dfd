"""Other sites in one's browser: forged forms, framed pages, forged hosts, and addresses that lead away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html
from starlette.testclient import TestClient

from poolhouse.rules.addresses import Addresses
from poolhouse.servers.feeds import FeedDoor
from poolhouse.servers.http.message import Request
from poolhouse.servers.site import build_site
from poolhouse.servers.web import PAGES
from poolhouse.services.people import SESSION_LIFETIME, set_person_disabled
from tests.conftest import PASSWORD
from tests.security.addresses import feed_targets, readables, web_template
from tests.security.asking import Asker
from tests.security.changes import ALL, attempt, ids
from tests.security.world import NO_ID, RICH, World, bearer, cookie, made_world
from tests.servers.web.conftest import Browser, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person
    from tests.conftest import StillClock
    from tests.security.asking import Answer
    from tests.security.changes import Change

FORMS = [change for change in ALL if not change.is_api]
HTML = {"accept": "text/html"}
EVIL = "evil.example"

every_form = pytest.mark.parametrize("change", FORMS, ids=lambda change: change.name)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world in which nothing here may change anything."""
    with made_world(RICH) as made:
        yield made


# Forged forms


@every_form
def test_a_form_wants_its_own_token(world: World, change: Change) -> None:
    me, other = world.homes
    vault = world.house.vault
    token = vault.form_token(me.session)
    before = world.contents()
    for forged in (
        "",
        vault.form_token(other.session),
        vault.form_token(me.dead_session),
        vault.form_token(""),
        me.session,
        token[:-1],
        token + "x",
        token.swapcase(),
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ):
        answer = attempt(world, change, caller=me, target=ids(me), token=forged)
        assert answer.status == 403, forged
    assert world.contents() == before


@every_form
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://pools.test"},
        {"sec-fetch-site": "nonsense"},
        {"origin": f"http://{EVIL}"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://pools.test.evil.example"},
        {"origin": "http://pools.test@evil.example"},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused_whatever_token_it_has(
    world: World, change: Change, headers: dict[str, str]
) -> None:
    me = world.homes[0]
    before = world.contents()
    answer = attempt(world, change, caller=me, target=ids(me), headers={**cookie(me.session), **headers})
    assert answer.status == 403
    assert world.contents() == before


@every_form
def test_a_page_elsewhere_cannot_send_its_body_as_another_type(world: World, change: Change) -> None:
    """What a form or `fetch` of another site may send without being asked about first."""
    me = world.homes[0]
    before = world.contents()
    path = change.path.format(**ids(me), my_pool=me.pools[3].id, my_item=me.items[0].id)
    token = world.house.vault.form_token(me.session)
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json", ""):
        headers = {**cookie(me.session), **HTML, **({"content-type": kind} if kind else {})}
        answer = world.asker.ask("POST", path, headers, body=f"token={token}&name=x&label=x".encode())
        assert answer.status == 415, kind
    assert world.contents() == before


def test_every_form_on_a_page_carries_a_token(world: World) -> None:
    for target, answer in pages_of(world):
        for form in html.fromstring(answer.body).iter("form"):
            where = f"{target}: {form.get('action')}"
            tokens = form.xpath(".//input[@name='token']/@value")
            # a form that only asks shows its fields in the address, where no token may be
            is_post = form.get("method", "get").lower() == "post"
            assert tokens == ([world.house.vault.form_token(world.homes[0].session)] if is_post else []), (
                where
            )


# Pages


def pages_of(world: World) -> Iterator[tuple[str, Answer]]:
    """Every page that shows something to its owner, with its address."""
    home = world.homes[0]
    for readable in readables():
        if readable.is_api or readable.template == "/opml":
            continue
        kind = readable.kind
        target = readable.at(ids(home)[kind]) if kind else readable.template
        answer = world.asker.ask("GET", target, {**cookie(home.session), **HTML})
        if answer.status < 300 and (answer.header("content-type") or "").startswith("text/html"):
            yield target, answer


def test_nothing_on_a_page_runs_but_our_files(world: World) -> None:
    seen = 0
    for target, answer in pages_of(world):
        page = html.fromstring(answer.body)
        for element in page.iter("*"):
            where = f"{target}: {html.tostring(element)[:200]!r}"
            names = [str(name) for name in element.attrib]
            assert not [each for each in names if each.startswith("on") or each in {"style", "srcdoc"}], where
            assert element.tag not in {"style", "iframe", "object", "embed", "base", "applet"}, where
            if element.tag == "script":
                assert (element.get("src") or "").startswith("/assets/"), where
                assert not (element.text or "").strip(), where
            for name in ("href", "src", "action", "formaction"):
                is_bookmarklet = target == "/bookmarklet" and element.get("class") == "drag"
                assert is_bookmarklet or not element.get(name, "").lower().startswith("javascript:"), where
        seen += 1
    assert seen > 15


def asked_for_headers(world: World) -> Iterator[tuple[str, Answer]]:
    """Pages of every status, as browsers and as programs get them."""
    home = world.homes[0]
    for readable in readables():
        if readable.is_api:
            continue
        kind = readable.kind
        for identity in (ids(home)[kind], NO_ID) if kind else (0,):
            for method in ("GET", "HEAD", "DELETE", "POST"):
                for who in ({}, cookie(home.session)):
                    for accept in ({}, HTML):
                        target = readable.at(identity)
                        yield f"{method} {target}", world.asker.ask(method, target, {**who, **accept})


def test_every_page_has_the_headers_that_hold_browsers_back(world: World) -> None:
    statuses = set()
    for where, answer in asked_for_headers(world):
        statuses.add(answer.status)
        policy = dict(
            part.strip().partition(" ")[::2]
            for part in (answer.header("content-security-policy") or "").split(";")
        )
        assert policy["default-src"] == "'none'", where
        if "sandbox" not in policy:  # an icon's answer holds nothing else
            assert policy["script-src"] == "'self'", where
            assert policy["style-src"] == "'self'", where
            assert policy["frame-ancestors"] == "'none'", where
            assert policy["base-uri"] == "'none'", where
            assert policy["form-action"] == "'self'", where
        assert answer.header("x-content-type-options") == "nosniff", where
        assert answer.header("referrer-policy") in {"same-origin", "no-referrer"}, where
        assert answer.header("x-robots-tag") == "noindex", where
        kept = answer.header("cache-control") or ""
        assert "private" in kept or "no-store" in kept, where
        assert "cookie" in (answer.header("vary") or "").lower(), where
        assert answer.header("access-control-allow-origin") is None, where
    assert {200, 303, 401, 404, 405, 415} <= statuses


def test_every_answer_of_the_api_is_kept_by_nobody_and_is_no_page(world: World) -> None:
    home = world.homes[0]
    for readable in readables():
        if not readable.is_api:
            continue
        kind = readable.kind
        for identity in (ids(home)[kind], NO_ID) if kind else (0,):
            for headers in ({}, bearer(home.token)):
                for origin in ({}, {"origin": f"https://{EVIL}"}):
                    answer = world.asker.ask("GET", readable.at(identity), {**headers, **origin})
                    where = f"{readable.at(identity)} {answer.status}"
                    assert answer.header("cache-control") == "no-store", where
                    assert answer.header("x-content-type-options") == "nosniff", where
                    assert "sandbox" in (answer.header("content-security-policy") or ""), where
                    assert answer.header("access-control-allow-origin") is None, where
                    assert answer.header("set-cookie") is None, where


def test_feeds_tell_caches_and_crawlers_to_keep_off(world: World) -> None:
    door = FeedDoor(world.house)
    home = world.homes[0]
    statuses = set()
    for pool_id in (home.pools[0].id, NO_ID):
        for target in feed_targets(pool_id):
            path, _, query = target.partition("?")
            for headers in ({}, bearer(home.token), {**bearer(home.token), "if-none-match": "*"}):
                fields = [(name.encode(), value.encode()) for name, value in headers.items()]
                reply = door.answer(Request(b"GET", path.encode(), query.encode(), fields))
                assert reply is not None
                shown = dict(reply.headers)
                assert shown[b"cache-control"].startswith(b"private"), target
                assert shown[b"vary"] == b"Authorization, Cookie", target
                assert shown[b"referrer-policy"] == b"no-referrer", target
                assert shown[b"x-robots-tag"] == b"noindex", target
                assert shown[b"x-content-type-options"] == b"nosniff", target
                statuses.add(reply.status)
    assert statuses == {200, 304, 401, 404}


# Forged hosts and addresses that lead away

FORGED = {
    "host": EVIL,
    "x-forwarded-host": EVIL,
    "x-forwarded-server": EVIL,
    "x-forwarded-proto": "gopher",
    "x-forwarded-prefix": f"//{EVIL}",
    "x-host": EVIL,
    "forwarded": f"host={EVIL};proto=gopher",
    "x-original-url": f"//{EVIL}/",
    "x-rewrite-url": f"//{EVIL}/",
    "referer": f"https://{EVIL}/",
}


def test_no_answer_believes_the_host_it_is_asked_by(world: World) -> None:
    home = world.homes[0]
    before = world.contents()
    targets = [
        readable.at(ids(home)[readable.kind]) if readable.kind else readable.template
        for readable in readables()
    ]
    targets += [*feed_targets(home.pools[0].id), "/nothing/here", "/pools/", "//x"]
    for target in targets:
        for who in ({}, cookie(home.session), bearer(home.token)):
            for method in ("GET", "POST"):
                answer = world.asker.ask(method, target, {**who, **HTML, **FORGED})
                assert EVIL.encode() not in answer.everything, f"{method} {target}"
                assert b"gopher" not in answer.everything, f"{method} {target}"
    assert world.contents() == before


AWAY = [
    f"https://{EVIL}/",
    f"//{EVIL}",
    f"///{EVIL}",
    f"/\\{EVIL}",
    f"\\\\{EVIL}",
    f"/\t/{EVIL}",
    f"/\n/{EVIL}",
    f"\t//{EVIL}",
    f" //{EVIL}",
    f"/\r\nLocation: https://{EVIL}",
    f"http:{EVIL}",
    f"javascript:alert('{EVIL}')",
    f"data:text/html,{EVIL}",
    f"/%09/{EVIL}\u2028",
    f"@{EVIL}",
    "/" + "x" * 10_000,
]


def leads_home(answer: Answer, source: str) -> bool:
    """Whether a browser that follows the answer stays here."""
    location = answer.header("location")
    if location is None:
        return True
    # what a browser drops or turns around before it reads an address (WHATWG URL)
    read = re.sub("[\t\n\r]", "", location.strip()).replace("\\", "/")
    parts = urlsplit(urljoin(f"http://pools.test{source}", read))
    return (parts.scheme, parts.netloc) == ("http", "pools.test")


@pytest.mark.parametrize("away", AWAY)
def test_no_redirect_leads_away(away: str) -> None:
    """By `next` and `back`, in the address and in every form, also on the page that asks again."""
    with made_world(RICH) as world:
        home = world.homes[0]
        for change in FORMS:
            fields = {**(change.fields or {}), "next": away, "back": away}
            changed = type(change)(change.method, change.path, fields)
            answer = attempt(world, changed, caller=home, target=ids(home))
            assert leads_home(answer, change.path), change.path
            assert "\n" not in (answer.header("location") or "")
            if change.path == "/logout":
                break  # the last: from here on nobody is in
        for page in PAGES:
            path = web_template(page.path).format(**ids(home))
            for name in ("next", "back", "return", "url", "continue"):
                query = f"{path}?{name}={_quoted(away)}"
                for who in ({}, cookie(home.session)):
                    answer = world.asker.ask("GET", query, {**who, **HTML})
                    assert leads_home(answer, path), query
                    if answer.status < 500 and b"<" in answer.body:
                        assert_links_stay(answer, query)


def assert_links_stay(answer: Answer, where: str) -> None:
    """No hidden field and no link of ours on the page leads away either."""
    for element in html.fromstring(answer.body).iter("a", "form", "input"):
        assert EVIL not in element.get("href", "") + element.get("action", ""), where
        if element.get("name") in {"back", "next"}:
            assert not re.match(r"[^/]|/[/\\]", element.get("value") or "/"), where


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


# Sessions


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
