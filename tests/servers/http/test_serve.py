"""The server as a whole: where it listens, how it stops, TLS, proxies, and what one answer costs the kernel."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers.http import front
from poolhouse.servers.http.limits import FrontLimits
from poolhouse.servers.http.serve import serve
from tests.servers.http.conftest import PATIENCE_SECONDS, PREFIXES, Answer, Gate, parse_answers, shortcut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.types import ASGIApp

GET = b"GET /pools/1 HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"


class Served:
    """A server that runs beside the test."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.stop = asyncio.Event()
        self.started = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def take(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self.started.set()

    @property
    def port(self) -> int:
        return int(self.addresses[0].rsplit(":", 1)[1])

    async def end(self) -> None:
        if self.task:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.task

    async def connect(self, **arguments: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, **arguments)

    async def say(self, raw: bytes, **arguments: Any) -> list[Answer]:
        reader, writer = await self.connect(**arguments)
        writer.write(raw)
        async with asyncio.timeout(PATIENCE_SECONDS):
            heard = await reader.read()
        await hang_up(writer)
        return parse_answers(heard)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def served(app: ASGIApp, **arguments: Any) -> AsyncIterator[Served]:
    """`serve` on a free port of loopback, told to stop at the end."""
    running = Served()
    options: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "shortcut": shortcut, "prefixes": PREFIXES}
    options.update(arguments)
    running.task = asyncio.create_task(serve(app, started=running.take, stop=running.stop, **options))
    waiting = asyncio.create_task(running.started.wait())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.wait({running.task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.task.done():
        await running.task
    try:
        yield running
    finally:
        running.stop.set()
        await running.end()


async def test_it_says_where_it_listens(site: ASGIApp) -> None:
    async with served(site) as running:
        assert running.addresses == [f"http://127.0.0.1:{running.port}"]
        assert running.port > 0
        (answer,) = await running.say(LAST % b"/pools/1")
        assert answer.status == 200
        assert "server" not in answer.headers
        (answer,) = await running.say(LAST % b"/")
        assert "server" not in answer.headers
        assert answer.headers["date"].endswith(" GMT")


async def test_ipv6(site: ASGIApp) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with served(site, host="::1") as running:
        assert running.addresses == [f"http://[::1]:{running.port}"]
        reader, writer = await asyncio.open_connection("::1", running.port)
        writer.write(LAST % b"/where")
        assert parse_answers(await reader.read())[0].body == b"::1 http a"
        await hang_up(writer)


async def test_an_address_in_use_is_said_plainly(site: ASGIApp) -> None:
    async with served(site) as running:
        with pytest.raises(ConflictError, match=f"127.0.0.1:{running.port} is in use") as caught:
            async with served(site, port=running.port):
                pass
        assert caught.value.field == "http"
        # and the first one is not disturbed
        assert (await running.say(LAST % b"/"))[0].status == 200


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-host.invalid"])
async def test_an_address_that_is_not_ours(site: ASGIApp, host: str) -> None:
    with pytest.raises(InvalidInputError, match=host) as caught:
        async with served(site, host=host):
            pass
    assert caught.value.field == "http"


async def test_a_failing_start_gives_the_port_back(site: ASGIApp) -> None:
    taken: list[str] = []

    def fail(addresses: list[str]) -> None:
        taken.extend(addresses)
        raise LookupError

    with pytest.raises(LookupError):
        await serve(site, host="127.0.0.1", port=0, started=fail)
    port = int(taken[0].rsplit(":", 1)[1])
    async with served(site, port=port) as running:
        assert running.port == port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_answers_end_and_refuses_newcomers(
    site: ASGIApp, gate: Gate, number: signal.Signals
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with served(site) as running:
        reader, writer = await running.connect()
        writer.write(GET + SLOW)
        await gate.reached.wait()
        resting_reader, resting_writer = await running.connect()
        resting_writer.write(GET)
        await resting_reader.readuntil(b"at once \n")
        os.kill(os.getpid(), number)
        # who rests is let go, which tells us that stopping has begun
        assert await resting_reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await running.connect()
        gate.opened.set()
        answers = parse_answers(await reader.read())
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[1].headers["connection"] == "close"
        await running.end()
        for each in (writer, resting_writer):
            await hang_up(each)
    assert signal.getsignal(signal.SIGTERM) is before


async def test_a_request_half_said_is_answered_before_the_end(site: ASGIApp) -> None:
    async with served(site) as running:
        reader, writer = await running.connect()
        writer.write(GET)
        await reader.readuntil(b"at once \n")
        resting_reader, resting_writer = await running.connect()
        resting_writer.write(GET)
        await resting_reader.readuntil(b"at once \n")
        half = b"GET / HTTP/1.1\r\nHo"
        writer.write(GET + half)
        await reader.readuntil(b"at once \n")
        running.stop.set()
        await resting_reader.read()
        writer.write(b"st: a\r\n\r\n")
        (answer,) = parse_answers(await reader.read())
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        await running.end()
        for each in (writer, resting_writer):
            await hang_up(each)


async def test_who_just_came_may_still_ask(site: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "FRESH_SECONDS", PATIENCE_SECONDS)
    async with served(site) as running:
        reader, writer = await running.connect()
        resting_reader, resting_writer = await running.connect()
        resting_writer.write(GET)
        await resting_reader.readuntil(b"at once \n")
        running.stop.set()
        await resting_reader.read()
        writer.write(GET)
        (answer,) = parse_answers(await reader.read())
        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        await running.end()
        for each in (writer, resting_writer):
            await hang_up(each)


async def test_who_does_not_end_in_time_is_cut_off(
    site: ASGIApp, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(site, limits=FrontLimits(drain_seconds=0.05)) as running:
        reader, writer = await running.connect()
        writer.write(SLOW)
        await gate.reached.wait()
        running.stop.set()
        with suppress(ConnectionError):
            assert await reader.read() == b""
        await running.end()
        await hang_up(writer)
    assert "cut off while it was answered" in caplog.text


async def test_a_second_signal_does_not_wait(site: ASGIApp, gate: Gate) -> None:
    async with served(site, limits=FrontLimits(drain_seconds=3600)) as running:
        reader, writer = await running.connect()
        writer.write(SLOW)
        await gate.reached.wait()
        resting_reader, resting_writer = await running.connect()
        resting_writer.write(GET)
        await resting_reader.readuntil(b"at once \n")
        os.kill(os.getpid(), signal.SIGTERM)
        await resting_reader.read()
        os.kill(os.getpid(), signal.SIGTERM)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        await running.end()
        for each in (writer, resting_writer):
            await hang_up(each)


async def test_work_behind_an_answer_ends_first(gate: Gate) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        await gate.opened.wait()
        for _ in range(200):  # turns of the loop, in which the server could forget us
            await asyncio.sleep(0)
        gate.saved.append(b"done")

    async with served(app) as running:
        (answer,) = await running.say(LAST % b"/")
        assert answer.status == 204
        running.stop.set()
        gate.opened.set()
        await running.end()
    assert gate.saved == [b"done"]


async def test_cancelling_ends_it_at_once(site: ASGIApp, gate: Gate) -> None:
    async with served(site) as running:
        _, writer = await running.connect()
        writer.write(SLOW)
        await gate.reached.wait()
        assert running.task
        running.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running.task
        with pytest.raises(ConnectionRefusedError):
            await running.connect()
        await hang_up(writer)
        running.task = None


@pytest.mark.parametrize(
    ("trusted", "said"),
    [
        ((), b"127.0.0.1 http a"),
        (("127.0.0.1",), b"192.0.2.9 https a"),
        (("192.0.2.1",), b"127.0.0.1 http a"),
    ],
)
async def test_a_proxy_is_believed_only_if_it_is_trusted(
    site: ASGIApp, trusted: tuple[str, ...], said: bytes
) -> None:
    async with served(site, trusted_proxies=trusted) as running:
        (answer,) = await running.say(
            b"GET /where HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert answer.body == said


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, so there is no certificate to try")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


async def test_https(site: ASGIApp, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    trust = ssl.create_default_context(cafile=str(cert))
    async with served(site, tls_cert=cert, tls_key=key) as running:
        assert running.addresses == [f"https://127.0.0.1:{running.port}"]
        tls = {"ssl": trust, "server_hostname": "localhost"}
        answers = await running.say(GET + LAST % b"/where", **tls)
        assert [answer.body for answer in answers] == [b"at once \n", b"127.0.0.1 https a"]
        assert [answer.status for answer in await running.say(b"FOO", **tls)] == [501]
        # and who speaks no TLS gets nothing
        reader, writer = await running.connect()
        writer.write(GET)
        with suppress(ConnectionError):
            assert b"HTTP" not in await reader.read()
        await hang_up(writer)


async def test_a_certificate_that_cannot_be_used(
    site: ASGIApp, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = certificate
    with pytest.raises(InvalidInputError, match="tls_cert"):
        async with served(site, tls_cert=tmp_path / "none.pem", tls_key=key):
            pass
    with pytest.raises(InvalidInputError, match="cannot be used together"):
        async with served(site, tls_cert=key, tls_key=cert):
            pass


PROGRAM = """
import os, uvloop
from poolhouse.servers.http.message import Reply
from poolhouse.servers.http.serve import serve

async def app(scope, receive, send):
    raise AssertionError("the short cut answers")

async def main():
    reply = Reply(200, ((b"content-type", b"text/plain"),), b"hello")
    started = lambda addresses: print(os.getpid(), addresses[0], flush=True)
    await serve(app, host="127.0.0.1", port=0, started=started, shortcut=lambda _: reply, prefixes=(b"/pools/",))

uvloop.run(main())
"""


@pytest.mark.slow
def test_one_answer_is_one_write(tmp_path: Path) -> None:
    """The whole of a poll, as the kernel sees it: it is woken, it reads, it writes."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed, so system calls cannot be counted")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=read,write,writev,network,epoll_ctl"]
    server = subprocess.Popen(
        [*command, "-o", str(trace), sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    with server, server.stdout:
        started = server.stdout.readline()
        port = int(started.rsplit(":", 1)[1])
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
                for number in range(20):
                    client.sendall(b"GET /pools/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
                    assert client.recv(10_000).endswith(b"hello")
        finally:
            # strace itself takes no notice of signals while its program runs
            os.kill(int(started.split()[0]), signal.SIGTERM)
    assert server.returncode == 0
    lines = trace.read_text().splitlines()
    (first, *_, last) = [index for index, line in enumerate(lines) if '"GET /pools/' in line]
    calls = [line.split(maxsplit=1)[1].split("(")[0] for line in lines[first:last]]
    assert calls == ["read", "write"] * 19
