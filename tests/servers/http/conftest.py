"""A front on a real socket, told when to look at its deadlines, and a client that says exactly these bytes."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest
import uvloop
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from poolhouse.servers.http.front import Front
from poolhouse.servers.http.limits import FrontLimits
from poolhouse.servers.http.message import Reply, Request
from poolhouse.servers.http.protocol import FrontProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request as WebRequest
    from starlette.types import ASGIApp

PATIENCE_SECONDS = 10
PREFIXES = (b"/pools/", b"/s/")
TEXT = (b"content-type", b"text/plain; charset=utf-8")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Everything here holds on the loop that we run on and on the standard one."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class Answer(NamedTuple):
    """One answer as it stood on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


_CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")


def parse_answers(raw: bytes, *, heads: frozenset[int] = frozenset()) -> list[Answer]:
    """The answers in these bytes, told apart by their own lengths; `heads`: which of them answer a HEAD."""
    answers: list[Answer] = []
    while raw:
        head, end, raw = raw.partition(b"\r\n\r\n")
        assert end, f"an answer breaks off in its head: {head!r}"
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status = first.split(" ")[:2]
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), f"a header came twice: {lines}"
        body = b""
        if len(answers) in heads or int(status) in {204, 304} or int(status) < 200:
            pass
        elif headers.get("transfer-encoding") == "chunked":
            body, raw = _unchunk(raw)
        elif "content-length" in headers:
            size = int(headers["content-length"])
            assert len(raw) >= size, "an answer breaks off in its body"
            body, raw = raw[:size], raw[size:]
        else:
            body, raw = raw, b""
        answers.append(Answer(int(status), headers, body))
    return answers


def _unchunk(raw: bytes) -> tuple[bytes, bytes]:
    body = b""
    while found := _CHUNK.match(raw):
        size = int(found[1], 16)
        raw = raw[found.end() :]
        body, raw = body + raw[:size], raw[size + 2 :]
        if size == 0:
            return body, raw
    raise AssertionError("the chunks break off")


class SeenProtocol(FrontProtocol):
    """Tells its running front whenever anything happened, and takes what comes in other pieces than it came in."""

    def __init__(self, running: Running) -> None:
        super().__init__(running.front)
        self.running = running
        self.seen_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.running.happened.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.running.happened.set()

    def data_received(self, data: bytes) -> None:
        begin = self.seen_bytes
        self.seen_bytes += len(data)
        cuts = [cut - begin for cut in self.running.cuts if begin < cut < self.seen_bytes]
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            super().data_received(data[start:end])
        self.running.happened.set()


@dataclass
class Running:
    """A front that listens on loopback. `cuts` are the places where what a client says is cut apart."""

    front: Front
    port: int = 0
    cuts: list[int] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until this holds; it is looked at whenever a connection saw anything."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self.happened.clear()
                await self.happened.wait()

    async def until_seen(self, size_bytes: int) -> SeenProtocol:
        """Wait until the only connection has taken in this much, and return it."""
        await self.until(lambda: any(each.seen_bytes >= size_bytes for each in self.connections))
        return self.connections[0]

    @property
    def connections(self) -> list[SeenProtocol]:
        return [each for each in self.front.connections if isinstance(each, SeenProtocol)]

    def pass_seconds(self, seconds: float) -> None:
        """Look at all deadlines as if so much time had passed since now."""
        now = self.front.loop.time() + seconds
        for connection in self.connections:
            connection.check(now)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26))
        self.clients.append(client)
        return client

    async def say(self, raw: bytes, *, heads: frozenset[int] = frozenset()) -> list[Answer]:
        """Say this on a connection of its own, and hear all there is until the server closes it."""
        client = await self.connect()
        client.say(raw)
        answers = parse_answers(await client.hear_all(), heads=heads)
        await client.leave()
        return answers


@dataclass
class Client:
    """One connection to a front."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def hear_all(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.read()

    async def hear(self, *, is_head: bool = False) -> Answer:
        """The next answer of a connection that stays open."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"\r\ncontent-length: (\d+)", head)
            size = int(found[1]) if found and not is_head else 0
            body = await self.reader.readexactly(size)
        return parse_answers(head + body, heads=frozenset({0} if is_head else set()))[0]

    async def leave(self) -> None:
        """Hang up at once; twice is as good as once."""
        self.writer.transport.abort()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionError):
                await self.writer.wait_closed()


class PatientEvent(asyncio.Event):
    """An event that is not waited for without end."""

    async def wait(self) -> Literal[True]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await super().wait()


@dataclass
class Gate:
    """What the slow pages wait for, and what the application saw."""

    opened: PatientEvent = field(default_factory=PatientEvent)
    reached: PatientEvent = field(default_factory=PatientEvent)
    ended: PatientEvent = field(default_factory=PatientEvent)
    saved: list[bytes] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def site(gate: Gate) -> ASGIApp:
    return make_site(gate)


def make_site(gate: Gate) -> ASGIApp:
    """An application with every kind of page that could hurt."""

    async def hello(request: WebRequest) -> Response:
        return PlainTextResponse(f"{request.method} {request.url.path} {request.url.query}\n")

    async def slow(request: WebRequest) -> Response:
        gate.reached.set()
        await gate.opened.wait()
        return PlainTextResponse("slow\n")

    async def save(request: WebRequest) -> Response:
        gate.reached.set()
        try:
            body = await request.body()
        finally:
            gate.ended.set()
        gate.saved.append(body)
        gate.headers[:] = request.scope["headers"]
        return PlainTextResponse(f"{len(body)} bytes\n", status_code=201)

    async def unread(request: WebRequest) -> Response:
        return PlainTextResponse("no need\n", status_code=401)

    async def fail(request: WebRequest) -> Response:
        raise LookupError("the secret of the house")

    async def stream(request: WebRequest) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                yield b"one "
                gate.reached.set()
                await gate.opened.wait()
                yield b"two"
            finally:
                gate.ended.set()

        return StreamingResponse(pieces(), media_type="text/plain")

    async def where(request: WebRequest) -> Response:
        client = request.client
        return PlainTextResponse(
            f"{client.host if client else '-'} {request.url.scheme} {request.headers['host']}"
        )

    return Starlette(
        routes=[
            Route("/", hello, methods=["GET", "POST"]),
            Route("/pools/{rest:path}", hello),
            Route("/slow", slow),
            Route("/save", save, methods=["POST"]),
            Route("/unread", unread, methods=["POST"]),
            Route("/fail", fail),
            Route("/stream", stream),
            Route("/where", where),
        ]
    )


def shortcut(request: Request) -> Reply | None:
    """Answers `/pools/1`, fails at `/pools/broken`, and leaves the rest to the application."""
    match request.path:
        case b"/pools/1":
            return Reply(200, (TEXT, (b"etag", b'"7"')), b"at once " + request.query + b"\n")
        case b"/pools/same":
            return Reply(304, ((b"etag", b'"7"'),), b"")
        case b"/pools/big":
            return Reply(200, (TEXT,), b"x" * 300_000)
        case b"/pools/broken":
            raise LookupError("the secret of the house")
        case b"/pools/split":
            return Reply(200, ((b"x-name", b"a\r\nset-cookie: evil=1"),), b"")
    return None


@asynccontextmanager
async def running_front(
    app: ASGIApp, limits: FrontLimits | None = None, *, has_access_log: bool = False
) -> AsyncIterator[Running]:
    """A front with the short cut above on a free port of loopback. It never sweeps by itself."""
    front = Front(
        app,
        limits or FrontLimits(),
        shortcut=shortcut,
        prefixes=PREFIXES,
        has_access_log=has_access_log,
    )
    front.renew_date()
    running = Running(front)
    server = await front.loop.create_server(lambda: SeenProtocol(running), "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for client in running.clients:
            await client.leave()
        await front.cut_off()
        await running.until(lambda: not front.connections)


@pytest.fixture
async def running(site: ASGIApp) -> AsyncIterator[Running]:
    async with running_front(site) as started:
        yield started
