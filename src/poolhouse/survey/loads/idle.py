"""Idle: many connections that only wait, beside a few that ask in a closed loop. What waiting costs.

Each of them is served once first, so that the server really has it: the kernel alone would hold it in the backlog.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from poolhouse.survey.loads.closed import NS, WAVE, ClosedLoop, measure, warm_up
from poolhouse.survey.loads.load import Outcome
from poolhouse.survey.loads.target import Target
from poolhouse.survey.loads.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.survey.loads.load import Load


class Idlers:
    """Owns the connections that wait. `served` is how many had their one answer and are still there."""

    def __init__(self, load: Load) -> None:
        self.wire = Wire(Target(load.address, load.client), self)
        self.served = 0
        self._wanted = load.share(load.idle)
        self._patience = int(load.patience_seconds * NS)
        self._moved = 0

    def open_all(self) -> bool:
        """Open all of them, some at a time; whether all were served. Stops where nothing moves any more."""
        self._moved = time.monotonic_ns()
        while self.served < self._wanted:
            now = time.monotonic_ns()
            if now - self._moved > self._patience:
                return False
            while len(self.wire.since) < WAVE and len(self.wire) < self._wanted:
                if self.wire.open(now) is None:
                    break
            self.wire.turn(0.01)
        return True

    def replied(self, _fd: int, _since: int, now: int) -> None:
        self.served += 1
        self._moved = now

    def ended(self, _fd: int, *, is_early: bool) -> None:
        self.served -= not is_early


def idle(load: Load) -> Iterator[str | Outcome]:
    """Warm up with the active ones ("warm"), open the idle ones ("full"), and measure the active ones."""
    loop = ClosedLoop(load)
    if load.client == 0:
        warm_up(loop, load)
    yield "warm"
    idlers = Idlers(load)
    is_full = idlers.open_all()
    yield "full"
    if load.client == 0 and is_full:
        outcome = measure(loop, load)
        outcome.figures["active_rps"] = outcome.figures.pop("rps")
    else:
        outcome = Outcome()
    idlers.wire.turn(0)  # those that the server threw out meanwhile
    outcome.wanted_count = load.share(load.idle)
    outcome.alive_count = idlers.served
    outcome.earlier_requests += idlers.served
    outcome.errors = dict(idlers.wire.errors + Counter(outcome.errors))
    if not is_full:
        outcome.failure = f"{idlers.served} of {outcome.wanted_count} idle connections were served"
    yield "end"
    loop.wire.close_all()
    idlers.wire.close_all()
    yield outcome
