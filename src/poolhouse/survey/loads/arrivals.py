"""Arrivals: work that comes at times of its own, whatever the server does (Poisson): open loop, and churn, partly open.

A request's latency counts from when it was meant to be sent: where all connections are taken it waits here, and that is
part of it. What has no answer at the end is counted as censored. (G. Tene on "coordinated omission"; B. Schroeder,
A. Wierman, M. Harchol-Balter, "Open versus closed: a cautionary tale", NSDI 2006.)
"""

from __future__ import annotations

import time
from collections import deque
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.loads.closed import NS, ClosedLoop, warm_up
from poolhouse.survey.loads.load import CLIENT_LATE, Outcome
from poolhouse.survey.loads.meter import Meter
from poolhouse.survey.loads.target import Target
from poolhouse.survey.loads.timer import Timer
from poolhouse.survey.loads.wire import Wire
from poolhouse.survey.spread import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.survey.loads.load import Load

_MOST_EVENTS: Final = 32
"""Seen to before the next arrival is looked at, so that the client itself is late by 0.2 ms at most."""


def poisson(rate_per_s: float, seconds: float, seed: int) -> list[int]:
    """Times of arrivals after the beginning, in nanoseconds, ascending; as many as come in so many seconds."""
    random = Random(seed)  # noqa: S311 - a load, no secret
    found: list[int] = []
    for at in accumulate(iter(lambda: random.expovariate(rate_per_s), None)):
        if at >= seconds:
            return found
        found.append(int(at * NS))
    raise AssertionError("time does not end")


class Arrivals:
    """Owns the connections. What arrives waits here for one that is free: a request, or a session of some.

    `late_ns` is how late the client itself was to see each arrival: where it is not small, latencies are the client's.
    """

    def __init__(self, load: Load) -> None:
        self.wire = Wire(Target(load.address, load.client), self, spin_us=load.spin_us)
        self.waiting: deque[int] = deque()
        self.latencies_ns: list[int] = []
        self.late_ns: list[int] = []
        self.sessions = 0
        self.connected = 0
        self._timer = Timer()
        self._load = load
        self._most = load.share(load.connections)
        self._free: deque[int] = deque()
        self._is_kept = load.scenario == "open" and not load.is_one_shot
        self._left: dict[int, int] = {}
        self.wire.watch(self._timer.fd)

    def connect_all(self) -> bool:
        """Have every connection of an open loop, each served once; whether all were, before patience ended."""
        last = time.monotonic_ns() + int(self._load.patience_seconds * NS)
        missing = self._most
        while missing or self.wire.since:
            now = time.monotonic_ns()
            if now > last:
                break
            if missing and len(self.wire.since) < 64:
                missing -= self.wire.open(now) is not None
            self.wire.turn(0.001 if not missing else 0)
        self.connected = len(self.latencies_ns)
        self.latencies_ns.clear()
        if self.connected == self._most:
            self.wire.errors.clear()
        return self.connected == self._most

    def run(self, schedule: Sequence[int], began: int, last: int) -> None:
        """Let everything arrive at its time after `began`; return when all is done, or at `last`."""
        queue = deque(began + each for each in schedule)
        while queue or self.waiting or self.wire.since:
            now = time.monotonic_ns()
            if now > last:
                return
            while queue and queue[0] <= now:
                self.late_ns.append(now - queue[0])
                self.waiting.append(queue.popleft())
            self._begin()
            self._timer.set(min(queue[0], last) if queue else last)
            self.wire.turn(-1, _MOST_EVENTS)

    def replied(self, fd: int, since: int, now: int) -> None:
        self.latencies_ns.append(now - since)
        if self._is_kept:
            self._free.append(fd)
        elif not self._load.is_one_shot:
            self._left[fd] = self._left.get(fd, self._load.session_requests) - 1
            if self._left[fd]:
                self.wire.ask(fd, now)
            else:
                del self._left[fd]
                self.wire.close(fd)
                self.sessions += 1

    def ended(self, fd: int, *, is_early: bool) -> None:
        self._left.pop(fd, None)
        if self._is_kept and fd in self._free:
            self._free.remove(fd)
        elif self._load.is_one_shot and not is_early:
            self.sessions += 1

    def close(self) -> None:
        """Close everything."""
        self.wire.close_all()
        self._timer.close()

    def _begin(self) -> None:
        while self.waiting:
            if self._is_kept and self._free:
                self.wire.ask(self._free.popleft(), self.waiting.popleft())
            elif len(self.wire) < self._most:
                if self.wire.open(self.waiting[0]) is None:
                    self.waiting.popleft()  # refused: counted among the errors, and not asked again
                    continue
                self.waiting.popleft()
            else:
                return


def arrivals(load: Load) -> Iterator[str | Outcome]:
    """Warm up in a closed loop ("warm"), and measure what arrives."""
    warming = ClosedLoop(load)
    warm_up(warming, load)
    warming.wire.close_all()
    found = Arrivals(load)
    if load.scenario == "open" and not load.is_one_shot and not found.connect_all():
        yield "warm"
        yield "end"
        yield _starved(found, load)
        return
    schedule = poisson(load.rate_per_s / load.clients, load.seconds, load.seed + load.client)
    yield "warm"
    outcome = Outcome(
        wanted_count=len(schedule), earlier_requests=len(warming.latencies_ns) + found.connected
    )
    meter = Meter()
    last = meter.began + int((load.seconds + load.patience_seconds) * NS)
    found.run(schedule, meter.began, last)
    meter.stop(outcome)
    _tell(found, load, outcome)
    yield "end"
    found.close()
    yield outcome


def _starved(found: Arrivals, load: Load) -> Outcome:
    """What came of a loop whose connections were not all taken: those that were would look excellent."""
    found.close()
    wanted = load.share(load.connections)
    return Outcome(
        wanted_count=wanted,
        alive_count=found.connected,
        errors=dict(found.wire.errors),
        failure=f"{found.connected} of {wanted} connections were served",
    )


def _tell(found: Arrivals, load: Load, outcome: Outcome) -> None:
    spent = max(outcome.seconds, load.seconds)
    outcome.requests = len(found.latencies_ns)
    outcome.sessions = found.sessions or outcome.requests
    outcome.latency = Histogram(each // 1000 for each in found.latencies_ns).to_json()
    outcome.errors = dict(found.wire.errors)
    outcome.alive_count = found.sessions if load.scenario == "churn" else outcome.requests
    outcome.censored = outcome.wanted_count - outcome.alive_count
    if load.scenario == "churn":
        outcome.figures = {
            "offered_connections_per_s": outcome.wanted_count / load.seconds,
            "connections_per_s": found.sessions / spent,
        }
    else:
        outcome.figures = {
            "offered_rps": outcome.wanted_count / load.seconds,
            "answered_rps": outcome.requests / spent,
        }
    if found.late_ns:
        outcome.figures[CLIENT_LATE] = percentile(found.late_ns, 0.99) / 1000
    if not found.latencies_ns:
        outcome.failure = f"no request was answered in {spent:.1f} s"
