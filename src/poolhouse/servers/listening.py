"""Where the doors listen: sockets of our own making, so that what is wrong with an address is said plainly."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any, Final

from poolhouse.errors import ConflictError, InvalidInputError, PoolhouseError

BACKLOG: Final = 1024  # to be given to `create_server` too, which listens again
_ABSENT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


async def listen(setting: str, host: str, port: int) -> list[socket.socket]:
    """A socket for every address of a host, all on one port; port 0 takes a free one.

    Raises ConflictError (in use, not permitted) and InvalidInputError (no such address), both about `setting`.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in await _look_up(setting, host, port):
            chosen = sockets[0].getsockname()[1] if sockets else port
            if bound := _bind(setting, family, (address[0], chosen, *address[2:])):
                sockets.append(bound)
        if not sockets:
            raise InvalidInputError(setting, f"{host} is not an address of this machine")
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def place_of(address: tuple[Any, ...]) -> str:
    """An address of a socket as HOST:PORT, as settings are written."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _look_up(setting: str, host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InvalidInputError(setting, f"there is no address called {host}") from error
    return [(family, address) for family, _, _, _, address in found]


def _bind(setting: str, family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket | None:
    """A bound socket; None where this machine has no such address."""
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise _explained(setting, error, address) from error
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
        raise _explained(setting, error, address) from error
    return bound


def _explained(setting: str, error: OSError, address: tuple[Any, ...]) -> PoolhouseError:
    place = place_of(address)
    match error.errno:
        case errno.EADDRINUSE:
            reason = f"{place} is in use by another program"
        case errno.EACCES:
            reason = f"{place} may not be listened on by this user; ports below 1024 are reserved"
        case _:
            reason = f"{place} cannot be listened on: {error.strerror or error}"
    return ConflictError(setting, reason)
