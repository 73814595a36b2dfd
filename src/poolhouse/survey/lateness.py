"""Lateness: how long after its time each tick of a loop came, the ticks counted that a stall swallowed.

A loop that sleeps 5 ms, notes how late it woke and sleeps again asks nothing while it is stalled: a stall of a second
is one late tick among hundreds, and no percentile shows it (G. Tene's "coordinated omission"). Here ticks have their
times beforehand, each interval after the start, whatever happens. One wake answers every tick that is due, and each of
them is as late as the wake is after the tick's own time: a stall of a second is 200 ticks, late by 1000, 995, ... ms.
That is exact, where HdrHistogram's correction has to guess what was left out.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

_MS = 1_000_000


def lateness(began: int, wakes: Sequence[int], interval: int) -> list[int]:
    """How late each tick came: those at `began` + n times `interval`, n from 1, which a wake answered.

    All are whole numbers of one unit of time. `wakes` ascend. A wake before the next tick's time answers nothing.
    """
    found: list[int] = []
    due = began + interval
    for wake in wakes:
        while due <= wake:
            found.append(wake - due)
            due += interval
    return found


def next_tick(began: int, now: int, interval: int) -> int:
    """The time of the first tick after `now`."""
    return began + ((now - began) // interval + 1) * interval


class Ticker:
    """Wakes `loop` for every tick from when it is made until `stop`. Costs some ten microseconds a tick.

    Loops count timers in whole milliseconds, so on an idle machine a tick is up to one late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, interval_ms: int = 5) -> None:
        self._loop = loop
        self._interval = interval_ms * _MS
        self._wakes: list[int] = []
        self._began = time.monotonic_ns()
        self._timer = self._wait(self._began)

    def stop(self) -> list[float]:
        """The lateness of every tick that was due by now, in milliseconds."""
        self._timer.cancel()
        self._wakes.append(time.monotonic_ns())
        return [late / _MS for late in lateness(self._began, self._wakes, self._interval)]

    def _wake(self) -> None:
        now = time.monotonic_ns()
        self._wakes.append(now)
        self._timer = self._wait(now)

    def _wait(self, now: int) -> asyncio.TimerHandle:
        remaining = next_tick(self._began, now, self._interval) - now
        # rounded up: a timer that fires before the tick would only have to wait again
        return self._loop.call_later(math.ceil(remaining / _MS) / 1000, self._wake)
