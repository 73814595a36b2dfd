"""The door for mail on real sockets: what it says, what it keeps, and how it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.errors import (
    ConflictError,
    InvalidInputError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from poolhouse.servers.lmtp import LmtpDoor
from poolhouse.servers.lmtp.replies import reply_to
from tests.servers.lmtp.letterboxes import Client, MemoryLetterbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

ANNA, BEN = "anna@pools.example", "ben@pools.example"
LETTER = ("Subject: one", "", "..two")
KEPT = "250 2.1.5 kept"


@asynccontextmanager
async def door(
    letterbox: MemoryLetterbox, place: tuple[str, int] | Path = ("127.0.0.1", 0), **limits: Any
) -> AsyncIterator[tuple[LmtpDoor, str]]:
    opened = LmtpDoor(letterbox, [place], host="mx.example", **{"message_bytes": 1000, **limits})
    (bound,) = await opened.start()
    try:
        yield opened, bound
    finally:
        letterbox.gate.set()
        await opened.stop()


@asynccontextmanager
async def client(place: str) -> AsyncIterator[Client]:
    if place.startswith("unix:"):
        streams = await asyncio.open_unix_connection(place.removeprefix("unix:"))
    else:
        host, _, port = place.rpartition(":")
        streams = await asyncio.open_connection(host, int(port))
    speaking = Client(*streams)
    try:
        yield speaking
    finally:
        await speaking.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the server's state tells nobody when it changes
            await asyncio.sleep(0)


@pytest.fixture
async def letterbox() -> MemoryLetterbox:
    return MemoryLetterbox()


async def test_a_message_is_kept_as_it_was_sent(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox) as (_, place), client(place) as speaking:
        assert await speaking.hear() == "220 mx.example LMTP Poolhouse"
        await speaking.begin(ANNA)
        assert await speaking.send(*LETTER) == [KEPT]
        assert await speaking.say("QUIT") == "221 2.0.0 bye"
        assert await speaking.hear() == ""
    assert letterbox.kept == [("a@elsewhere.example", [ANNA], b"Subject: one\r\n\r\n.two\r\n")]


async def test_each_recipient_is_answered_for_in_order(letterbox: MemoryLetterbox) -> None:
    letterbox.outcomes = {BEN: StoreBusyError("busy")}
    async with door(letterbox) as (_, place), client(place) as speaking:
        await speaking.hear()
        told = await speaking.begin(
            ANNA,
            "nobody@pools.example",
            BEN,
            "closed@pools.example",
            "broken@pools.example",
            "bug@pools.example",
        )
        assert [each[:9] for each in told] == [
            *("250 2.1.5", "550 5.1.1", "250 2.1.5", "550 5.7.1"),
            *("451 4.3.0", "451 4.3.0"),
        ]
        assert not any("secret" in each or "/var" in each for each in told)
        assert await speaking.send(*LETTER, replies=2) == [KEPT, "451 4.3.0 the store is busy"]
        assert await speaking.say("NOOP") == "250 2.0.0 ok"
    assert letterbox.kept[0][1] == [ANNA, BEN]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreFullError("/secret"), 452),
        (StoreReadOnlyError("/secret"), 451),
        (StoreBusyError("/secret"), 451),
        (StoreDamagedError("/secret"), 451),
        (StoreError("/secret"), 451),
        (InvalidInputError("secret", "of ours"), 451),
        (ConflictError("secret", "of ours"), 451),
        (ZeroDivisionError("secret"), 451),
        (MemoryError("secret"), 451),
    ],
)
async def test_what_is_our_fault_is_never_final_and_says_nothing_of_us(
    letterbox: MemoryLetterbox, error: Exception, code: int
) -> None:
    letterbox.fault = error
    async with door(letterbox) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA, BEN)
        told = await speaking.send(*LETTER, replies=2)
        assert {int(each[:3]) for each in told} == {code}
        assert "secret" not in " ".join(told)
    assert reply_to(error).code == code


async def test_where_there_is_no_room_nobody_is_asked_to_send(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.say("LHLO client.example")
        assert await speaking.say("MAIL FROM:<a@b.example> SIZE=950") == "452 4.3.1 the disk is full"
        assert await speaking.say("MAIL FROM:<a@b.example> SIZE=1001") == "552 5.3.4 message too large"
        assert await speaking.say("MAIL FROM:<a@b.example> SIZE=10") == "250 2.1.0 sender ok"


async def test_a_disk_that_fills_up_meanwhile_is_told_at_the_end(letterbox: MemoryLetterbox) -> None:
    letterbox.is_full_meanwhile = True
    async with door(letterbox) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA, BEN)
        assert await speaking.send(*LETTER, replies=2) == ["452 4.3.1 the disk is full"] * 2
        letterbox.is_full_meanwhile = False
        await speaking.begin(ANNA)
        assert await speaking.send(*LETTER) == [KEPT]
    assert letterbox.arrivals[0].is_discarded


async def test_a_message_that_is_too_large_is_read_to_its_end_and_not_kept(
    letterbox: MemoryLetterbox,
) -> None:
    async with door(letterbox) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA, BEN)
        told = await speaking.send(*["x" * 70] * 5000, replies=2)
        assert told == ["552 5.3.4 message too large"] * 2
        await speaking.begin(ANNA)
        assert await speaking.send(*LETTER) == [KEPT]
    assert letterbox.arrivals[0].is_discarded
    assert letterbox.arrivals[0].size_bytes <= 1000
    assert len(letterbox.kept) == 1


@pytest.mark.parametrize("how", ["RSET", "QUIT", "hang up", "hang up in DATA", "reset in DATA"])
async def test_what_was_begun_and_left_leaves_nothing(letterbox: MemoryLetterbox, how: str) -> None:
    async with door(letterbox) as (opened, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA)
        if how.endswith("DATA"):
            await speaking.say("DATA")
            speaking.writer.write(b"Subject: half\r\n")
            await speaking.writer.drain()
            await until(lambda: letterbox.arrivals[-1].size_bytes > 0)
        if how == "RSET":
            await speaking.say("RSET")
            assert await speaking.say("DATA") == "503 5.5.1 command out of place"
        elif how == "QUIT":
            await speaking.say("QUIT")
        if how.startswith("reset"):
            speaking.writer.transport.abort()
        else:
            await speaking.close()
        await until(lambda: not opened.connections)
    assert letterbox.kept == []
    assert all(each.is_discarded for each in letterbox.arrivals)


async def test_all_of_it_may_be_sent_ahead(letterbox: MemoryLetterbox) -> None:
    one = f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{ANNA}>\r\nRCPT TO:<{BEN}>\r\nDATA\r\nSubject: %d\r\n.\r\n"
    async with door(letterbox) as (_, place), client(place) as speaking:
        said = "LHLO client.example\r\n" + "".join(one % number for number in range(300)) + "QUIT\r\n"
        speaking.writer.write(said.encode())
        told = (await speaking.reader.read()).decode().splitlines()
    assert told.count(KEPT) == 600
    assert told[-1] == "221 2.0.0 bye"
    assert [content for _, _, content in letterbox.kept] == [b"Subject: %d\r\n" % each for each in range(300)]


async def test_whoever_hangs_up_while_a_message_is_kept_has_sent_it(letterbox: MemoryLetterbox) -> None:
    letterbox.gate.clear()
    async with door(letterbox) as (opened, place):
        async with client(place) as speaking:
            await speaking.hear()
            await speaking.begin(ANNA)
            await speaking.say("DATA")
            speaking.writer.write(b"Subject: one\r\n.\r\n")
            await until(lambda: letterbox.waiting == 1)
        letterbox.gate.set()
        await until(lambda: not opened.connections)
    assert len(letterbox.kept) == 1


async def test_whoever_is_silent_is_told_and_left(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox, idle_seconds=0.05) as (opened, place), client(place) as speaking:
        await speaking.hear()
        assert await speaking.hear() == "421 4.4.2 timeout"
        assert await speaking.hear() == ""
        await until(lambda: not opened.connections)


async def test_a_message_that_stops_half_way_leaves_nothing(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox, idle_seconds=0.2) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA)
        assert (await speaking.say("DATA")).startswith("354")
        assert await speaking.say("Subject: half") == "421 4.4.2 timeout"
    assert letterbox.kept == []
    assert letterbox.arrivals[0].is_discarded


async def test_a_slow_sender_may_take_longer_than_that_in_all(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox, idle_seconds=0.4) as (opened, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA)
        await speaking.say("DATA")
        begun = opened.loop.time()
        while opened.loop.time() < begun + 1.0:
            speaking.writer.write(b"x\r\n")
            await asyncio.sleep(0.02)
        assert await speaking.say(".") == KEPT


async def test_a_disk_may_take_longer_than_a_client(letterbox: MemoryLetterbox) -> None:
    letterbox.gate.clear()
    async with door(letterbox, idle_seconds=0.05) as (_, place), client(place) as speaking:
        await speaking.hear()
        await speaking.begin(ANNA)
        await speaking.say("DATA")
        asyncio.get_running_loop().call_later(0.3, letterbox.gate.set)
        assert await speaking.say("Subject: one", ".") == KEPT


async def test_a_crowd_is_sent_away(letterbox: MemoryLetterbox) -> None:
    async with door(letterbox, connection_limit=1) as (opened, place), client(place) as first:
        assert (await first.hear()).startswith("220")
        async with client(place) as second:
            assert await second.hear() == "421 4.3.2 too many connections"
            assert await second.hear() == ""
        await until(lambda: len(opened.connections) == 1)
        assert await first.say("NOOP") == "250 2.0.0 ok"


async def test_at_the_end_what_is_being_kept_is_answered_and_everybody_told(
    letterbox: MemoryLetterbox,
) -> None:
    letterbox.gate.clear()
    async with door(letterbox) as (opened, place), client(place) as busy, client(place) as idle:
        for each in (busy, idle):
            await each.hear()
            await each.begin(ANNA)
        await busy.say("DATA")
        busy.writer.write(b"Subject: one\r\n.\r\n")
        await until(lambda: letterbox.waiting == 1)
        stopping = asyncio.create_task(opened.stop())
        assert await idle.hear() == "421 4.3.2 the server stops"
        letterbox.gate.set()
        assert [await busy.hear(), await busy.hear()] == [KEPT, "421 4.3.2 the server stops"]
        await stopping
        with pytest.raises(OSError, match="Connect call failed"):
            async with client(place):
                pass
    assert len(letterbox.kept) == 1


async def test_a_socket_is_for_its_owner_and_group_and_goes_at_the_end(
    letterbox: MemoryLetterbox, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp.sock"
    mask = os.umask(0)
    try:
        async with door(letterbox, path) as (_, place), client(place) as speaking:
            assert place == f"unix:{path}"
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            assert (await speaking.hear()).startswith("220")
    finally:
        os.umask(mask)
    assert not path.exists()


async def test_the_socket_of_a_dead_server_is_replaced(letterbox: MemoryLetterbox, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with door(letterbox, path) as (_, place), client(place) as speaking:
        assert (await speaking.hear()).startswith("220")


async def test_nothing_else_is_replaced(letterbox: MemoryLetterbox, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(path))
        alive.listen()
        with pytest.raises(ConflictError, match="another server"):
            await LmtpDoor(letterbox, [path], host="mx.example", message_bytes=1000).start()
        assert path.is_socket()
    path.unlink()
    path.write_text("precious", "utf-8")
    with pytest.raises(ConflictError, match="no socket"):
        await LmtpDoor(letterbox, [path], host="mx.example", message_bytes=1000).start()
    assert path.read_text("utf-8") == "precious"


async def test_where_one_place_cannot_be_had_none_is(letterbox: MemoryLetterbox, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = [path, taken.getsockname()]
        with pytest.raises(ConflictError):
            await LmtpDoor(letterbox, places, host="mx.example", message_bytes=1000).start()
    assert not path.exists()


async def test_a_door_to_the_network_is_warned_of(
    letterbox: MemoryLetterbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(letterbox):
        assert caplog.text == ""
    async with door(letterbox, ("0.0.0.0", 0)):
        assert "can be reached from other machines" in caplog.text


async def test_of_a_host_with_several_addresses_each_is_named_and_warned_of(
    letterbox: MemoryLetterbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def look_up(*_: object) -> list[tuple[socket.AddressFamily, tuple[str | int, ...]]]:
        return [(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::", 0, 0, 0))]

    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    monkeypatch.setattr("poolhouse.servers.listening._look_up", look_up)
    opened = LmtpDoor(letterbox, [("mail.example", 0)], host="mx.example", message_bytes=1000)
    near, far = await opened.start()
    assert near.startswith("127.0.0.1:")
    assert far == near.replace("127.0.0.1", "[::]")
    assert f"{far} can be reached" in caplog.text
    assert near not in caplog.text
    async with client(near) as speaking:
        assert (await speaking.hear()).startswith("220")
    await opened.stop()
