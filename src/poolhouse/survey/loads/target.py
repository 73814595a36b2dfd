"""Target: where the load goes, and how a connection to it begins."""

from __future__ import annotations

import errno
import os
import socket
from itertools import cycle
from typing import Final

SOURCES: Final = 4
"""Addresses that each client process sends from. One alone has 28,000 ports; short of them connect() becomes slow."""

# linux/in.h; Python has no name for it. The port is chosen when the peer is known, so that each source has all of them
_IP_BIND_ADDRESS_NO_PORT: Final = 24
_NON_BLOCKING: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC


class Target:
    """A server's address, for one client process."""

    def __init__(self, address: tuple[str, int] | str, client: int = 0) -> None:
        self._address = address
        self._family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        first = 2 + client * SOURCES
        self._sources = cycle([(f"127.0.0.{first + number}", 0) for number in range(SOURCES)])

    def connect(self) -> int:
        """The descriptor of a connection that is made or under way. Does not block; raises OSError.

        On AF_UNIX a full backlog is BlockingIOError, at once; on TCP the kernel tries again a second later by itself.
        """
        made = socket.socket(self._family, _NON_BLOCKING)
        try:
            if self._family == socket.AF_INET:
                made.setsockopt(socket.SOL_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                made.bind(next(self._sources))
            error = made.connect_ex(self._address)
            if error not in {0, errno.EINPROGRESS}:
                raise OSError(error, os.strerror(error))
        except OSError:
            made.close()
            raise
        return made.detach()
