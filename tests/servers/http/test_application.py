"""Requests that go through to the application: bodies, disconnects, failures, old clients."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.servers.http.conftest import Gate, Running, running_front

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = b"Host: a\r\n"
CLOSE = b"Connection: close\r\n"
POST = b"POST /save HTTP/1.1\r\n" + HOST


@pytest.mark.parametrize("size_bytes", [0, 1, 70_000, 1_000_000])
async def test_a_body_arrives_whole(running: Running, gate: Gate, size_bytes: int) -> None:
    body = bytes(range(256)) * (size_bytes // 256 + 1)
    body = body[:size_bytes]
    (answer,) = await running.say(POST + CLOSE + b"Content-Length: %d\r\n\r\n" % size_bytes + body)
    assert answer.body == b"%d bytes\n" % size_bytes
    assert gate.saved == [body]


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 5\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"]
)
async def test_a_body_that_breaks_off_is_not_saved(
    running: Running, gate: Gate, caplog: pytest.LogCaptureFixture, framing: bytes
) -> None:
    client = await running.connect()
    client.say(POST + framing)
    await gate.reached.wait()
    await client.leave()
    await gate.ended.wait()
    await running.until(lambda: not running.connections)
    assert gate.saved == []
    # the client's mistake is none of ours
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_trailers_are_not_taken_for_headers(running: Running, gate: Gate) -> None:
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nAuthorization: Basic eDp5\r\n\r\n"
    (answer,) = await running.say(POST + CLOSE + chunks)
    assert answer.status == 201
    assert gate.saved == [b"abc"]
    assert b"authorization" not in dict(gate.headers)


async def test_a_body_is_asked_for_when_the_application_wants_it(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert (await client.hear()).status == 100
    client.say(b"hello")
    assert (await client.hear()).status == 201
    assert gate.saved == [b"hello"]


async def test_a_body_that_is_never_asked_for_ends_the_connection(running: Running) -> None:
    """Whether a client sends it all the same is its choice: what came next could be either (RFC 9110 §10.1.1)."""
    (answer,) = await running.say(
        b"POST /unread HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    assert answer.status == 401
    assert answer.headers["connection"] == "close"


async def test_a_body_that_nobody_reads_does_not_disturb_the_next_request(running: Running) -> None:
    body = b"GET /evil HTTP/1.1\r\n\r\n" * 20_000
    answers = await running.say(
        b"POST /unread HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        + b"GET /pools/1 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
    )  # fmt: skip
    assert [answer.status for answer in answers] == [401, 200]


async def test_a_failure_is_loud_in_the_log_and_plain_on_the_wire(
    site: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("the secret of the house")

    async with running_front(app) as running:
        (answer,) = await running.say(b"GET /s/secret/x HTTP/1.1\r\n" + HOST + b"\r\n")
    assert answer.status == 500
    assert answer.body == b"The server failed at this request; its log says how.\n"
    assert answer.headers["connection"] == "close"
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert "/s/secret" not in caplog.text


async def test_an_application_that_says_nothing_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        return None

    async with running_front(app) as running:
        (answer,) = await running.say(b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n", heads=frozenset({0}))
    assert answer.status == 500
    assert "without starting response" in caplog.text


async def test_a_stream_goes_to_old_clients_without_chunks(running: Running, gate: Gate) -> None:
    gate.opened.set()
    (answer,) = await running.say(b"GET /stream HTTP/1.0\r\n\r\n")
    assert "transfer-encoding" not in answer.headers
    assert "content-length" not in answer.headers
    assert answer.body == b"one two"
    (answer,) = await running.say(b"GET /stream HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body == b"one two"


@pytest.mark.parametrize("more", [b"", b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", b"FOO"])
async def test_who_leaves_in_the_middle_of_a_stream_is_missed(
    running: Running, gate: Gate, more: bytes
) -> None:
    client = await running.connect()
    client.say(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n" + more)
    await gate.reached.wait()
    assert not gate.ended.is_set()
    await client.leave()
    await gate.ended.wait()


async def test_the_absolute_form_names_the_host(running: Running) -> None:
    (answer,) = await running.say(b"GET http://b.test:81/where HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert answer.body == b"127.0.0.1 http b.test:81"
    (answer,) = await running.say(b"GET http://b.test HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert answer.body == b"GET / \n"


async def test_the_absolute_form_overrules_the_host(running: Running, gate: Gate) -> None:
    await running.say(
        b"POST http://b.test/save HTTP/1.1\r\nAccept: x\r\n" + HOST + CLOSE + b"Content-Length: 0\r\n\r\n"
    )
    assert [value for name, value in gate.headers if name == b"host"] == [b"b.test"]


async def test_options_of_the_server(running: Running) -> None:
    (answer,) = await running.say(b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert answer.status == 204
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
async def test_a_wish_for_another_protocol_is_not_heard(running: Running, protocol: bytes) -> None:
    ask = (
        b"GET /pools/mine HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
    )
    answers = await running.say(ask + ask + b"GET / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert [answer.status for answer in answers] == [200, 200, 200]


async def test_the_access_log_keeps_secrets(site: ASGIApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "poolhouse.http.access")
    paths = [
        b"/s/sEcReT/pools/1.atom?token=sEcReT",
        b"/%73/sEcReT/x",
        b"/pools/1?q=sEcReT",
        b"/welcome/sEcReT",
    ]
    async with running_front(site, has_access_log=True) as running:
        for path in paths:
            await running.say(
                b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nAuthorization: Basic sEcReT\r\n" + CLOSE + b"\r\n"
            )
    lines = [record.getMessage().split(" ", 1) for record in caplog.records]
    assert [line for _, line in lines] == [
        "GET /s/***/pools/1.atom 404",
        "GET /s/***/x 404",
        "GET /pools/1 200",
        "GET /welcome/*** 404",
    ]
    assert "sEcReT" not in caplog.text


async def test_nothing_is_logged_unless_asked_for(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "poolhouse")
    await running.say(b"GET / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    await running.say(b"GET /pools/1 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert caplog.records == []
