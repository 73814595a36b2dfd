"""Closed loop: so many connections, and none asks again before it has its answer. Finds what a server can do at most.

It says little about waiting: while a server stands still a closed loop asks nothing, and what is not asked is not late.
`arrivals` asks at times of its own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.loads.load import Outcome
from poolhouse.survey.loads.meter import Meter
from poolhouse.survey.loads.target import Target
from poolhouse.survey.loads.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poolhouse.survey.loads.load import Load

NS: Final = 1_000_000_000
DRAIN_SECONDS: Final = 1.0
WAVE: Final = 64
"""So many connections are under way at a time, where it is not a burst: fewer than any backlog."""
_TURN_SECONDS: Final = 0.05


class ClosedLoop:
    """Owns the connections. What a connection does next it does only while `is_asking`."""

    def __init__(self, load: Load) -> None:
        self.wire = Wire(Target(load.address, load.client), self, spin_us=load.spin_us)
        self.latencies_ns: list[int] = []
        self.served: set[int] = set()
        self.failures_in_a_row = 0
        self.is_asking = False
        self._load = load
        self._wanted = load.share(load.connections)
        self._free: list[int] = []
        self._to_open = self._wanted

    @property
    def is_hopeless(self) -> bool:
        """Whether connection after connection failed, and none was served in between."""
        return self.failures_in_a_row > max(50, 2 * self._wanted)

    def ask_all(self) -> None:
        """Go on: let every connection that waits for nothing ask, and open those that are not there."""
        self.is_asking = True
        if self._to_open:
            self._open(min(self._to_open, WAVE))
        free, self._free = self._free, []
        now = time.monotonic_ns()
        for fd in free:
            self.wire.ask(fd, now)

    def run(self, until: Callable[[int], bool]) -> None:
        """Turn until the time, in monotonic nanoseconds, or what has come is enough, or there is no hope."""
        while not until(time.monotonic_ns()) and not self.is_hopeless:
            self.wire.turn(_TURN_SECONDS if not self._to_open else 0.001)
            if self.is_asking and self._to_open and len(self.wire.since) < max(WAVE, self._wanted // 2):
                self._open(min(self._to_open, WAVE))

    def drain(self) -> None:
        """Ask no more, and wait for what is under way; 1 s at most, where the server leaves it."""
        self.is_asking = False
        last = time.monotonic_ns() + int(DRAIN_SECONDS * NS)
        self.run(lambda now: not self.wire.since or now > last)

    def replied(self, fd: int, since: int, now: int) -> None:
        self.latencies_ns.append(now - since)
        self.served.add(fd)
        self.failures_in_a_row = 0
        if self._load.is_one_shot:
            return  # its end comes by itself
        if self.is_asking:
            self.wire.ask(fd, now)
        else:
            self._free.append(fd)

    def ended(self, fd: int, *, is_early: bool) -> None:
        if fd in self._free:
            self._free.remove(fd)
        if is_early or not self._load.is_one_shot:
            self.failures_in_a_row += 1
        self._to_open += 1
        if self.is_asking:
            self._open(1)

    def _open(self, count: int) -> None:
        now = time.monotonic_ns()
        for _ in range(count):
            if self.wire.open(now) is None:
                self.failures_in_a_row += 1
                return  # later: it is not there yet, or its backlog is full
            self._to_open -= 1


def closed(load: Load) -> Iterator[str | Outcome]:
    """Warm up, stop ("warm"), and measure."""
    loop = ClosedLoop(load)
    warm_up(loop, load)
    yield "warm"
    outcome = measure(loop, load)
    yield "end"
    loop.wire.close_all()
    yield outcome


def warm_up(loop: ClosedLoop, load: Load) -> None:
    """Let so many requests pass as the load says, or so much time as is to be measured; then stop."""
    wanted = max(load.share(load.warm_up), 1)
    last = time.monotonic_ns() + int(max(load.seconds, 1.0) * NS)
    loop.ask_all()
    loop.run(lambda now: len(loop.latencies_ns) >= wanted or now > last)
    loop.drain()


def measure(loop: ClosedLoop, load: Load) -> Outcome:
    """Ask for as long as the load says, and drain. What is then still waited for is censored; all stays open."""
    outcome = Outcome(wanted_count=load.share(load.connections), earlier_requests=len(loop.latencies_ns))
    loop.latencies_ns.clear()
    loop.served.clear()
    loop.wire.errors.clear()
    meter = Meter()
    last = meter.began + int(load.seconds * NS)
    loop.ask_all()
    loop.run(lambda now: now > last)
    meter.stop(outcome)
    in_time = len(loop.latencies_ns)
    loop.drain()
    outcome.requests = outcome.sessions = len(loop.latencies_ns)
    outcome.figures = {"rps": in_time / outcome.seconds}
    outcome.latency = Histogram(each // 1000 for each in loop.latencies_ns).to_json()
    outcome.censored = len(loop.wire.since)
    outcome.errors = dict(loop.wire.errors)
    outcome.alive_count = min(len(loop.served), outcome.wanted_count)
    if not loop.latencies_ns:
        outcome.failure = f"no request was answered in {load.seconds:g} s"
    elif loop.is_hopeless:
        outcome.failure = f"it stopped serving after {len(loop.latencies_ns)} requests"
    elif not load.is_one_shot and outcome.alive_count < outcome.wanted_count:
        # who serves half of its clients, and those twice, would look excellent
        outcome.failure = f"{outcome.alive_count} of {outcome.wanted_count} connections were served"
    return outcome
