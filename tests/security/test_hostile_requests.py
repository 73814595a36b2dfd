"""Requests to a real server that are too much, too little or in the wrong letters: refused in words."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from poolhouse.cli import main
from tests.security.visitor import PATIENCE_SECONDS, Visitor

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
TAKEN_LIMIT = 20_000
"""Megabytes of a body without end, after which it has none; what a server throws away in two seconds is less."""
HUGE = "x" * (10 * MEGABYTE)
JSON = "content-type: application/json\r\n"


def resident_bytes(visitor: Visitor) -> int:
    """How much memory the server has at the moment."""
    assert visitor.server.process is not None
    status = Path(f"/proc/{visitor.server.process.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


# Too much


def test_ten_megabytes_of_title_by_the_api(anna: Visitor) -> None:
    heard = anna.api("POST", "/links", {"url": "https://example.org/", "title": HUGE})
    assert heard.status == 413
    assert "larger than" in json.loads(heard.body)["detail"]


def test_ten_megabytes_of_title_by_the_form(anna: Visitor) -> None:
    fields = {"token": anna.form_token(), "url": "https://example.org/", "title": HUGE}
    heard = anna.post("/save", fields)
    assert heard.status == 413
    assert "too much at once" in heard.text


@pytest.mark.parametrize(("field", "length"), [("title", 2_001), ("note", 100_001), ("url", 8_193)])
def test_a_little_too_much_by_every_door(anna: Visitor, field: str, length: int) -> None:
    text = "https://example.org/".ljust(length, "x")
    fields = {"url": "https://example.org/", field: text}
    heard = anna.api("POST", "/links", fields)
    assert heard.status == 422
    problem = json.loads(heard.body)
    assert problem["field"] == field
    assert "longer than" in problem["detail"]
    heard = anna.post("/save", {"token": anna.form_token(), **fields})
    assert heard.status == 400
    assert "longer than" in heard.text


def test_ten_megabytes_by_a_command(anna: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--person", "anna", "--data", str(anna.server.data)]
    for option in ("--title", "--note", "--tag"):
        assert main(["save", "https://example.org/", option, HUGE, *data]) == 1
        said = capsys.readouterr().err
        assert "longer than" in said
        assert len(said) < 1_000
    assert main(["save", "https://example.org/" + HUGE, *data]) == 1
    assert "longer than" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target", ["/api/v1/links", "/api/v1/import", "/save", "/login", "/nothing", "/pools/1.atom"]
)
def test_a_body_without_end(anna: Visitor, target: str) -> None:
    """It is cut off long before it fills the memory, and the client is told."""
    before = resident_bytes(anna)
    kind = "application/x-www-form-urlencoded" if not target.startswith("/api") else "application/json"
    kind = "text/html" if target.endswith("import") else kind
    head = (
        f"POST {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {anna.token}\r\n"
        f"content-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
    ).encode()
    chunk = b"%x\r\n%b\r\n" % (MEGABYTE, b"x" * MEGABYTE)
    sent = 0
    with socket.create_connection(anna.address, PATIENCE_SECONDS) as connection:
        answer = b""
        try:
            connection.sendall(head)
            while sent < TAKEN_LIMIT:
                connection.sendall(chunk)
                sent += 1
        except OSError:
            pass
        try:
            answer = connection.recv(MEGABYTE)
        except OSError:
            answer = b""  # reset: the answer was lost with what it refused
    assert sent < TAKEN_LIMIT, "it was never cut off"
    assert b"Traceback" not in answer
    assert answer == b"" or answer[9:12] in {b"413", b"404", b"405", b"401", b"403", b"400", b"415"}
    assert resident_bytes(anna) - before < 150 * MEGABYTE


def test_a_length_that_cannot_be(anna: Visitor) -> None:
    for length in (
        "99999999999",
        "9" * 40,
        "-1",
        "1e3",
        "0x10",
        "+1",
        "1, 2",
        "\u0663".encode().decode("latin-1"),
    ):
        head = f"POST /api/v1/links HTTP/1.1\r\nhost: x\r\n{JSON}content-length: {length}\r\n\r\n"
        heard = anna.say(head.encode("latin-1"))
        assert heard is not None
        assert heard.status in {400, 401, 413}, length


@pytest.mark.parametrize("count", [300, 5_000])
def test_too_many_headers(anna: Visitor, count: int) -> None:
    head = "".join(f"x-{number}: y\r\n" for number in range(count))
    heard = anna.say(f"GET / HTTP/1.1\r\nhost: x\r\n{head}\r\n".encode())
    assert heard is not None
    assert heard.status == 431


def test_a_long_address(anna: Visitor) -> None:
    for target in ("/" + "x" * 20_000, "/s/" + "x" * 20_000, "/search?q=" + "x" * 20_000, "/" + "a/" * 9_000):
        heard = anna.ask("GET", target)
        assert heard.status == 414
        assert len(heard.body) < 1_000


def test_a_long_search(anna: Visitor) -> None:
    for query in ("x" * 1_001, "%22" * 1_000, "(" * 900, "tag:" * 250, "-" * 1_000, "a* " * 31):
        heard = anna.api("GET", "/search?q=" + query.replace(" ", "+"))
        assert heard.status in {200, 422}, query[:10]


# Too little


def test_a_body_that_breaks_off(anna: Visitor) -> None:
    content = json.dumps({"url": "https://example.org/truncated", "title": "truncated"}).encode()
    for kind, path, key in (
        ("application/json", "/api/v1/links", f"authorization: Bearer {anna.token}\r\n"),
        (
            "application/x-www-form-urlencoded",
            "/save",
            f"cookie: poolhouse_session={anna.cookies['poolhouse_session']}\r\n",
        ),
    ):
        for framing in (f"content-length: {len(content) + 10}\r\n", "transfer-encoding: chunked\r\n"):
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\n{key}content-type: {kind}\r\n{framing}\r\n".encode()
            body = content if "length" in framing else b"%x\r\n%b" % (len(content) + 10, content)
            for cut in (0, 1, len(body) // 2, len(body)):
                heard = anna.say(head, body[:cut])
                assert heard is None or heard.status in {400, 408, 413}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n" * 100,
        b"GET",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nhost",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 1_000,
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
        b"GET http:/// HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET  / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: a\x00b\r\n\r\n",
        b"BREW / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"get / HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
    ids=lambda said: ascii(said)[:30],
)
def test_what_is_not_proper_http(anna: Visitor, said: bytes) -> None:
    heard = anna.say(said)
    assert heard is None or 400 <= heard.status < 600
    assert heard is None or heard.status not in {500, 502, 503}
    assert heard is None or 0 < len(heard.body) < 20_000


@pytest.mark.parametrize(
    "method", ["PROPFIND", "OPTIONS", "TRACE", "PURGE", "LINK", "SEARCH", "CONNECT", "DELETE"]
)
def test_methods_that_are_not_for_this(anna: Visitor, method: str) -> None:
    for target in ("/", "/save", anna.feed, "/api/v1/me", "/assets/x/y", "/nothing"):
        address = "example.org:443" if method == "CONNECT" else target
        heard = anna.say(f"{method} {address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        assert heard is not None
        assert heard.status in {400, 401, 404, 405, 501}, f"{method} {target}"


# In the wrong letters


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "shift-jis", "utf-7", "utf-8-sig"])
def test_a_body_in_another_encoding(anna: Visitor, encoding: str) -> None:
    text = "käse" if encoding in {"latin-1", "utf-7", "utf-16", "utf-32", "utf-8-sig"} else "日本"
    heard = anna.api("POST", "/links", f'{{"url": "javascript:", "title": "{text}"}}'.encode(encoding))
    assert heard.status in {400, 422}
    assert json.loads(heard.body)["detail"]
    token = anna.form_token()
    title = text.encode(encoding)
    assert anna.post("/save", {"token": token, "url": "javascript:x", "title": title}).status == 400


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\\uffff", "\\u202e", "\u0000", "\x1b[2J"])
def test_characters_that_nothing_can_carry(anna: Visitor, text: str) -> None:
    body = f'{{"url": "javascript:{text}", "title": "{text}", "note": "{text}", "tags": ["{text}"]}}'
    heard = anna.api("POST", "/links", body.encode())
    assert heard.status in {400, 422}
    assert "\x00" not in heard.text
    for path in ("/links/lookup?url=https://x/%ED%A0%80", "/search?q=%00%FF", "/links/%00", "/pools/%C0%AF"):
        assert anna.api("GET", path).status in {200, 400, 404, 422}, path


def test_addresses_in_strange_letters(anna: Visitor) -> None:
    for target in (
        "/%",
        "/%zz",
        "/%00",
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "/assets/../../x",
        "/assets/x/..%5c..%5cx",
    ):
        assert anna.ask("GET", target).status in {400, 401, 404}, target
    for raw in (b"/\xff\xfe", b"/caf\xc3\xa9", b"/s/\xff/pools/1.atom", b"/?\xff"):
        heard = anna.say(b"GET %b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" % raw)
        assert heard is not None
        assert heard.status in {400, 401, 404}, raw


def test_headers_in_strange_letters(anna: Visitor) -> None:
    for name in (
        "cookie",
        "authorization",
        "user-agent",
        "accept",
        "if-none-match",
        "if-modified-since",
        "a-im",
        "range",
    ):
        for value in (
            b"\xff\xfe",
            b"poolhouse_session=\xff",
            b"Basic \xff",
            b"Basic =",
            b"Bearer \xe9",
            b"=;=;",
            b"W/" * 99,
        ):
            for target in (
                anna.feed,
                "/pools" + anna.feed.partition("/pools")[2],
                "/",
                "/api/v1/me",
            ):
                head = f"GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{name}: ".encode()
                heard = anna.say(head + value + b"\r\n\r\n")
                assert heard is not None
                assert heard.status in {200, 400, 401, 404}, f"{name}: {value!r}"


def test_json_that_is_a_trap(anna: Visitor) -> None:
    for body in (
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 10_000,
        b'{"url": ' + b"9" * 10_000 + b"}",
        b'{"url": 1e999}',
        b'{"url": NaN}',
        b'{"url": "x", "url": "y"}',
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"url": null}',
        b'{"url": ["https://example.org"]}',
        b'{"url": "https://example.org", "__proto__": {}}',
        b'{"url": "https://example.org", "pool": 99999999999999999999999}',
        b'{"url": "https://example.org", "created_at": "0000-99-99T99:99:99Z"}',
        b'{"url": "https://example.org", "tags": [[[[]]]]}',
    ):
        heard = anna.api("POST", "/links", body)
        assert heard.status in {400, 422}, body[:40]
        assert json.loads(heard.body)["detail"]
