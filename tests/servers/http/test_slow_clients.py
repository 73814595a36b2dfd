"""Clients that take their time, on purpose or not; time is passed by saying so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poolhouse.servers.http.limits import FrontLimits
from tests.servers.http.conftest import Gate, Running, running_front

if TYPE_CHECKING:
    from starlette.types import ASGIApp

GET = b"GET /pools/1 HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /save HTTP/1.1\r\nHost: a\r\n"


async def test_who_says_nothing_is_closed_without_a_word(running: Running) -> None:
    client = await running.connect()
    await running.until(lambda: len(running.connections) == 1)
    running.pass_seconds(19)
    assert running.connections[0].is_resting
    running.pass_seconds(21)
    assert await client.hear_all() == b""


async def test_a_head_that_takes_too_long(running: Running) -> None:
    client = await running.connect()
    client.say(GET[:20])
    await running.until_seen(20)
    running.pass_seconds(19)
    client.say(GET[20:21])
    await running.until_seen(21)
    # a byte now and then does not help
    running.pass_seconds(21)
    answer = await client.hear()
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    assert await client.hear_all() == b""


async def test_a_later_head_that_takes_too_long(running: Running) -> None:
    client = await running.connect()
    client.say(GET + b"G")
    assert (await client.hear()).status == 200
    running.pass_seconds(21)
    assert (await client.hear()).status == 408


async def test_a_head_that_comes_in_time(running: Running) -> None:
    client = await running.connect()
    client.say(GET[:20])
    await running.until_seen(20)
    running.pass_seconds(19)
    client.say(GET[20:])
    assert (await client.hear()).status == 200


async def test_a_body_that_stops_coming(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(POST + b"Content-Length: 5\r\n\r\nab")
    await gate.reached.wait()
    running.pass_seconds(29)
    running.pass_seconds(31)
    assert (await client.hear()).status == 408
    assert await client.hear_all() == b""
    await gate.ended.wait()
    assert gate.saved == []


async def test_a_body_has_its_own_time(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(POST)
    connection = await running.until_seen(len(POST))
    connection.began_at -= 19
    client.say(b"Content-Length: 5\r\n\r\nab")
    await gate.reached.wait()
    running.pass_seconds(29)
    assert not connection.is_refused


async def test_a_body_that_trickles(running: Running, gate: Gate) -> None:
    client = await running.connect()
    head = POST + b"Content-Length: 50000\r\n\r\n"
    client.say(head + b"x" * 5000)
    connection = await running.until_seen(len(head) + 5000)
    await gate.reached.wait()
    running.pass_seconds(31)
    assert not connection.is_refused
    client.say(b"x" * 1000)
    await running.until_seen(len(head) + 6000)
    # fewer than 1,024 bytes in another thirty seconds
    running.pass_seconds(62)
    assert (await client.hear()).status == 408


async def test_a_body_that_comes_steadily(running: Running, gate: Gate) -> None:
    client = await running.connect()
    head = POST + b"Content-Length: 20000\r\n\r\n"
    client.say(head)
    for step in range(1, 11):
        client.say(b"x" * 2000)
        await running.until_seen(len(head) + 2000 * step)
        running.pass_seconds(31.0 * step)
    assert (await client.hear()).status == 201
    assert [len(body) for body in gate.saved] == [20_000]


async def test_who_waits_to_be_asked_for_its_body_is_not_slow(gate: Gate) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        gate.reached.set()
        await gate.opened.wait()

    async with running_front(app) as running:
        client = await running.connect()
        client.say(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        await gate.reached.wait()
        running.pass_seconds(31)
        assert not running.connections[0].is_refused
        running.pass_seconds(31)
        assert not running.connections[0].is_refused


async def test_who_is_not_listened_to_is_not_slow(gate: Gate) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        gate.reached.set()
        await gate.opened.wait()

    async with running_front(app) as running:
        client = await running.connect()
        body = b"x" * 200_000
        client.say(POST + b"Content-Length: 300000\r\n\r\n" + body)
        await gate.reached.wait()
        await running.until(lambda: running.connections[0].flow.read_paused)
        running.pass_seconds(100)
        assert not running.connections[0].is_refused


async def test_time_in_which_nobody_listened_does_not_count(running: Running, gate: Gate) -> None:
    client = await running.connect()
    asked = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" * 2 + GET[:9]
    client.say(asked)
    connection = await running.until_seen(len(asked))
    assert connection.flow.read_paused
    running.pass_seconds(100)
    gate.opened.set()
    assert [(await client.hear()).status for _ in range(2)] == [200, 200]
    running.pass_seconds(101)
    client.say(GET[9:])
    assert (await client.hear()).status == 200


async def test_a_slow_application_is_waited_for(running: Running, gate: Gate) -> None:
    client = await running.connect()
    client.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await gate.reached.wait()
    running.pass_seconds(10_000)
    gate.opened.set()
    assert (await client.hear()).body == b"slow\n"


async def test_a_connection_rests_for_a_while_and_is_closed(running: Running) -> None:
    client = await running.connect()
    client.say(GET)
    await client.hear()
    running.pass_seconds(74)
    client.say(GET)
    assert (await client.hear()).status == 200
    running.pass_seconds(76)
    assert await client.hear_all() == b""


async def test_who_does_not_read_its_answer_is_cut_off(site: ASGIApp) -> None:
    async with running_front(site) as running:
        client = await running.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads as well
        client.say(b"GET /pools/big HTTP/1.1\r\nHost: a\r\n\r\n" * 60)
        await running.until(lambda: bool(running.connections) and running.connections[0].flow.write_paused)
        connection = running.connections[0]
        running.pass_seconds(0)
        running.pass_seconds(29)
        assert not connection.transport.is_closing()
        running.pass_seconds(31)
        await running.until(lambda: not running.connections)


async def test_who_reads_slowly_is_waited_for(site: ASGIApp) -> None:
    async with running_front(site) as running:
        client = await running.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads as well
        client.say(b"GET /pools/big HTTP/1.1\r\nHost: a\r\n\r\n" * 60)
        await running.until(lambda: bool(running.connections) and running.connections[0].flow.write_paused)
        connection = running.connections[0]
        running.pass_seconds(0)
        connection._unsent_bytes += 1  # as if a byte had gone meanwhile
        running.pass_seconds(31)
        running.pass_seconds(60)
        assert not connection.transport.is_closing()
        # and as if it had all gone, and as much of another answer waited now
        connection.resume_writing()
        connection.pause_writing()
        running.pass_seconds(1000)
        assert not connection.transport.is_closing()
        running.pass_seconds(1031)
        assert connection.transport.is_closing()


async def test_the_sweep_itself(site: ASGIApp) -> None:
    """The deadlines hold without anybody's help, with the sweep that a server runs."""
    async with running_front(site, FrontLimits(head_seconds=0.05, sweep_seconds=0.01)) as running:
        client = await running.connect()
        client.say(GET[:5])
        sweeping = asyncio.create_task(running.front.keep_sweeping())
        assert (await client.hear()).status == 408
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)


async def test_the_date_moves_on(running: Running) -> None:
    running.front.date_line = b"date: then\r\n"
    running.front.sweep()
    assert running.front.date_line.endswith(b" GMT\r\n")
    assert running.front.state.default_headers[0][0] == b"date"
