"""Lateness: every tick has its time beforehand, and a stall is as many late ticks as it swallowed."""

from __future__ import annotations

import asyncio
import time
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.lateness import Ticker, lateness, next_tick
from poolhouse.survey.spread import percentile

WAKES = st.lists(st.integers(0, 60), max_size=60).map(lambda gaps: list(accumulate(gaps)))


@given(st.integers(-1000, 1000), WAKES, st.integers(1, 20))
def test_each_tick_is_as_late_as_the_first_wake_after_it(began: int, wakes: list[int], interval: int) -> None:
    wakes = [began + wake for wake in wakes]
    last = max(wakes, default=began)
    ticks = range(began + interval, last + 1, interval)
    assert lateness(began, wakes, interval) == [
        min(wake for wake in wakes if wake >= tick) - tick for tick in ticks
    ]


def test_a_loop_on_time_is_never_late() -> None:
    assert lateness(100, [105, 110, 115], 5) == [0, 0, 0]


def test_an_early_wake_answers_nothing() -> None:
    assert lateness(0, [4, 5, 9, 12], 5) == [0, 2]


def test_a_stall_is_not_one_late_tick_but_all_that_it_swallowed() -> None:
    # a second's stall in a hundred seconds of ticks each 5 ms: noted once at each wake, no percentile would show it
    wakes = [*range(5, 50_000, 5), *range(51_000, 100_000, 5)]
    ticks = lateness(0, wakes, 5)
    assert len(ticks) == 99_995 // 5
    assert sum(late > 0 for late in ticks) == 200
    assert percentile(ticks, 0.999) > 900
    naive = [late - before - 5 for before, late in pairwise(wakes)]
    assert percentile(naive, 0.999) == 0


@given(st.integers(-100, 100), st.integers(0, 1000), st.integers(1, 50))
def test_the_next_tick_is_the_first_one_that_is_still_to_come(began: int, gone: int, interval: int) -> None:
    found = next_tick(began, began + gone, interval)
    assert (found - began) % interval == 0
    assert found - interval <= began + gone < found


async def test_a_stalled_loop_is_seen() -> None:
    loop = asyncio.get_running_loop()
    ticker = Ticker(loop, interval_ms=5)
    await asyncio.sleep(0.02)
    stalled_until = time.monotonic() + 0.1
    while time.monotonic() < stalled_until:
        pass
    ticks = ticker.stop()
    assert max(ticks) >= 90
    assert sum(late >= 40 for late in ticks) >= 10
