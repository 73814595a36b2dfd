"""Meter: what the client process itself took of its processor meanwhile, and how long it had to wait for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolhouse.survey.loads.load import Outcome

_NS = 1_000_000_000
_SCHEDSTAT = Path("/proc/self/schedstat")


class Meter:
    """Runs from when it is made until `stop`."""

    def __init__(self) -> None:
        self.began = time.monotonic_ns()
        self._cpu = time.process_time()
        self._delay = _delay_seconds()

    def stop(self, outcome: Outcome) -> None:
        """Write the seconds, the processor time and the delay since the beginning into the outcome."""
        outcome.seconds = (time.monotonic_ns() - self.began) / _NS
        outcome.cpu_seconds = time.process_time() - self._cpu
        outcome.delay_seconds = _delay_seconds() - self._delay


def _delay_seconds() -> float:
    """How long this thread was ready to run and did not (schedstats); 0 where the kernel does not say."""
    try:
        return int(_SCHEDSTAT.read_text("ascii").split()[1]) / _NS
    except (OSError, IndexError):
        return 0.0
