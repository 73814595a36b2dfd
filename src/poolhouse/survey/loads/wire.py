"""Wire: the connections of one client process on one epoll. Asks, and tells who owns it of replies and ends.

This is the part that has to be fast: some 7 µs a request and 60 µs a connection, most of it in the kernel. Everything
it waits for ends with a read or an error; it has no timers.
"""

from __future__ import annotations

import errno
import os
import select
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from poolhouse.survey.loads.target import Target

NUMBER: Final = 20_041_121
REQUEST: Final = b"%d\n" % NUMBER
REPLY: Final = b"%d\n" % (NUMBER * 2 + 1)

EARLY_END: Final = "EOF"
"""The name, beside those of errno, of a connection that ended where there should have been a reply."""
WRONG_REPLY: Final = "wrong reply"
"""The name of a reply that is not what was to be computed."""

_READ: Final = select.EPOLLIN | select.EPOLLRDHUP
_CONNECT: Final = _READ | select.EPOLLOUT | select.EPOLLET
_ENDED: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_SIZE: Final = 4096


class Owner(Protocol):
    """Who decides what happens next."""

    def replied(self, fd: int, since: int, now: int, /) -> None:
        """The request that counts from `since` has its reply now; monotonic nanoseconds."""

    def ended(self, fd: int, /, *, is_early: bool) -> None:
        """The connection is gone; early: while a reply was due. The descriptor is closed already."""


class Wire:
    """Connections by descriptor. `since` has a time for each that waits for a reply: from when its request counts."""

    def __init__(self, target: Target, owner: Owner, *, spin_us: float = 0.0) -> None:
        self.since: dict[int, int] = {}
        self.errors: Counter[str] = Counter()
        self._target = target
        self._owner = owner
        self._epoll = select.epoll()
        self._unsent: set[int] = set()
        self._partial: dict[int, bytes] = {}
        self._fds: dict[int, int] = {}  # with a serial number: descriptors come again
        self._opened = 0
        self._spin_ns = int(spin_us * 1000)

    def __len__(self) -> int:
        return len(self._fds)

    def watch(self, fd: int) -> None:
        """Let a timer wake `turn` too."""
        self._epoll.register(fd, select.EPOLLIN)

    def open(self, since: int) -> int | None:
        """A new connection that asks at once; None where that failed, which is counted."""
        try:
            fd = self._target.connect()
        except OSError as error:
            self._count(error)
            return None
        self._opened += 1
        self._fds[fd] = self._opened
        self.since[fd] = since
        try:
            os.write(fd, REQUEST)
        except BlockingIOError:  # the handshake is not over
            self._unsent.add(fd)
            self._epoll.register(fd, _CONNECT)
        except OSError as error:
            self._count(error)
            self.close(fd)
            return None
        else:
            self._epoll.register(fd, _READ)
        return fd

    def ask(self, fd: int, since: int) -> None:
        """Send another request on a connection that waits for nothing."""
        self.since[fd] = since
        try:
            os.write(fd, REQUEST)
        except OSError as error:
            self._fail(fd, error)

    def close(self, fd: int) -> None:
        """Close a connection, whatever it waits for."""
        self.since.pop(fd, None)
        self._unsent.discard(fd)
        self._partial.pop(fd, None)
        del self._fds[fd]
        os.close(fd)

    def close_all(self) -> None:
        """Close every connection, and the epoll."""
        for fd in list(self._fds):
            self.close(fd)
        self._epoll.close()

    def turn(self, timeout_seconds: float, most: int = 256) -> None:
        """Wait for something to happen and see to it."""
        for fd, event in self._epoll.poll(timeout_seconds, most):
            serial = self._fds.get(fd)
            if serial is None:  # a timer
                continue
            if fd in self._unsent and not self._begin(fd, event):
                continue
            try:
                data = os.read(fd, _SIZE)
            except BlockingIOError:
                continue
            except OSError as error:
                self._fail(fd, error)
                continue
            if data:
                self._take(fd, data)
            if (not data or event & _ENDED) and self._fds.get(fd) == serial:
                self._end(fd)

    def _begin(self, fd: int, event: int) -> bool:
        """Ask on a connection that was under way; whether there may be something to read."""
        if not event & _ENDED and event & select.EPOLLOUT:
            self._unsent.discard(fd)
            self.ask(fd, self.since[fd])
            return bool(event & select.EPOLLIN) and fd in self._fds
        return bool(event & _ENDED)

    def _take(self, fd: int, data: bytes) -> None:
        if data != REPLY:
            data = self._partial.pop(fd, b"") + data
            if len(data) < len(REPLY) and REPLY.startswith(data):
                self._partial[fd] = data
                return
            if data != REPLY:
                self.errors[WRONG_REPLY] += 1
        since = self.since.pop(fd, None)
        now = time.monotonic_ns()
        if self._spin_ns:
            while time.monotonic_ns() - now < self._spin_ns:
                pass
        if since is not None:
            self._owner.replied(fd, since, now)

    def _end(self, fd: int) -> None:
        is_early = fd in self.since
        if is_early:
            self.errors[EARLY_END] += 1
        self.close(fd)
        self._owner.ended(fd, is_early=is_early)

    def _fail(self, fd: int, error: OSError) -> None:
        self._count(error)
        is_early = fd in self.since
        self.close(fd)
        self._owner.ended(fd, is_early=is_early)

    def _count(self, error: OSError) -> None:
        self.errors[errno.errorcode.get(error.errno or 0, "OSError")] += 1
