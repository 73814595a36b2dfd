"""Burst: so many connections at a time, and how long until all of them are connected, greeted, answered and closed.

The graph that began it all, drawn anew. *Connected* is the kernel's doing as long as the backlog lasts, whatever the
server is at; *greeted*, where the server speaks first, is the first that it did itself.
"""

from __future__ import annotations

import errno
import os
import select
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from poolhouse.survey.loads.closed import NS
from poolhouse.survey.loads.load import Outcome
from poolhouse.survey.loads.meter import Meter
from poolhouse.survey.loads.target import Target
from poolhouse.survey.loads.wire import EARLY_END, REPLY, REQUEST, WRONG_REPLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.survey.loads.load import Load

GREETING: Final = b"hello\n"
STAGES: Final = ("connected", "greeted", "answered", "closed")
_EVENTS: Final = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_BETWEEN: Final = 32
"""Connections begun before it is looked at what became of the earlier ones."""
_AGAIN_SECONDS: Final = 0.002
_WARMING: Final = 32


class Burst:
    """One burst. `marks` has the times at which connections came to each stage, in ns after the beginning."""

    def __init__(self, load: Load, count: int) -> None:
        self.marks: dict[str, list[int]] = {stage: [] for stage in STAGES}
        self.errors: Counter[str] = Counter()
        self._load = load
        self._count = count
        self._target = Target(load.address, load.client)
        self._epoll = select.epoll()
        self._seen: dict[int, bytes | None] = {}  # what came so far; None while it is not connected
        self._expected = (GREETING if load.greets else b"") + REPLY
        self._began = time.monotonic_ns()
        self._moved = self._began
        self._failed = 0

    @property
    def alive_count(self) -> int:
        """How many connections were answered, and closed by the server."""
        return len(self.marks["closed"])

    def run(self) -> None:
        """Connect all, and see to them until all are over or nothing has moved for the load's patience."""
        to_open, patience = self._count, int(self._load.patience_seconds * NS)
        again: deque[int] = deque()
        while self.alive_count + self._failed < self._count:
            now = time.monotonic_ns()
            if now - self._moved > patience:
                break
            if to_open and (not again or now > again[0]):
                again.clear()
                for _ in range(min(to_open, _BETWEEN)):
                    if not self._open():
                        again.append(now + int(_AGAIN_SECONDS * NS))
                        break
                    to_open -= 1
            self._turn(0 if to_open and not again else _AGAIN_SECONDS if again else 0.1)
        self._epoll.close()
        for fd in self._seen:
            os.close(fd)

    def _open(self) -> bool:
        """Begin one; False where the backlog of an AF_UNIX socket is full and it has to come again."""
        try:
            fd = self._target.connect()
        except BlockingIOError:
            return False
        except OSError as error:
            self._fail(error)
            return True
        self._seen[fd] = None
        self._epoll.register(fd, _EVENTS)
        return True

    def _turn(self, timeout_seconds: float) -> None:
        for fd, event in self._epoll.poll(timeout_seconds, 256):
            try:
                if self._seen[fd] is None and event & select.EPOLLOUT and not event & select.EPOLLERR:
                    self._mark("connected")
                    self._seen[fd] = b""
                    if not self._load.greets:
                        os.write(fd, REQUEST)
                if event & ~select.EPOLLOUT:
                    self._read(fd)
            except OSError as error:
                self._close(fd)
                self._fail(error)

    def _read(self, fd: int) -> None:
        """Take what is there. Edge-triggered: one read after another, until there is no more or the end."""
        while True:
            try:
                data = os.read(fd, 4096)
            except BlockingIOError:
                return
            before = self._seen[fd] or b""
            if not data:
                self._ended(fd, before)
                return
            self._seen[fd] = seen = before + data
            if self._load.greets and len(before) < len(GREETING) <= len(seen):
                self._mark("greeted")
                os.write(fd, REQUEST)
            if len(before) < len(self._expected) <= len(seen):
                self._mark("answered")

    def _ended(self, fd: int, seen: bytes) -> None:
        self._close(fd)
        if seen == self._expected:
            self._mark("closed")
        else:
            self.errors[EARLY_END if self._expected.startswith(seen) else WRONG_REPLY] += 1
            self._failed += 1

    def _mark(self, stage: str) -> None:
        self._moved = time.monotonic_ns()
        self.marks[stage].append(self._moved - self._began)

    def _fail(self, error: OSError) -> None:
        self.errors[errno.errorcode.get(error.errno or 0, "OSError")] += 1
        self._failed += 1
        self._moved = time.monotonic_ns()

    def _close(self, fd: int) -> None:
        del self._seen[fd]
        os.close(fd)


def burst(load: Load) -> Iterator[str | Outcome]:
    """Warm up by small bursts ("warm"), and make the one that counts."""
    for _ in range(load.share(load.warm_up) // _WARMING):
        warming = Burst(load, _WARMING)
        warming.run()
        if warming.alive_count < _WARMING:
            break  # it fails already
    yield "warm"
    wanted = load.share(load.connections)
    outcome = Outcome(wanted_count=wanted)
    meter = Meter()
    found = Burst(load, wanted)
    found.run()
    meter.stop(outcome)
    outcome.requests = outcome.sessions = outcome.alive_count = found.alive_count
    outcome.marks_ms = {
        stage: [each / 1e6 for each in marks]
        for stage, marks in found.marks.items()
        if stage != "greeted" or load.greets
    }
    outcome.errors = dict(found.errors)
    if outcome.alive_count < wanted:
        moves = "; nothing moved any more" if not found.errors.total() else ""
        outcome.failure = f"{outcome.alive_count} of {wanted} connections were served{moves}"
    yield "end"
    yield outcome
