"""A client that costs little: connections kept open, requests made beforehand, one system call each way.

It checks every status and reads every byte, and asks the next thing when the last is answered, on each connection.
"""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BUFFER_BYTES = 1024 * 1024
_TIMEOUT_SECONDS = 30.0
_LENGTH = b"\r\ncontent-length: "
_EMPTY = frozenset({b"204", b"304"})


class AnswerError(Exception):
    """A server said something else than what is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a while of asking took: requests answered, wall time, and the server's processor time."""

    count: int
    seconds: float
    cpu_ns: int

    @property
    def cpu_us(self) -> float:
        """Processor time a request, in microseconds."""
        return self.cpu_ns / self.count / 1000


class _Connection:
    """One connection; `missing_bytes` of its answer are still to come."""

    __slots__ = ("missing_bytes", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.missing_bytes = 0


class Client:
    """Some connections to one server. Each answer has to be of `status` (such as b"200")."""

    def __init__(self, port: int, requests: Iterator[bytes], *, connections: int, status: bytes) -> None:
        self._requests = requests
        self._status = status
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        for _ in range(connections):
            made = _Connection(port)
            self._connections[made.socket.fileno()] = made
            self._epoll.register(made.socket.fileno(), select.EPOLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for connection in self._connections.values():
            connection.socket.close()

    def measure(self, seconds: float, cpu: Callable[[], int]) -> Slice:
        """Ask for a while, after every connection was served a few times; `cpu` tells the server's time in ns."""
        self.ask(seconds / 10)
        before, began = cpu(), time.monotonic()
        count = self.ask(seconds)
        return Slice(count=count, seconds=time.monotonic() - began, cpu_ns=cpu() - before)

    def ask(self, seconds: float = 0.0, *, at_least: int = 0) -> int:
        """Ask on every connection until the time is over and so many were asked; the number, all answered."""
        requests, connections, answered = self._requests, self._connections, self._answered
        asked = waiting = 0
        for connection in connections.values():
            connection.socket.sendall(next(requests))
            asked += 1
            waiting += 1
        end = time.monotonic() + seconds
        while waiting:
            events = self._epoll.poll(_TIMEOUT_SECONDS)
            if not events:
                raise AnswerError(f"no answer in {_TIMEOUT_SECONDS:g} seconds")
            is_over = asked >= at_least and time.monotonic() >= end
            for descriptor, _ in events:
                connection = connections[descriptor]
                if not answered(connection):
                    continue
                if is_over:
                    waiting -= 1
                else:
                    connection.socket.send(next(requests))
                    asked += 1
        return asked

    def _answered(self, connection: _Connection) -> bool:
        """Read what came; whether the answer is whole."""
        if connection.missing_bytes:
            connection.missing_bytes -= self._receive(connection)
            return not connection.missing_bytes
        buffer = self._buffer
        count = self._receive(connection)
        end = buffer.find(b"\r\n\r\n", 0, count)
        status = bytes(buffer[9:12])
        if status != self._status or end < 0:
            said = bytes(buffer[:400]).decode("latin-1")
            raise AnswerError(f"{self._status.decode()} was expected, not: {said}")
        if status not in _EMPTY:
            connection.missing_bytes = end + 4 + self._length(end) - count
        return not connection.missing_bytes

    def _receive(self, connection: _Connection) -> int:
        count = connection.socket.recv_into(self._view)
        if not count:
            raise AnswerError("the server closed the connection")
        return count

    def _length(self, end: int) -> int:
        at = self._buffer.find(_LENGTH, 0, end)
        if at < 0:
            at = self._buffer[:end].lower().find(_LENGTH)
        if at < 0:
            raise AnswerError("an answer has no Content-Length")
        at += len(_LENGTH)
        after = self._buffer.find(b"\r", at)
        return int(self._buffer[at:after])


def get(path: str, *headers: str) -> bytes:
    """The bytes of a GET."""
    return _head("GET", path, headers)


def post_json(path: str, body: bytes, *headers: str) -> bytes:
    """The bytes of a POST of JSON."""
    fields = ("Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
    return _head("POST", path, fields) + body


def _head(method: str, path: str, headers: tuple[str, ...]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: bench", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def head_of(port: int, request: bytes) -> str:
    """The head of one answer, on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        came = b""
        while b"\r\n\r\n" not in came:
            piece = connection.recv(65_536)
            if not piece:
                raise AnswerError("the server closed the connection")
            came += piece
    return came.partition(b"\r\n\r\n")[0].decode("latin-1")
