"""Where the door listens: sockets of TCP and of the file system, and the connections that came in by them."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError
from poolhouse.servers.listening import BACKLOG, listen, place_of
from poolhouse.servers.lmtp.connection import LmtpConnection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.servers.lmtp.letterbox import Letterbox

IDLE_SECONDS = 300.0
"""So long a client may say nothing (RFC 5321 §4.5.3.2: minutes, for whatever it is in the middle of)."""

CONNECTION_LIMIT = 200
RECIPIENT_LIMIT = 100
SOCKET_MODE = 0o660
"""Owner and group: put the mail server into the group. Whoever can write to it can put mail into anybody's pool."""

DRAIN_SECONDS = 20.0
_log = logging.getLogger("poolhouse.lmtp")


class LmtpDoor:
    """Takes mail for a letterbox at `places`, each a host and a port, or the path of a socket."""

    def __init__(
        self,
        letterbox: Letterbox,
        places: Sequence[tuple[str, int] | Path],
        *,
        host: str,
        message_bytes: int,
        recipient_limit: int = RECIPIENT_LIMIT,
        connection_limit: int = CONNECTION_LIMIT,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`host` is the name that the door gives itself."""
        self.letterbox = letterbox
        self.host = host
        self.message_bytes = message_bytes
        self.recipient_limit = recipient_limit
        self.connection_limit = connection_limit
        self.idle_seconds = idle_seconds
        self.connections: set[LmtpConnection] = set()
        self._gone = asyncio.Event()
        self._gone.set()
        self.is_stopping = False
        self.loop = asyncio.get_running_loop()
        self._places = places
        self._servers: list[asyncio.Server] = []
        self._paths: list[Path] = []

    def enter(self, connection: LmtpConnection) -> None:
        """A connection begins."""
        self.connections.add(connection)
        self._gone.clear()

    def leave(self, connection: LmtpConnection) -> None:
        """A connection is over."""
        self.connections.discard(connection)
        if not self.connections:
            self._gone.set()

    async def start(self) -> list[str]:
        """Listen; returns the places as HOST:PORT and unix:PATH, with the ports that were taken for 0.

        Raises ConflictError, InvalidInputError.
        """
        try:
            return [
                bound
                for place in self._places
                for bound in await (
                    self._listen_at(place) if isinstance(place, Path) else self._listen_on(*place)
                )
            ]
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Listen no more; answer for what is being kept, and say goodbye."""
        self.is_stopping = True
        for server in self._servers:
            server.close()
        for path in self._paths:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        for connection in list(self.connections):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._gone.wait()
        for connection in list(self.connections):
            connection.cut_off()

    async def _listen_on(self, host: str, port: int) -> list[str]:
        sockets = await listen("lmtp", host, port)
        for each in sockets:
            self._servers.append(await self.loop.create_server(self._connection, sock=each, backlog=BACKLOG))
        addresses = [each.getsockname() for each in sockets]
        places = [place_of(address) for address in addresses]
        for address, place in zip(addresses, places, strict=True):
            if not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
                _log.warning(
                    "%s can be reached from other machines: LMTP asks nobody who they are, so let a firewall see to it",
                    place,
                )
        return places

    async def _listen_at(self, path: Path) -> list[str]:
        _remove_stale(path)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # the mode is set by the mask, so that it is never wider for a moment
            mask = os.umask(0o777 & ~SOCKET_MODE)
            try:
                bound.bind(str(path))
            finally:
                os.umask(mask)
            self._paths.append(path)
            server = await self.loop.create_unix_server(self._connection, sock=bound)
        except OSError as error:
            bound.close()
            raise ConflictError("lmtp", f"{path} cannot be listened on: {error.strerror or error}") from error
        self._servers.append(server)
        return [f"unix:{path}"]

    def _connection(self) -> LmtpConnection:
        return LmtpConnection(self)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that is no more. Raises ConflictError where one answers, or it is no socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConflictError("lmtp", f"{path} is there already, and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(1.0)
        try:
            asked.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ConflictError("lmtp", f"{path} cannot be taken over: {error.strerror or error}") from error
        else:
            raise ConflictError("lmtp", f"another server listens on {path}")
