"""A client for checks: one blocking connection, on which nothing is waited for longer than some seconds."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Self

from poolhouse.survey.conversation import expected_answer
from poolhouse.survey.gate.outcome import NotSoError

if TYPE_CHECKING:
    from poolhouse.survey.server_process import Address

DEADLINE_SECONDS = 5.0
_RECEIVE_BYTES = 65536


class Client:
    """A connection to `address`. Everything raises NotSoError where the server does not do its part in time."""

    def __init__(self, address: Address, *, timeout_seconds: float = DEADLINE_SECONDS) -> None:
        self._received = b""
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(timeout_seconds)
        try:
            self.socket.connect(address)
            if self.socket.family == socket.AF_INET:  # so that each send is a segment
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self.socket.close()
            raise NotSoError(f"It accepts no connection: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send as one piece."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise NotSoError(f"It does not take a request: {error}.") from error

    def expect(self, wanted: bytes) -> None:
        """Wait for exactly these bytes."""
        while len(self._received) < len(wanted) and wanted.startswith(self._received):
            if not (more := self._receive(f"It does not say {wanted!r}")):
                raise NotSoError(f"It ends the connection before it has said {wanted!r}.")
            self._received += more
        found, self._received = self._received[: len(wanted)], self._received[len(wanted) :]
        if found != wanted:
            raise NotSoError(f"It says {found!r} where {wanted!r} is right.")

    def expect_end(self) -> None:
        """Wait for the end of file, and for nothing before it."""
        more = self._received or self._receive("It does not end the connection")
        if more:
            raise NotSoError(f"It says {more[:50]!r} where it should end the connection.")

    def ask(self, number: int) -> None:
        """Send a request and wait for its answer."""
        self.send(b"%d\n" % number)
        self.expect(expected_answer(number))

    def reads(self) -> bool:
        """Whether there was more to read, now that there is something; for a client that only listens."""
        try:
            return bool(self.socket.recv(_RECEIVE_BYTES))
        except OSError:
            return False

    def reset(self) -> None:
        """End the connection as a client does that crashed or wants no more of it: RST instead of FIN on TCP."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _receive(self, failure: str) -> bytes:
        try:
            return self.socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            raise NotSoError(f"{failure} within {self.socket.gettimeout():.0f} s.") from None
        except OSError as error:
            raise NotSoError(f"{failure}, but breaks it off: {error}.") from error
