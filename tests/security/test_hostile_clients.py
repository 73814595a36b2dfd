"""A real server among too many clients, slow ones, a second server, and after its sudden end."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from poolhouse.servers.feeds import PREFIXES, FeedDoor
from poolhouse.servers.http.limits import FrontLimits
from poolhouse.servers.http.serve import serve
from poolhouse.servers.site import build_site
from tests.running import RunningServer
from tests.security.plans import RICH
from tests.security.visitor import PATIENCE_SECONDS, Visitor
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_polls_are_answered_among_five_hundred_idle_connections(anna: Visitor) -> None:
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(anna.address, PATIENCE_SECONDS)) for _ in range(500)
        ]
        for number, connection in enumerate(idle):
            connection.sendall(
                (b"", b"GET / HT", b"POST /save HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab")[
                    number % 3
                ]
            )
        for _ in range(20):
            assert anna.ask("GET", anna.feed).status == 200
        assert anna.get("/").status == 200


def test_newcomers_are_answered_where_idlers_fill_the_server(anna: Visitor) -> None:
    """Past the limit of connections, one that rests makes room for who has something to ask."""
    with ExitStack() as stack:
        for _ in range(FrontLimits().connections + 50):
            stack.enter_context(socket.create_connection(anna.address, PATIENCE_SECONDS))
        assert anna.ask("GET", anna.feed).status == 200
        assert anna.api("GET", "/me").status == 200


def test_a_byte_now_and_then_is_cut_off_by_the_whole_site() -> None:
    """The limits, made small, on the real site behind the real front."""
    with made_world(RICH) as world:
        answers = asyncio.run(_drip(world))
    assert [answer[9:12] for answer in answers] == [b"408", b"408"]
    assert all(b"Traceback" not in answer for answer in answers)


async def _drip(world: World) -> list[bytes]:
    limits = FrontLimits(
        head_seconds=0.2, body_seconds=0.2, keep_alive_seconds=0.2, linger_seconds=0.1, sweep_seconds=0.02
    )
    door = FeedDoor(world.house)
    stop = asyncio.Event()
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            serve(
                build_site(world.house, door),
                host="127.0.0.1",
                port=0,
                shortcut=door.answer,
                prefixes=PREFIXES,
                limits=limits,
                started=lambda addresses: listening.set_result(int(addresses[0].rpartition(":")[2])),
                stop=stop,
            )
        )
        try:
            port = await listening
            head = b"POST /save HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            return [
                await _say_slowly(port, b"", head),
                await _say_slowly(port, head + b"content-length: 5000\r\n\r\n", b"x" * 5_000),
            ]
        finally:
            stop.set()


async def _say_slowly(port: int, at_once: bytes, slowly: bytes) -> bytes:
    """A byte whenever nothing came back for a while; what comes back in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(at_once)
        for byte in slowly:
            writer.write(bytes([byte]))
            try:
                return await asyncio.wait_for(reader.read(), 0.01)
            except TimeoutError:
                continue
        raise AssertionError("all was taken")
    finally:
        writer.close()


def test_a_second_server_on_the_same_directory_says_so(anna: Visitor) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "poolhouse",
            "serve",
            "--http",
            "127.0.0.1:0",
            "--data",
            str(anna.server.data),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "another Poolhouse server runs on" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_named(anna: Visitor, tmp_path: Path) -> None:
    host, port = anna.address
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "poolhouse",
            "serve",
            "--http",
            f"{host}:{port}",
            "--data",
            str(tmp_path / "other"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_server_starts_again_at_once(tmp_path: Path) -> None:
    visitor = Visitor.at(tmp_path / "data")
    saved = set()
    for turn in range(3):
        for number in range(5):
            assert visitor.save(f"{turn}-{number}").status == 201
            saved.add(f"{turn}-{number}")
        visitor.server.kill()
        visitor.server = RunningServer(visitor.server.data).start()
        assert visitor.saved() == saved
        assert visitor.ask("GET", visitor.feed).status == 200
    assert visitor.server.stop() == 0
    assert visitor.server.command("verify")[0]["faults"] == []
