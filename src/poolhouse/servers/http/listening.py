"""Where the front listens: sockets of its own making, so that what is wrong with an address is said plainly."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING, Any

from poolhouse.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

BACKLOG = 1024
_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


async def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for every address of a host, all on one port; port 0 takes a free one.

    Raises ConflictError (in use, not permitted) and InvalidInputError (no such address), both about `http`.
    """
    places = await _look_up(host, port)
    sockets: list[socket.socket] = []
    try:
        for family, address in places:
            chosen = sockets[0].getsockname()[1] if sockets else port
            if bound := _bind(family, (address[0], chosen, *address[2:])):
                sockets.append(bound)
        if not sockets:
            raise InvalidInputError("http", f"{host} is not an address of this machine")
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


async def _look_up(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InvalidInputError("http", f"there is no address called {host}") from error
    return [(family, address) for family, _, _, _, address in found]


def _bind(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket | None:
    """A bound socket; None where this machine has no such address."""
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    try:
        bound.setblocking(False)
        # so that a restart need not wait for the old connections' TIME_WAIT; two servers still cannot share it
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno in _ABSENT:
            return None
        raise _explained(error, address) from error
    return bound


def _explained(error: OSError, address: tuple[Any, ...]) -> Exception:
    place = f"[{address[0]}]:{address[1]}" if ":" in str(address[0]) else f"{address[0]}:{address[1]}"
    if error.errno == errno.EADDRINUSE:
        return ConflictError("http", f"{place} is in use by another program")
    if error.errno == errno.EACCES:
        return ConflictError(
            "http", f"{place} may not be listened on by this user; ports below 1024 are reserved"
        )
    return error


def address_of(bound: socket.socket, *, is_secure: bool) -> str:
    """The address of a listening socket, as a browser takes it."""
    host, port = bound.getsockname()[:2]
    scheme = "https" if is_secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def tls_context(tls_cert: Path, tls_key: Path | None) -> ssl.SSLContext:
    """What HTTPS is spoken with; the key may be in the certificate's file. Raises InvalidInputError (`tls_cert`)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls_cert, tls_key)
    except ssl.SSLError as error:
        raise InvalidInputError("tls_cert", "the certificate and its key cannot be used together") from error
    except OSError as error:
        raise InvalidInputError("tls_cert", f"{error.filename or tls_cert} cannot be read") from error
    return context
