"""Forged hosts, and addresses that lead away: no answer sends anybody to where we are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from poolhouse.servers.web import PAGES
from tests.security.addresses import feed_targets, readables, web_template
from tests.security.callers import bearer, cookie
from tests.security.changes import ALL, attempt, ids
from tests.security.plans import RICH
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from tests.security.asking import Answer

FORMS = [change for change in ALL if not change.is_api]
HTML = {"accept": "text/html"}
EVIL = "evil.example"

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
        # a token that posts does what it was asked to: there is no form that another site could send
        for who, methods in (({}, BOTH), (cookie(home.session), BOTH), (bearer(home.token), ("GET",))):
            for method in methods:
                answer = world.asker.ask(method, target, {**who, **HTML, **FORGED})
                assert EVIL.encode() not in answer.everything, f"{method} {target}"
                assert b"gopher" not in answer.everything, f"{method} {target}"
    assert world.contents() == before


BOTH = ("GET", "POST")
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
