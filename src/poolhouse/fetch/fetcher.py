"""The fetcher: one GET with every limit, redirects followed by hand."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from ada_url import URL, join_url

from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from poolhouse.fetch.guard import Network
    from poolhouse.fetch.wire import Reply, Wire

REDIRECT_LIMIT: Final = 5
AT_ONCE: Final = 4

_SCHEMES: Final = frozenset({"http:", "https:"})
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?\s*([^\s"';,]{1,64})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came back in the end.

    `url` is where it came from after all redirects, without user name, password and fragment. `media_type` is in
    lower case without parameters, "" where none was said; `charset` is the declared one, as it was written.
    `body` is unpacked; `is_truncated` says that there was more of it than the limit.
    """

    url: str
    status: int
    media_type: str
    charset: str | None
    body: bytes
    is_truncated: bool


class Fetcher:
    """Fetches what people point at, and nothing that is not public.

    `user_agent` says who asks, with an address where to read about it. `allowed_networks` may be fetched although
    they are private: the administrator's choice, empty by default. At most `at_once` fetches run together, one at
    a time for each host. `resolve` gives the addresses of a name (the system's by default); each is checked as it
    is connected to. Make it and use it within one event loop, and `aclose` it there.
    """

    __slots__ = ("_allowed_networks", "_resolve", "_turns", "_user_agent", "_wire")

    def __init__(
        self,
        *,
        user_agent: str,
        allowed_networks: tuple[Network, ...] = (),
        at_once: int = AT_ONCE,
        resolve: Callable[[str], Awaitable[Sequence[str]]] | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._allowed_networks = allowed_networks
        self._resolve = resolve
        self._turns = Turns(at_once)
        self._wire: Wire | None = None

    async def fetch(self, url: str, *, limit_bytes: int, accept: str, timeout_seconds: float) -> Fetched:
        """Fetch `url` and return the answer whatever its status, with at most `limit_bytes` of its body.

        The time counts from the first connection to the last byte over all redirects, but not the waiting for a
        turn. Raises RefusedAddressError where the address or the port is not one to fetch, FetchError for all
        else that goes wrong; both bear a sentence for the person. Sends no cookie, credential or Referer.
        """
        address = _web_address(url)
        async with self._turns.turn(address.hostname):
            wire = await self._open_wire()
            try:
                async with asyncio.timeout(timeout_seconds):
                    return await _follow(wire, address, accept=accept, limit_bytes=limit_bytes)
            except TimeoutError as error:
                raise FetchError(
                    f"{_shown_host(address)} did not answer within {timeout_seconds:g} seconds"
                ) from error

    async def aclose(self) -> None:
        """Close what is open. Fetches that are under way fail."""
        if self._wire is not None:
            await self._wire.aclose()
            self._wire = None

    async def _open_wire(self) -> Wire:
        if self._wire is None:
            # In a thread: importing aiohttp would hold up the whole server for a quarter of a second.
            module = await asyncio.to_thread(import_module, "poolhouse.fetch.wire")
        if self._wire is None:
            self._wire = module.Wire(
                user_agent=self._user_agent,
                allowed=self._allowed_networks,
                resolve=self._resolve or module.system_resolve,
            )
        return self._wire


async def _follow(wire: Wire, address: URL, *, accept: str, limit_bytes: int) -> Fetched:
    for _ in range(REDIRECT_LIMIT + 1):
        reply = await wire.get(address.href, accept=accept, limit_bytes=limit_bytes)
        if reply.location is None:
            return _fetched(address, reply)
        address = _redirected(address, reply.location)
    raise FetchError(f"{_shown_host(address)} redirects more than {REDIRECT_LIMIT} times")


def _fetched(address: URL, reply: Reply) -> Fetched:
    charset = _CHARSET.search(reply.content_type)
    return Fetched(
        url=address.href,
        status=reply.status,
        media_type=reply.content_type.partition(";")[0].strip().lower(),
        charset=charset[1] if charset is not None else None,
        body=reply.body,
        is_truncated=reply.is_truncated,
    )


def _redirected(address: URL, location: str) -> URL:
    # aiohttp hands over bytes that are not UTF-8 as lone surrogates (PEP 383), which no address can hold.
    target = location.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        joined = join_url(address.href, target)
    except ValueError as error:
        raise FetchError(f"{_shown_host(address)} redirects to something that is no address") from error
    return _web_address(joined)


def _web_address(url: str) -> URL:
    """Parse as browsers do (WHATWG URL), so that 127.1 and 0x7f.0.0.1 are 127.0.0.1 before anything sees them."""
    try:
        address = URL(url)
    except (ValueError, UnicodeError) as error:
        raise FetchError("this is not an address that can be fetched") from error
    if address.protocol not in _SCHEMES:
        raise RefusedAddressError(f"addresses that begin with {address.protocol[:40]} are not fetched")
    address.username = address.password = address.hash = ""
    return address


def _shown_host(address: URL) -> str:
    return address.hostname[:100]
