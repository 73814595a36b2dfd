"""What every request for a page must pass: method, other sites, log in, the form's token, its size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import StoreBusyError, StoreFullError, StoreReadOnlyError
from poolhouse.servers.web import PAGES
from poolhouse.servers.web.forms import BODY_LIMIT_BYTES, local_path, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.servers.web.door import Page
    from poolhouse.types import Person
    from tests.servers.web.conftest import Browser


def _path(page: Page) -> str:
    path = re.sub(r"\{id[^}]*\}", "1", page.path)
    return path.replace("{invitation}", "x" * 32).replace("{rest:path}", "nowhere")


POSTS = [pytest.param(_path(page), id=page.path) for page in PAGES if page.post]
CHANGES = [pytest.param(_path(page), id=page.path) for page in PAGES if page.post and not page.get]
CLOSED = [pytest.param(_path(page), id=page.path) for page in PAGES if not page.is_open]
LOOKS = [pytest.param(_path(page), id=page.path) for page in PAGES if page.get]


@pytest.mark.parametrize("path", POSTS)
def test_form_without_its_token_is_refused(browser: Browser, path: str) -> None:
    for fields in ({"name": "x"}, {"token": ""}, {"token": "wrong"}, {"token": "A" * 43}):
        assert browser.post(path, fields).status_code == 403, fields


@pytest.mark.parametrize("path", POSTS)
def test_token_of_another_browser_is_refused(browser: Browser, house: RunningHouse, path: str) -> None:
    token = house.vault.form_token("B" * 32)
    assert browser.post(path, {"token": token}).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_form_of_another_site_is_refused(browser: Browser, path: str) -> None:
    for name, value in (
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("origin", "http://pools.test.evil.test"),
    ):
        answer = browser.post(path, {"token": browser.token()}, **{name: value})
        assert answer.status_code == 403, (name, value)


@pytest.mark.parametrize("origin", ["http://pools.test", "http://localhost:8080"])
def test_form_of_our_own_is_taken(browser: Browser, origin: str) -> None:
    """By the configured address, and by whatever else this server is reached at."""
    host = origin.partition("//")[2]
    answer = browser.post(
        "/pools/new", {"token": browser.token(), "name": "Garden"}, origin=origin, host=host
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("path", CHANGES)
def test_what_changes_something_cannot_be_got(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", LOOKS)
def test_looking_changes_nothing(browser: Browser, house: RunningHouse, path: str) -> None:
    before = house.glance().changes.last()
    browser.get(path)
    browser.get(f"{path}?url=https://example.org/&name=x&token={browser.token()}")
    assert house.glance().changes.last() == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_unknown_methods_are_refused(browser: Browser, method: str) -> None:
    answer = browser.client.request(method, "/pools/2")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_answered(browser: Browser) -> None:
    assert browser.client.head("/", headers={"accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("path", CLOSED)
def test_strangers_see_nothing(stranger: Browser, person: Person, path: str) -> None:
    page = next(page for page in PAGES if _path(page) == path)
    answer = stranger.get(path) if page.get else stranger.post(path, {"token": stranger.token()})
    assert answer.status_code == 401
    assert "Inbox" not in answer.text


@pytest.mark.parametrize("path", LOOKS)
def test_every_page_is_shut_in(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "private, no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
        assert "<style" not in answer.text
        assert not re.search(r"""\s(style|on[a-z]+)\s*=\s*["']""", answer.text)


def test_body_without_end_is_refused(browser: Browser) -> None:
    form = {"token": browser.token(), "url": "https://example.org/", "note": "x" * BODY_LIMIT_BYTES}
    assert browser.post("/save", form).status_code == 413


def test_too_many_fields_are_refused(browser: Browser) -> None:
    content = b"&".join([b"a=1"] * 3_000)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/save", content=content, headers=headers).status_code == 413


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "application/json", "text/plain", ""]
)
def test_only_forms_are_taken(browser: Browser, content_type: str) -> None:
    answer = browser.client.post("/save", content=b"token=x", headers={"content-type": content_type})
    assert answer.status_code == 415


def test_bytes_that_are_no_text_are_refused_politely(browser: Browser) -> None:
    body = b"token=" + browser.token().encode() + b"&url=%ff%fe%00&title=%80\xff"
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    assert browser.client.post("/save", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("id_", ["0", "999", "-1", "x", "1e3", "\u0661", "9" * 30, "9" * 5_000, "1%00"])
@pytest.mark.parametrize("path", ["/pools/{}", "/items/{}/edit", "/items/{}/icon", "/pools/{}/subscribe"])
def test_what_is_no_id_is_not_there(browser: Browser, path: str, id_: str) -> None:
    assert browser.get(path.format(id_)).status_code == 404


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StoreFullError("x"), "The disk is full"),
        (StoreReadOnlyError("/secret/path"), "cannot be written"),
        (StoreBusyError("x"), "busy"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_store_that_cannot_says_what_was_not_kept(
    browser: Browser, house: RunningHouse, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    token = browser.token()

    async def refuse(change: Callable[[Transaction], object]) -> object:
        raise error

    monkeypatch.setattr(house, "write", refuse)
    form = {"token": token, "url": "https://example.org/", "note": "four hundred years early"}
    answer = browser.post("/save", form)
    assert answer.status_code == 503
    assert words in answer.text
    assert "four hundred years early" in answer.text
    assert "/secret/path" not in answer.text
    assert token not in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_our_own_fault_is_loud_in_the_log_and_short_outside(
    browser: Browser, house: RunningHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(ask: object) -> object:
        raise ZeroDivisionError("the inner works")

    monkeypatch.setattr(house, "read", break_down)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "inner works" not in answer.text
    assert "Traceback" not in answer.text
    assert "the inner works" in caplog.text


def test_nothing_here(browser: Browser) -> None:
    assert browser.get("/nowhere").status_code == 404
    assert "<" not in browser.get("/nowhere", accept="*/*").text


@pytest.mark.parametrize("text", ["0", "7", "999999999999999"])
def test_number_takes_ids(text: str) -> None:
    assert number(text) == int(text)


def test_local_path_keeps_ours() -> None:
    assert local_path("/search?q=tag%3Ax&before=3") == "/search?q=tag%3Ax&before=3"


def test_assets_are_kept_for_a_year_and_only_under_their_own_mark(stranger: Browser) -> None:
    page = stranger.get("/login").text
    for url in re.findall(r'(?:href|src)="(/assets/[^"#]+)"', page):
        answer = stranger.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert stranger.get(re.sub(r"/assets/[^/]+", "/assets/000000000000", url)).status_code == 404
    assert stranger.get("/assets/x/..%2f__init__.py").status_code == 404
