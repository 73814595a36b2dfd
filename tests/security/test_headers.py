"""What holds browsers, caches and crawlers back, on every answer of every door; and what stands on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import html

from poolhouse.servers.feeds import FeedDoor
from poolhouse.servers.http.message import Request
from tests.security.addresses import feed_targets, readables
from tests.security.callers import bearer, cookie
from tests.security.changes import ids
from tests.security.homes import NO_ID
from tests.security.inert import check_frame, check_policy_of_stored, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.asking import Answer
    from tests.security.world import World

HTML = {"accept": "text/html"}
EVIL = "evil.example"


def pages_of(world: World, *, stored: bool = False) -> Iterator[tuple[str, Answer]]:
    """Every page that shows something to its owner, with its address; those of ours, or those of strangers."""
    home = world.homes[0]
    for readable in readables():
        if readable.is_api or readable.template == "/opml":
            continue
        kind = readable.kind
        target = readable.at(ids(home)[kind]) if kind else readable.template
        answer = world.asker.ask("GET", target, {**cookie(home.session), **HTML})
        is_page = answer.status < 300 and (answer.header("content-type") or "").startswith("text/html")
        if is_page and is_stored(answer) == stored:
            yield target, answer


def is_stored(answer: Answer) -> bool:
    """Whether what a stranger wrote is shown."""
    return "sandbox" in policy_of(answer.header("content-security-policy") or "")


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


def test_nothing_on_a_page_runs_but_our_files(world: World) -> None:
    seen = 0
    for target, answer in pages_of(world):
        page = html.fromstring(answer.body)
        for element in page.iter("*"):
            where = f"{target}: {html.tostring(element)[:200]!r}"
            names = [str(name) for name in element.attrib]
            assert not [each for each in names if each.startswith("on") or each in {"style", "srcdoc"}], where
            assert element.tag not in {"style", "object", "embed", "base", "applet"}, where
            if element.tag == "iframe":
                check_frame({str(name): str(value) for name, value in element.attrib.items()})
            if element.tag == "script":
                assert (element.get("src") or "").startswith("/assets/"), where
                assert not (element.text or "").strip(), where
            for name in ("href", "src", "action", "formaction"):
                is_bookmarklet = target == "/bookmarklet" and element.get("class") == "drag"
                assert is_bookmarklet or not element.get(name, "").lower().startswith("javascript:"), where
        seen += 1
    assert seen > 15


def test_what_strangers_wrote_is_shut_in(world: World) -> None:
    seen = set()
    for target, answer in pages_of(world, stored=True):
        policy = policy_of(answer.header("content-security-policy") or "")
        check_policy_of_stored(policy, target=target)
        assert answer.header("referrer-policy") == "no-referrer", target
        assert answer.header("x-content-type-options") == "nosniff", target
        assert answer.header("cache-control") == "private, no-store", target
        assert answer.header("x-dns-prefetch-control") == "off", target
        seen.add(target.rpartition("/")[2])
    assert seen == {"text", "page", "message", "message?images=1"}


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
        policy = policy_of(answer.header("content-security-policy") or "")
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
        assert answer.header("x-dns-prefetch-control") == "off", where
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
