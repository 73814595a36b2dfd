"""The site: real pages on real addresses of this machine, each page with an address of its own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tests.capture.answers import Asked, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.capture.answers import Answer
    from tests.capture.pages import Page

NETWORK = "127.0.1.0/24"
"""Where pages live; the fetcher may go there and nowhere else."""

ELSEWHERE = "127.0.1.250"
"""Another host, where pages are too."""

FORBIDDEN = ("127.0.0.1", "::1", "127.0.0.2")
"""Addresses that nobody may connect to while a page is read."""

_TIMES_TO_TRY = 50
_HEAD_LIMIT_BYTES = 65_536


class Site:
    """Answers on every address of `addresses` at one port, by path alone; use it with `async with`.

    Each page has an address of its own because only one page of a host is fetched at a time: a slow one would hold up
    all. `asked` is what was asked, in order; `callers` counts connections by the address they came to.
    """

    def __init__(self, answers: Mapping[str, Answer], addresses: Sequence[str]) -> None:
        self._answers = dict(answers)
        self._addresses = tuple(addresses)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._places: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.callers: dict[str, int] = dict.fromkeys(addresses, 0)
        self.port = 0

    @classmethod
    def of(cls, pages: Sequence[Page]) -> Self:
        """A site of pages, each at `/NAME` of an address of its own, and all of them at `ELSEWHERE` too.

        It listens at the addresses that are forbidden as well, to see who comes.
        """
        answers = {path: answer for page in pages for path, answer in page.paths()}
        site = cls(answers, [*map(address_of, range(len(pages))), ELSEWHERE, *FORBIDDEN])
        site._places = {page.name: address_of(number) for number, page in enumerate(pages)}
        return site

    async def __aenter__(self) -> Self:
        for listening in _listening(self._addresses):
            self._servers.append(
                await asyncio.start_server(self._serve, sock=listening, limit=_HEAD_LIMIT_BYTES)
            )
            self.port = listening.getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    def url_of(self, page: Page) -> str:
        """Where a page is."""
        return f"http://{self._places[page.name]}:{self.port}/{page.name}"

    def paths_asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [each.path for each in self.asked]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        address = str(writer.get_extra_info("sockname")[0])
        self.callers[address] += 1
        try:
            asked = _asked(await reader.readuntil(b"\r\n\r\n"), address)
            self.asked.append(asked)
            await self._answers.get(asked.path, NOT_THERE)(asked, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with suppress(ConnectionError):
                writer.close()


NOT_THERE = whole("<title>Not here</title><p>There is nothing at this address.", status="404 Not Found")


def address_of(number: int) -> str:
    """The address of a page by its place among all, 0 to 253."""
    return f"127.0.1.{number + 1}"


def _asked(request: bytes, address: str) -> Asked:
    first, *lines = request.decode("latin-1").rstrip("\r\n").split("\r\n")
    host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
    return Asked(path=first.split(" ")[1], host=host, lines=tuple(lines), address=address)


def _listening(addresses: Sequence[str]) -> list[socket.socket]:
    """Sockets at one port that is free on each of the addresses."""
    for _ in range(_TIMES_TO_TRY):
        sockets: list[socket.socket] = []
        port = 0
        try:
            for address in addresses:
                sockets.append(socket.create_server((address, port), family=_family(address), backlog=100))
                port = sockets[0].getsockname()[1]
        except OSError:
            for each in sockets:
                each.close()
        else:
            return sockets
    raise AssertionError("no port is free on all of these addresses")


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
