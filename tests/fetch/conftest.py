"""Real servers on loopback that answer as they are told, and fetchers whose names lead to them."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.fetch.fetcher import Fetcher

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from poolhouse.fetch.guard import Network

    Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

ONLY_THIS: tuple[Network, ...] = (ip_network("127.0.0.1/32"),)
USER_AGENT = "Poolhouse/test (+https://example.org/)"


class Site:
    """A server that remembers what it was asked."""

    def __init__(self, answer: Answer, *, speaks_first: bool) -> None:
        self._answer = answer
        self._speaks_first = speaks_first
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.gone = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def open(self, address: str, tls: ssl.SSLContext | None) -> None:
        self._server = await asyncio.start_server(self._serve, address, 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            request = b"" if self._speaks_first else await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.gone.set()
            writer.close()


class Lab:
    """Makes sites and fetchers, and closes them after the test."""

    def __init__(self) -> None:
        self._sites: list[Site] = []
        self._fetchers: list[Fetcher] = []

    @staticmethod
    def reply(
        body: bytes = b"",
        *,
        status: str = "200 OK",
        headers: Sequence[str] = (),
        length: int | None = None,
    ) -> bytes:
        """Write a whole HTTP/1.1 answer; `length` is what it claims."""
        claimed = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {claimed}", *headers, "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body

    @staticmethod
    def redirect(location: str, status: str = "302 Found") -> bytes:
        """Write a redirect."""
        return Lab.reply(status=status, headers=[f"Location: {location}"])

    async def site(
        self,
        answer: Answer | bytes | Mapping[str, bytes],
        address: str = "127.0.0.1",
        *,
        tls: ssl.SSLContext | None = None,
        speaks_first: bool = False,
    ) -> Site:
        """Open a server that gives one answer, one for each path, or does as the coroutine function says."""

        async def told(request: bytes, writer: asyncio.StreamWriter) -> None:
            assert not callable(answer)
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                path = request.split(b" ", 2)[1].decode()
                writer.write(answer.get(path, self.reply(status="404 Not Found")))
            await writer.drain()

        site = Site(answer if callable(answer) else told, speaks_first=speaks_first)
        await site.open(address, tls)
        self._sites.append(site)
        return site

    def fetcher(
        self, names: Mapping[str, Sequence[str]] | None = None, allowed: tuple[Network, ...] = ONLY_THIS
    ) -> Fetcher:
        """Make a fetcher for which every name, or each of `names`, has the addresses given here."""

        async def resolve(host: str) -> Sequence[str]:
            return ["127.0.0.1"] if names is None else names.get(host, ())

        fetcher = Fetcher(user_agent=USER_AGENT, allowed_networks=allowed, resolve=resolve)
        self._fetchers.append(fetcher)
        return fetcher

    async def close(self) -> None:
        for fetcher in self._fetchers:
            await fetcher.aclose()
        for site in self._sites:
            await site.close()


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    lab = Lab()
    yield lab
    await lab.close()
