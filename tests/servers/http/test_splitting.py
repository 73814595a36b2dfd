"""However the bytes of a request are cut apart on their way, the answers are the same."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.http.conftest import Answer, Gate, Running, make_site, running_front
from tests.servers.http.test_refusals import BROKEN

CONVERSATION = (
    b"\r\nGET /pools/1?a=b HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n"
    b"POST /save HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    b"POST /save HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"
    b"GET http://b:80/pools/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)
STATUSES = [200, 201, 201, 200, 204, 200]


def without_dates(answers: list[Answer]) -> list[Answer]:
    return [
        answer._replace(headers={name: value for name, value in answer.headers.items() if name != "date"})
        for answer in answers
    ]


async def test_cut_at_every_position(running: Running) -> None:
    whole = without_dates(await running.say(CONVERSATION))
    assert [answer.status for answer in whole] == STATUSES
    assert [answer.body for answer in whole[1:3]] == [b"5 bytes\n"] * 2
    for position in range(1, len(CONVERSATION)):
        running.cuts = [position]
        assert without_dates(await running.say(CONVERSATION)) == whole, CONVERSATION[:position]


async def test_byte_by_byte(running: Running) -> None:
    whole = without_dates(await running.say(CONVERSATION))
    running.cuts = list(range(1, len(CONVERSATION)))
    assert without_dates(await running.say(CONVERSATION)) == whole


@pytest.mark.parametrize("raw", [raw for raw, _ in BROKEN.values()], ids=BROKEN.keys())
async def test_refusals_byte_by_byte(running: Running, raw: bytes) -> None:
    whole = without_dates(await running.say(raw))
    step = 1 if len(raw) < 1000 else 97
    running.cuts = list(range(1, len(raw), step))
    assert without_dates(await running.say(raw)) == whole


@given(st.sets(st.integers(1, len(CONVERSATION) - 1)))
def test_cut_anywhere(cuts: set[int]) -> None:
    async def talk() -> list[Answer]:
        async with running_front(make_site(Gate())) as running:
            running.cuts = sorted(cuts)
            return await running.say(CONVERSATION)

    answers = asyncio.run(talk())
    assert [answer.status for answer in answers] == STATUSES
