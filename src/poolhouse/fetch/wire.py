"""One GET over aiohttp, without following anything: the only module that imports aiohttp, and it is imported late.

aiohttp costs a server that fetches nothing 9 MiB and a quarter of a second (docs/decisions/0005-fetcher.md).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from poolhouse.errors import FetchError, NoSuchHostError, RefusedAddressError
from poolhouse.fetch.bodies import BoundedBody
from poolhouse.fetch.guard import Network, port_refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from aiohappyeyeballs import AddrInfoType

HEADER_LINE_LIMIT_BYTES: Final = 16_384
HEADER_COUNT_LIMIT: Final = 128

_READ_SIZE_BYTES: Final = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one request brought. A redirect has `location`, as the server wrote it, and no body."""

    status: int
    content_type: str = ""
    location: str | None = None
    body: bytes = b""
    is_truncated: bool = False


class _RefusedError(OSError):
    """Raised where the socket would be made. An OSError, so that the next address of the name gets its chance.

    All of them read alike: of failures that do, aiohappyeyeballs raises the first as it is, and else one of its own.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("refused")
        self.reason = reason


class Wire:
    """A session that keeps nothing: no cookie, no credential, no proxy, no connection from one request to the next.

    As every request makes its own connection, every one passes `_guarded_socket` with the very address that is then
    connected to: there is no gap between check and use for a second answer of the name server to slip into.
    """

    __slots__ = ("_allowed", "_session")

    def __init__(
        self,
        *,
        user_agent: str,
        allowed: tuple[Network, ...],
        resolve: Callable[[str], Awaitable[Sequence[str]]],
    ) -> None:
        self._allowed = allowed
        connector = aiohttp.TCPConnector(
            limit=0,  # fetch.turns counts
            force_close=True,
            use_dns_cache=False,
            resolver=_Names(resolve),
            socket_factory=self._guarded_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": user_agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # fetch.fetcher keeps the time, of all hops together
            trust_env=False,
            auto_decompress=False,
            read_bufsize=_READ_SIZE_BYTES,
            max_line_size=HEADER_LINE_LIMIT_BYTES,
            max_field_size=HEADER_LINE_LIMIT_BYTES,
            max_headers=HEADER_COUNT_LIMIT,
        )

    async def get(self, url: str, *, accept: str, limit_bytes: int) -> Reply:
        """Ask for `url` (http or https, WHATWG-normalised) and read at most `limit_bytes` of the unpacked body.

        Raises FetchError, RefusedAddressError. Cancelling it closes the connection.
        """
        address = URL(url, encoded=True)
        with _in_plain_words(address.raw_host or ""):
            response = await self._session.get(
                address, headers={"Accept": accept, "Accept-Encoding": "gzip"}, allow_redirects=False
            )
            try:
                return await _read(response, limit_bytes)
            finally:
                response.close()

    async def aclose(self) -> None:
        """Close what is open. Fetches that are under way fail."""
        await self._session.close()

    def _guarded_socket(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (address, port, *_) = info
        why = refusal(str(address), self._allowed)
        if why is not None:
            raise _RefusedError(f"{address} is {why}, so it is not fetched")
        why = port_refusal(int(port))
        if why is not None:
            raise _RefusedError(f"port {port} is {why}, so it is not fetched")
        return socket.socket(family, kind, protocol)


class _Names(AbstractResolver):
    def __init__(self, resolve: Callable[[str], Awaitable[Sequence[str]]]) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolve(host)
        if not found:
            raise OSError(f"no address for {host}")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in found
        ]

    async def close(self) -> None:
        pass


async def system_resolve(host: str) -> list[str]:
    """Ask the system for the addresses of `host`, best first (RFC 6724). Runs in a thread; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [str(info[4][0]) for info in found]


async def _read(response: aiohttp.ClientResponse, limit_bytes: int) -> Reply:
    location = response.headers.get("Location") if response.status in {301, 302, 303, 307, 308} else None
    if location is not None:
        return Reply(status=response.status, location=location)
    body = BoundedBody(limit_bytes=limit_bytes, coding=response.headers.get("Content-Encoding", ""))
    async for chunk in response.content.iter_chunked(_READ_SIZE_BYTES):
        if not body.feed(chunk):
            break
    return Reply(
        status=response.status,
        content_type=response.headers.get("Content-Type", ""),
        body=body.finish(),
        is_truncated=body.is_truncated,
    )


@contextmanager
def _in_plain_words(host: str) -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientConnectorDNSError as error:
        raise NoSuchHostError(f"no address was found for {host}") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise FetchError(f"the certificate of {host} is not valid") from error
    except aiohttp.ClientSSLError as error:
        raise FetchError(f"no secure connection to {host} came about") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _RefusedError):
            raise RefusedAddressError(error.os_error.reason) from error
        raise FetchError(f"{host} could not be reached") from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError) as error:
        raise FetchError(f"{host} broke the connection off") from error
    except (aiohttp.ClientResponseError, HttpProcessingError) as error:
        raise FetchError(f"{host} answered with something that is not HTTP") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise FetchError("the address cannot be fetched") from error
