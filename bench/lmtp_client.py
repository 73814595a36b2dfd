"""An LMTP client that costs little: as Postfix speaks, commands in one write (RFC 2920), then the message in another.

It checks every reply, and sends the next message when the last was acknowledged, on each connection.
"""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bench.client import AnswerError, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TIMEOUT_SECONDS = 60.0
_ACCEPTED = (b"250", b"250", b"354")
_KEPT = (b"250",)


@dataclass(slots=True)
class _Connection:
    """One connection: the replies it waits for, and the message that goes out after them."""

    socket: socket.socket
    awaited: tuple[bytes, ...] = ()
    message: bytes = b""
    came: bytes = b""


class LmtpClient:
    """Some connections to one server, each sending `messages` (dot-stuffed, with their end) to one recipient."""

    def __init__(self, port: int, messages: Iterator[bytes], *, connections: int, recipient: str) -> None:
        self._messages = messages
        self._commands = f"MAIL FROM:<sender@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        for _ in range(connections):
            made = _greeted(port)
            self._connections[made.fileno()] = _Connection(made)
            self._epoll.register(made.fileno(), select.EPOLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for connection in self._connections.values():
            connection.socket.close()

    def measure(self, count: int, cpu: Callable[[], int]) -> Slice:
        """Send so many messages, after a few beforehand; `cpu` tells the server's processor time in ns."""
        self.send(2 * len(self._connections))
        before, began = cpu(), time.monotonic()
        self.send(count)
        return Slice(count=count, seconds=time.monotonic() - began, cpu_ns=cpu() - before)

    def send(self, count: int) -> None:
        """Send so many messages over all connections; returns when each was acknowledged."""
        begun = ended = 0
        for connection in self._connections.values():
            if begun < count:
                self._begin(connection)
                begun += 1
        while ended < count:
            events = self._epoll.poll(_TIMEOUT_SECONDS)
            if not events:
                raise AnswerError(f"no reply in {_TIMEOUT_SECONDS:g} seconds")
            for descriptor, _ in events:
                connection = self._connections[descriptor]
                if not self._is_acknowledged(connection):
                    continue
                ended += 1
                if begun < count:
                    self._begin(connection)
                    begun += 1

    def _begin(self, connection: _Connection) -> None:
        connection.message = next(self._messages)
        connection.awaited = _ACCEPTED
        connection.socket.sendall(self._commands)

    def _is_acknowledged(self, connection: _Connection) -> bool:
        """Read what came; whether the message is kept. Sends it where the server waits for it."""
        piece = connection.socket.recv(65_536)
        if not piece:
            raise AnswerError("the server closed the connection")
        connection.came += piece
        replies = connection.came.split(b"\r\n")[:-1]
        if len(replies) < len(connection.awaited):
            return False
        for reply, wanted in zip(replies, connection.awaited, strict=True):
            if not reply.startswith(wanted):
                raise AnswerError(f"{wanted.decode()} was expected, not: {reply.decode('latin-1')}")
        connection.came = b""
        if connection.awaited is _KEPT:
            return True
        connection.awaited = _KEPT
        connection.socket.sendall(connection.message)
        return False


def _greeted(port: int) -> socket.socket:
    """A connection that is past the greeting."""
    made = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    file = made.makefile("rb", buffering=0)
    if not file.readline().startswith(b"220"):
        raise AnswerError("the server does not greet")
    made.sendall(b"LHLO bench.example.org\r\n")
    while (line := file.readline())[3:4] == b"-":
        pass
    if not line.startswith(b"250"):
        raise AnswerError(f"250 was expected, not: {line.decode('latin-1')}")
    file.close()
    return made
