"""The small parts: targets, replies as bytes, what a log may show."""

from __future__ import annotations

import pytest
from httptools import HttpParserInvalidURLError, parse_url
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.http.journal import shown_client, shown_path
from poolhouse.servers.http.message import Reply, Request
from poolhouse.servers.http.refusal import RefusedRequestError
from poolhouse.servers.http.target import is_authority, split_target
from poolhouse.servers.http.writing import encode_reply, plain_reply
from tests.servers.http.conftest import parse_answers

DATE = b"date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
TARGET_BYTES = st.text("/?#%&=:@.-_~aZ09[]", max_size=30).map(str.encode)
VALUES = st.binary(max_size=20).filter(lambda value: not set(value) & set(b"\r\n\0"))


@pytest.mark.parametrize(
    ("target", "path", "query", "authority"),
    [
        (b"/", b"/", b"", None),
        (b"/a?b=c?d", b"/a", b"b=c?d", None),
        (b"//evil.test/a", b"//evil.test/a", b"", None),
        (b"/a%2fb", b"/a%2fb", b"", None),
        (b"/a#b?c", b"/a", b"", None),
        (b"*", b"*", b"", None),
        (b"http://a.test", b"/", b"", b"a.test"),
        (b"HTTPS://[::1]:8080/a?b#c", b"/a", b"b", b"[::1]:8080"),
        (b"http://a.test?b", b"/", b"b", b"a.test"),
    ],
)
def test_targets(target: bytes, path: bytes, query: bytes, authority: bytes | None) -> None:
    assert split_target(target) == (path, query, authority)


@pytest.mark.parametrize("target", [b"", b"a", b"ftp://a/", b"http:/a", b"**"])
def test_targets_that_are_none(target: bytes) -> None:
    with pytest.raises(RefusedRequestError) as caught:
        split_target(target)
    assert caught.value.status == 400


@pytest.mark.parametrize("authority", [b"a", b"", b"a.test:80", b"[::1]:8080", b"xn--a", b"a_b"])
def test_what_can_be_a_host(authority: bytes) -> None:
    assert is_authority(authority)


@pytest.mark.parametrize(
    "authority", [b"a b", b"u@a", b"a/b", b"a\\b", b"<a>", b"a?", b"a#", b"\xc3\xa4", b'"']
)
def test_what_cannot_be_a_host(authority: bytes) -> None:
    assert not is_authority(authority)


@given(TARGET_BYTES)
def test_a_target_is_split_as_the_parser_would(rest: bytes) -> None:
    target = b"/" + rest
    try:
        expected = parse_url(target)
    except HttpParserInvalidURLError:
        return
    path, query, _ = split_target(target)
    assert path == expected.path
    assert query == (expected.query or b"")


@given(
    st.sampled_from([200, 226, 301, 304, 401, 404, 503]),
    st.lists(
        st.tuples(st.from_regex(rb"x-[a-z]{8}", fullmatch=True), VALUES), max_size=4, unique_by=lambda x: x[0]
    ),
    st.binary(max_size=100),
    st.booleans(),
    st.booleans(),
)
def test_a_reply_is_read_as_it_was_meant(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes, is_head: bool, keep_alive: bool
) -> None:
    reply = Reply(status, tuple(headers), body)
    raw = encode_reply(reply, DATE, is_head=is_head, keep_alive=keep_alive)
    (answer,) = parse_answers(raw, heads=frozenset({0} if is_head else set()))
    assert answer.status == status
    assert answer.body == (b"" if is_head or status == 304 else body)
    assert answer.headers.get("content-length") == (None if status == 304 else str(len(body)))
    assert ("connection" in answer.headers) is not keep_alive
    for name, value in headers:
        assert answer.headers[name.decode()] == value.decode("latin-1")


@given(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0"]), VALUES, VALUES, st.booleans())
def test_a_header_cannot_end_its_line(evil: bytes, before: bytes, after: bytes, is_name: bool) -> None:
    bad = before + evil + after
    reply = Reply(200, ((bad, b"x") if is_name else (b"x", bad),), b"")
    with pytest.raises(ValueError, match="line break"):
        encode_reply(reply, DATE, is_head=False, keep_alive=True)


def test_a_plain_reply_is_not_taken_for_a_page() -> None:
    reply = plain_reply(400, "<b>No.")
    assert dict(reply.headers)[b"content-type"] == b"text/plain; charset=utf-8"
    assert dict(reply.headers)[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"/pools/1.atom", "/pools/1.atom"),
        (b"/s/abc/pools/1.atom", "/s/***/pools/1.atom"),
        (b"/s/abc", "/s/***"),
        (b"//s//abc/x", "//s//***/x"),
        (b"/prefix/s/abc/x", "/prefix/s/***/x"),
        (b"/%73/abc/x", "/s/***/x"),
        (b"/%2fs%2fabc%2fx", "//s/***/x"),
        (b"/s/a%0d%0ab/x", "/s/***/x"),
        (b"/a%0d%0aGET / 200", r"/a\r\nGET / 200"),
        (b"/a%1b%5b31m", r"/a\x1b[31m"),
        (b"/caf%C3%A9", r"/caf\xe9"),
        (b"/%ff", "/\\ufffd"),
        (b"/welcome/abc", "/welcome/***"),
        (b"/sx/abc", "/sx/abc"),
        (b"/files/1/2/3%3Fkey=abc", "/files/1/2/3?***"),
        (b"/s/abc%3fd/x", "/s/***?***"),
    ],
)
def test_what_a_log_shows_of_a_path(path: bytes, shown: str) -> None:
    assert shown_path(path) == shown


@given(st.binary(max_size=60))
def test_a_log_line_stays_one_line(path: bytes) -> None:
    shown = shown_path(path)
    assert shown.isascii()
    assert shown.isprintable()


@given(
    st.from_regex(r"[A-Za-z0-9_-]{8,30}", fullmatch=True), st.lists(st.booleans(), min_size=40, max_size=40)
)
def test_a_secret_is_not_shown_however_it_is_written(secret: str, escapes: list[bool]) -> None:
    plain = f"/s/{secret}/pools/1.atom"
    path = "".join(
        f"%{ord(letter):02x}" if escape and letter != "/" else letter
        for letter, escape in zip(plain, escapes + [False] * 40, strict=False)
    )
    assert shown_path(path.encode()) == "/s/***/pools/1.atom"


def test_what_a_log_shows_of_a_client() -> None:
    assert shown_client(None) == "-"
    assert shown_client(("192.0.2.1", 80)) == "192.0.2.1:80"
    assert shown_client(("2001:db8::1", 80)) == "[2001:db8::1]:80"


def test_a_request_finds_its_headers() -> None:
    request = Request(b"GET", b"/", b"", [(b"host", b"a"), (b"x", b"1"), (b"x", b"2")])
    assert request.header(b"x") == b"1"
    assert request.header(b"y") is None
