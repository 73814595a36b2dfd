"""Hostile and broken requests: a problem that names what is wrong, and nothing kept."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse import errors
from poolhouse.servers.api.problems import KINDS, problem_of
from poolhouse.servers.api.table import ENDPOINTS
from tests.servers.api.conftest import DOCUMENT, Api

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse

JSON = {"Content-Type": "application/json"}
PATHS = sorted(DOCUMENT["paths"])


def broken(api: Api, content: bytes, status: int, headers: dict[str, str] | None = None) -> Any:
    problem = api.ask("POST", "/links", status, content=content, headers=headers or JSON).json()
    assert api.get("/links")["items"] == []
    return problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"url": "https://example.org/"',
        b'{"url": "https://example.org/"}}',
        b"\xff\xfe{\x00}\x00",
        '{"url": "https://example.org/"}'.encode("utf-16"),
        b'{"url": "https://example.org/\xff"}',
        b'\xef\xbb\xbf{"url": "https://example.org/"}',
        b'{"url": "https://example.org/", "url": "https://example.com/"}',
        b'{"url": "https://example.org/", "title": NaN}',
        b'{"url": "https://example.org/", "title": -Infinity}',
        b'{"url": "https://example.org/", "pool": ' + b"9" * 5_000 + b"}",
        b'{"url": "https://example.org/", "title": "a\nb"}',
        b"{'url': 'https://example.org/'}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"url=https://example.org/",
        b"\x00",
    ],
)
def test_a_body_that_cannot_be_read(api: Api, content: bytes) -> None:
    assert broken(api, content, 400)["field"] == "body"


@pytest.mark.parametrize("content", [b"[]", b"null", b"5", b'"x"', b"1e999", b"true", b"[[]]"])
def test_a_body_that_is_no_object(api: Api, content: bytes) -> None:
    assert broken(api, content, 422)["field"] == "body"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"title": "x"}, "url"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": ["https://example.org/"]}, "url"),
        ({"url": ""}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "JaVaScRiPt:alert(1)"}, "url"),
        ({"url": "java\tscript:alert(1)"}, "url"),
        ({"url": "data:text/html,<script>"}, "url"),
        ({"url": "vbscript:x"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://example.org/" + "a" * 9_000}, "url"),
        ({"url": "https://\ud800.example/"}, "url"),
        ({"url": "https://e.example", "title": "t" * 2_001}, "title"),
        ({"url": "https://e.example", "title": {"a": 1}}, "title"),
        ({"url": "https://e.example", "note": "n" * 100_001}, "note"),
        ({"url": "https://e.example", "tags": ["t" * 101]}, "tags"),
        ({"url": "https://e.example", "tags": [str(n) for n in range(101)]}, "tags"),
        ({"url": "https://e.example", "tags": [None]}, "tags"),
        ({"url": "https://e.example", "tags": {"a": 1}}, "tags"),
        ({"url": "https://e.example", "pool": 1.0}, "pool"),
        ({"url": "https://e.example", "pool": True}, "pool"),
        ({"url": "https://e.example", "pool": -1}, "pool"),
        ({"url": "https://e.example", "pool": 2**63}, "pool"),
        ({"url": "https://e.example", "pool": 10**400}, "pool"),
        ({"url": "https://e.example", "pool": "a\x00b"}, "pool"),
        ({"url": "https://e.example", "pool": "\ud800"}, "pool"),
        ({"url": "https://e.example", "pool": []}, "pool"),
        ({"url": "https://e.example", "created_at": "yesterday"}, "created_at"),
        ({"url": "https://e.example", "created_at": 0}, "created_at"),
        ({"url": "https://e.example", "created_at": "2026-02-30T00:00:00Z"}, "created_at"),
        ({"url": "https://e.example", "created_at": "2026-01-01T00:00:00"}, "created_at"),
        ({"url": "https://e.example", "created_at": "0001-01-01T00:00:00+14:00"}, "created_at"),
        ({"url": "https://e.example", "created_at": "9999-12-31T23:59:59-14:00"}, "created_at"),
        ({"url": "https://e.example", "owner_id": 2}, "owner_id"),
        ({"url": "https://e.example", "\ud800": 2}, "?"),
        ({"url": "https://e.example", "__class__": 2}, "__class__"),
    ],
)
def test_a_field_that_is_wrong_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    assert broken(api, json.dumps(body).encode(), 422)["field"] == field


def test_text_that_cannot_be_kept_is_cleaned(api: Api) -> None:
    link = api.save(
        "https://example.org/", title="a\x00b\ud83d", note="\ud83c\udf88\ud800\x1b", tags=["\x01t"]
    )
    assert (link["title"], link["note"], link["tags"]) == ("a b\ufffd", "🎈\ufffd", ["t"])


def test_times_of_long_ago_and_to_come(api: Api) -> None:
    old = api.save("https://example.org/old", created_at="0001-01-01T00:00:00Z")
    assert old["created_at"] == "0001-01-01T00:00:00Z"
    future = api.save("https://example.org/future", created_at="2099-01-01T00:00:00.5z")
    assert future["created_at"] == "2026-01-02T03:04:05Z"


def test_ten_megabytes_of_title(api: Api) -> None:
    content = json.dumps({"url": "https://example.org/", "title": "t" * 10_000_000}).encode()
    assert broken(api, content, 413)["field"] == "body"


def test_a_body_without_end_is_cut_off(api: Api) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 65_536

    answer = api.ask("POST", "/links", 413, content=endless(), headers=JSON)
    # a client still sending would lose the answer with the connection: tests/security/test_hostile_clients.py
    assert "connection" not in answer.headers


def test_a_length_that_no_machine_has(api: Api) -> None:
    for length in ("99999999999999999999", "2000000"):
        broken(api, b"{}", 413, {**JSON, "Content-Length": length})


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_other_types_are_refused(api: Api, headers: dict[str, str]) -> None:
    assert broken(api, b'{"url": "https://example.org/"}', 415, headers)["field"] == "Content-Type"


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_is_taken_however_it_is_said(api: Api, media_type: str) -> None:
    content = b'{"url": "https://example.org/"}'
    api.ask("POST", "/links", 201, content=content, headers={"Content-Type": media_type})


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused(api: Api, path: str) -> None:
    there = {method.upper() for method in DOCUMENT["paths"][path]}
    allowed = ", ".join(sorted(there | ({"HEAD"} if "GET" in there else set())))
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"} - there:
        if method == "get":
            continue  # the client would write it in capitals
        answer = api.ask(method, path.replace("{mark}", "read"), 405)
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/links/",
        "/links/0x1",
        "/links/1.0",
        "/links/-1",
        "/links/+1",
        "/links/%D9%A1",
        "/links/" + "9" * 5_000,
        "/links/99999999999999999999",
        "/links/1%00",
        "/links/1/marks",
        "/links/%ff",
        "/pools/x/entries",
        "/../v1/nothing",
    ],
)
def test_addresses_that_are_not_there(api: Api, path: str) -> None:
    api.save("https://example.org/")
    api.get(path, 404)


def test_head_is_get_without_its_body(api: Api) -> None:
    api.save("https://example.org/")
    for path in ("/links", "/me", "/export"):
        head = api.browser.head(f"/api/v1{path}", headers={"Authorization": f"Bearer {api.token}"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == api.ask("GET", path).headers["content-type"]


def test_our_own_faults_are_logged_and_not_shown(
    api: Api, house: RunningHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_ask: object) -> None:
        raise ZeroDivisionError("the secret of life")

    monkeypatch.setattr(house, "read", fail)
    with caplog.at_level(logging.ERROR):
        text = api.ask("GET", "/pools", 500).text
    assert "secret of life" not in text
    assert "Traceback" not in text
    assert "secret of life" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "field"),
    [
        (errors.InvalidInputError("url", "no"), 422, "url"),
        (errors.NotFoundError("link"), 404, None),
        (errors.ForbiddenError("no"), 403, None),
        (errors.SignInError(), 401, None),
        (errors.ThrottledError(7), 429, None),
        (errors.ConflictError("name", "no"), 409, "name"),
        (errors.FetchError("no"), 502, None),
        (errors.RefusedAddressError("no"), 502, None),
        (errors.StoreError("/secret/path"), 503, None),
        (errors.StoreFullError("/secret/path"), 507, None),
        (errors.StoreReadOnlyError("/secret/path"), 503, None),
        (errors.StoreBusyError("/secret/path"), 503, None),
        (errors.StoreLockedError("/secret/path"), 503, None),
        (errors.StoreDamagedError("/secret/path"), 503, None),
        (errors.PoolhouseError("no"), 500, None),
    ],
)
def test_every_error_has_a_problem(error: errors.PoolhouseError, status: int, field: str | None) -> None:
    problem = problem_of(error)
    assert (problem.kind.status, problem.field) == (status, field)
    assert problem.kind in KINDS
    assert "/secret/path" not in problem.detail
    assert (dict(problem.headers).get("Retry-After") is not None) is (
        problem.kind.slug in {"throttled", "unavailable"}
    )


def test_a_full_store_is_told_and_nothing_is_lost(
    api: Api, house: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_change: object) -> None:
        raise errors.StoreFullError("no room is left on the disk")

    monkeypatch.setattr(house, "write", full)
    problem = api.ask("POST", "/links", 507, json={"url": "https://example.org/"}).json()
    assert problem["type"] == "http://pools.test/api#full"
    assert api.get("/links")["items"] == []


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_writing = [each for each in ENDPOINTS if each.body is not None and not each.path.startswith("/import")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_breaks_an_endpoint(api: Api, data: st.DataObject) -> None:
    endpoint = data.draw(st.sampled_from(_writing))
    schema = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["requestBody"]
    name = schema["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    names = st.sampled_from(sorted(DOCUMENT["components"]["schemas"][name]["properties"]))
    plain = st.sampled_from(
        ["https://example.org/", "Bookmarks", "feed", 1, 2, ["Inbox"], "2026-01-01T00:00:00Z"]
    )
    body = data.draw(st.dictionaries(names, plain | _json_values, max_size=5))
    path = endpoint.path.replace("{link_id}", "1").replace("{pool_id}", "1")
    answer = api.browser.request(
        endpoint.method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {api.token}"}
    )
    assert answer.status_code in {200, 201, 404, 409, 422}, answer.text
    api._check(DOCUMENT["paths"][endpoint.path][endpoint.method.lower()], answer)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_no_bytes_break_an_endpoint(browser: TestClient, token: str, content: bytes) -> None:
    answer = Api(browser, token).browser.request(
        "POST", "/api/v1/links", content=content, headers={"Authorization": f"Bearer {token}", **JSON}
    )
    assert answer.status_code in {400, 422}
