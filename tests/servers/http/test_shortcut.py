"""Answers given in the parser's callback: what they say, in which order, and what may not take the short cut."""

from __future__ import annotations

import logging

import pytest

from tests.servers.http.conftest import Gate, Running, running_front

GET_1 = b"GET /pools/1?a=b HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /pools/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def test_an_answer_has_its_length_and_its_date(running: Running) -> None:
    client = await running.connect()
    client.say(GET_1)
    answer = await client.hear()
    assert answer.status == 200
    assert answer.body == b"at once a=b\n"
    assert set(answer.headers) == {"date", "content-type", "etag", "content-length"}
    assert answer.headers["date"].endswith(" GMT")


async def test_the_connection_stays_open_for_more(running: Running) -> None:
    client = await running.connect()
    for _ in range(3):
        client.say(GET_1)
        assert (await client.hear()).status == 200
    client.say(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await client.hear()).body == b"GET / \n"
    client.say(GET_1)
    assert (await client.hear()).body == b"at once a=b\n"
    assert len(running.connections) == 1


async def test_a_head_has_the_length_of_its_get_and_no_body(running: Running) -> None:
    answers = await running.say(b"HEAD /pools/1?a=b HTTP/1.1\r\nHost: a\r\n\r\n" + LAST, heads=frozenset({0}))
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].headers["content-length"] == str(len(b"at once a=b\n"))
    assert answers[0].body == b""


async def test_unchanged_has_neither_body_nor_length(running: Running) -> None:
    same = b"GET /pools/same HTTP/1.1\r\nHost: a\r\n\r\n"
    answers = await running.say(same + LAST)
    assert [answer.status for answer in answers] == [304, 200]
    assert "content-length" not in answers[0].headers
    assert answers[0].headers["etag"] == '"7"'


@pytest.mark.parametrize(
    ("version", "connection", "closes"),
    [
        (b"1.1", b"", False),
        (b"1.1", b"Connection: close\r\n", True),
        (b"1.1", b"Connection: keep-alive\r\n", False),
        (b"1.1", b"Connection: x, Close\r\n", True),
        (b"1.0", b"", True),
        (b"1.0", b"Connection: keep-alive\r\n", True),
    ],
)
@pytest.mark.parametrize("path", [b"/pools/1", b"/"])
async def test_when_a_connection_closes(
    running: Running, version: bytes, connection: bytes, closes: bool, path: bytes
) -> None:
    client = await running.connect()
    client.say(b"GET %b HTTP/%b\r\nHost: a\r\n%b\r\n" % (path, version, connection))
    answer = await client.hear()
    assert answer.status == 200
    assert (answer.headers.get("connection") == "close") is closes
    if closes:
        assert await client.hear_all() == b""
    else:
        client.say(GET_1)
        assert (await client.hear()).status == 200


@pytest.mark.parametrize("path", [b"/pools/1", b"/"])
@pytest.mark.parametrize(
    "end",
    [b"HTTP/1.1\r\nHost: a\r\nConnection: close", b"HTTP/1.0\r\nConnection: keep-alive", b"HTTP/1.0"],
)
@pytest.mark.parametrize(
    "more", [GET_1, b"POST /save HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", b"FOO"]
)
async def test_nothing_is_done_after_the_last_answer(
    running: Running, gate: Gate, path: bytes, end: bytes, more: bytes
) -> None:
    answers = await running.say(b"GET " + path + b" " + end + b"\r\n\r\n" + more)
    assert [answer.status for answer in answers] == [200]
    assert not gate.reached.is_set()


async def test_pipelined_answers_keep_their_order(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(GET_1 + b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + GET_1 + LAST)
    assert (await client.hear()).body == b"at once a=b\n"
    await gate.reached.wait()
    gate.opened.set()
    bodies = [(await client.hear()).body for _ in range(3)]
    # behind a slow one the application is asked: it serves the same addresses
    assert bodies == [b"slow\n", b"GET /pools/1 a=b\n", b"GET /pools/1 \n"]


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST /pools/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n",
        b"GET /other/1 HTTP/1.1\r\nHost: a\r\n",
        b"GET /pools/mine HTTP/1.1\r\nHost: a\r\n",
    ],
)
async def test_what_is_not_the_short_cuts_goes_to_the_application(
    running: Running, request_head: bytes
) -> None:
    answers = await running.say(request_head + b"Connection: close\r\n\r\n")
    assert answers[0].body[:7] != b"at once"
    assert answers[0].status in {200, 404, 405}


@pytest.mark.parametrize(
    "body", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
async def test_a_get_with_a_body_goes_to_the_application(running: Running, body: bytes) -> None:
    answers = await running.say(b"GET /pools/1 HTTP/1.1\r\nHost: a\r\n" + body + LAST)
    assert [answer.body for answer in answers] == [b"GET /pools/1 \n"] * 2


@pytest.mark.parametrize("path", [b"/pools/broken", b"/pools/split"])
async def test_a_failing_short_cut_is_loud_in_the_log_and_plain_on_the_wire(
    running: Running, caplog: pytest.LogCaptureFixture, path: bytes
) -> None:
    answers = await running.say(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" + LAST)
    assert [answer.status for answer in answers] == [500, 200]
    assert answers[0].body == b"The server failed at this request; its log says how.\n"
    assert "set-cookie" not in answers[0].headers
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert path.decode() in record.getMessage()


async def test_a_client_that_does_not_read_is_not_written_to_without_end(gate: Gate) -> None:
    asked = 0

    async def app(scope: object, receive: object, send: object) -> None:
        nonlocal asked
        asked += 1
        gate.reached.set()
        await gate.opened.wait()

    async with running_front(app) as running:
        client = await running.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's streams keep it a transport
        client.say(b"GET /pools/big HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
        # once the buffers are full, the next of them waits for its turn like anything else
        await gate.reached.wait()
        unsent_bytes = running.connections[0].transport.get_write_buffer_size()
        assert 0 < unsent_bytes < 1_000_000
        assert asked == 1
        gate.opened.set()
