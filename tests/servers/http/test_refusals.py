"""What is not served: broken requests, smuggling, and whatever is too large, too long or too many."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from poolhouse.servers.http.limits import FrontLimits
from tests.servers.http.conftest import Gate, Running, running_front

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = b"Host: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
POST = b"POST /save HTTP/1.1\r\n" + HOST

BROKEN = {
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00", 501),
    "unknown method": (b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "method in small letters": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "method of another protocol": (b"PROPFIND / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "tunnel": (b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "trace": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "HTTP/0.9": (b"GET /\r\n\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    "two hosts in 1.0": (b"GET / HTTP/1.0\r\n" + HOST + HOST + b"\r\n", 400),
    "host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n", 400),
    "NUL in the target": (b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "bare LF": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare CR": (b"GET / HTTP/1.1\r\n\rHost: a\r\n\r\n", 400),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "header without a name": (b"GET / HTTP/1.1\r\n" + HOST + b": a\r\n\r\n", 400),
    "target of another scheme": (b"GET ftp://a/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "user in an absolute target": (b"GET http://u@a/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "asterisk with GET": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "length and chunks": (POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "chunks and length": (POST + CHUNKED + b"Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "the same length twice": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a list of lengths": (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "length with a sign": (POST + b"Content-Length: +3\r\n\r\nabc", 400),
    "length below zero": (POST + b"Content-Length: -1\r\n\r\nabc", 400),
    "length in hexadecimal": (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "length beyond all numbers": (POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nabc", 400),
    "unknown coding": (POST + b"Transfer-Encoding: gzip\r\n\r\nabc", 501),
    "coding before chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 501),
    "coding after chunked": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "coding that looks like chunked": (
        POST + b"Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        501,
    ),
    "chunked twice": (POST + CHUNKED + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "chunks in 1.0": (b"POST /save HTTP/1.0\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size with a sign": (POST + CHUNKED + b"\r\n-3\r\nabc\r\n0\r\n\r\n", 400),
    "chunk size without CR": (POST + CHUNKED + b"\r\n3\nabc\r\n0\r\n\r\n", 400),
    "chunk longer than its size": (POST + CHUNKED + b"\r\n3\r\nabcd\r\n0\r\n\r\n", 400),
    "upgrade with a body": (
        POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
        501,
    ),
    "address too long": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "header too large": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "header name too large": (b"GET / HTTP/1.1\r\n" + HOST + b"X" * 70_000 + b": a\r\n\r\n", 431),
    "header without end": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 600_000, 431),
    "ten thousand headers": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 10_000 + b"\r\n", 431),
    "headers too large together": (b"GET / HTTP/1.1\r\n" + HOST + (b"X: " + b"a" * 300 + b"\r\n") * 240, 431),
    "address and headers too large together": (
        b"GET /" + b"a" * 15_000 + b" HTTP/1.1\r\n" + HOST + (b"X: " + b"a" * 300 + b"\r\n") * 170 + b"\r\n",
        431,
    ),
    "body too large": (POST + b"Content-Length: 99999999\r\n\r\nabc", 413),
}


@pytest.mark.parametrize(("raw", "status"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_broken_is_refused_in_one_sentence(
    running: Running, gate: Gate, caplog: pytest.LogCaptureFixture, raw: bytes, status: int
) -> None:
    caplog.set_level(logging.INFO, "poolhouse.http")
    (answer,) = await running.say(raw)
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "server" not in answer.headers
    sentence = answer.body.decode()
    assert sentence.endswith(".\n")
    assert "Traceback" not in sentence
    assert gate.saved == []
    (record,) = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert record.levelno == logging.INFO
    assert sentence.strip() in record.getMessage()


@pytest.mark.parametrize("raw", [BROKEN["NUL in a header"][0], BROKEN["address too long"][0]])
async def test_a_refused_head_has_no_body(running: Running, raw: bytes) -> None:
    (answer,) = await running.say(raw.replace(b"GET", b"HEAD", 1), heads=frozenset({0}))
    assert answer.status in {400, 414}
    assert answer.headers["content-length"] != "0"


async def test_a_refusal_waits_for_its_turn(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nFOO /")
    await gate.reached.wait()
    gate.opened.set()
    assert [(await client.hear()).status for _ in range(3)] == [200, 200, 501]
    assert await client.hear_all() == b""


async def test_a_body_broken_behind_a_slow_request_is_refused_in_its_place(
    running: Running, gate: Gate
) -> None:
    client = await running.connect()
    client.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + POST + CHUNKED + b"\r\nxyz\r\n")
    await gate.reached.wait()
    gate.opened.set()
    assert [(await client.hear()).status for _ in range(2)] == [200, 400]
    assert await client.hear_all() == b""
    assert gate.saved == []


async def test_nothing_is_added_to_an_answer_that_has_begun(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(b"GET /stream HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n")
    await gate.reached.wait()
    client.say(b"xyz\r\n")
    heard = await client.hear_all()
    assert heard.endswith(b"4\r\none \r\n")


async def test_too_many_waiting_requests_are_refused(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" * 500)
    await gate.reached.wait()
    gate.opened.set()
    statuses = [(await client.hear()).status for _ in range(66)]
    assert statuses == [200] * 65 + [429]
    assert await client.hear_all() == b""


SMALL = FrontLimits(body_bytes=1000, head_bytes=2000)


@pytest.mark.parametrize(
    "body",
    [
        b"400\r\n" + b"x" * 1024 + b"\r\n",
        b"1f4\r\n" + b"x" * 500 + b"\r\n" + b"1f5\r\n" + b"x" * 501 + b"\r\n",
        b"1\r\nx\r\n" * 1001,
    ],
)
async def test_chunks_over_the_limit_are_refused_while_they_come(
    gate: Gate, site: ASGIApp, body: bytes
) -> None:
    async with running_front(site, SMALL) as running:
        (answer,) = await running.say(POST + CHUNKED + b"\r\n" + body)
        assert answer.status == 413
        assert "1000 bytes" in answer.body.decode()
        assert gate.saved == []


@pytest.mark.parametrize(
    "raw",
    [
        POST + CHUNKED + b"\r\n1;" + b"x" * 9_000,
        POST + CHUNKED + b"\r\n0\r\nX-Trailer: " + b"x" * 9_000,
        POST + CHUNKED + b"\r\n" + (b"1;" + b"y" * 1900 + b"\r\nx\r\n") * 10,
    ],
    ids=["chunk extension", "trailer", "many chunk extensions"],
)
async def test_what_the_parser_swallows_is_bounded_too(gate: Gate, site: ASGIApp, raw: bytes) -> None:
    async with running_front(site, SMALL) as running:
        running.cuts = list(range(500, 40_000, 500))
        (answer,) = await running.say(raw)
        assert answer.status in {413, 431}
        assert gate.saved == []


async def test_a_body_of_exactly_the_limit_is_taken(gate: Gate, site: ASGIApp) -> None:
    async with running_front(site, SMALL) as running:
        length = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n"
        (answer,) = await running.say(length % 1000 + b"x" * 1000)
        assert answer.status == 201
        assert [len(body) for body in gate.saved] == [1000]
        (answer,) = await running.say(length % 1001 + b"x" * 1001)
        assert answer.status == 413


async def test_the_limit_is_for_each_body(gate: Gate, site: ASGIApp) -> None:
    async with running_front(site, SMALL) as running:
        client = await running.connect()
        for _ in range(3):
            client.say(POST + b"Content-Length: 900\r\n\r\n" + b"x" * 900)
            assert (await client.hear()).status == 201


async def test_a_body_that_is_not_welcome_is_not_asked_for(running: Running) -> None:
    (answer,) = await running.say(POST + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert answer.status == 413


async def test_a_refused_client_that_sends_on_still_reads_why(site: ASGIApp) -> None:
    async with running_front(site, SMALL) as running:
        (answer,) = await running.say(POST + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
        assert answer.status == 413


async def test_a_refused_client_that_never_leaves_is_cut_off(running: Running) -> None:
    client = await running.connect()
    client.say(b"FOO")
    assert (await client.hear()).status == 501
    running.pass_seconds(1)
    assert running.connections[0].transport.is_closing() is False
    running.pass_seconds(3)
    await running.until(lambda: not running.connections)


async def test_connections_are_bounded(site: ASGIApp, gate: Gate) -> None:
    async with running_front(site, FrontLimits(connections=3)) as running:
        ask = b"GET /pools/1 HTTP/1.1\r\nHost: a\r\n\r\n"
        oldest, newer = await running.connect(), await running.connect()
        for client in (oldest, newer):
            client.say(ask)
            await client.hear()
        busy = await running.connect()
        busy.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await gate.reached.wait()
        # the one that rested longest makes room
        fourth = await running.connect()
        assert await oldest.hear_all() == b""
        for client in (newer, fourth):
            client.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await running.until(lambda: sum(each.is_answering for each in running.connections) == 3)
        # where none rests, who comes last must go
        late = await running.connect()
        assert (await late.hear()).status == 503
        assert await late.hear_all() == b""
        gate.opened.set()
        for client in (busy, newer, fourth):
            assert (await client.hear()).status == 200
