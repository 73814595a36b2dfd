"""Progress: how far a run is, and how long it will still take by what it took so far."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """So many steps of a total are done, and what is done now, in a few words."""

    done: int
    total: int
    what: str
    remaining_seconds: float


class Pace:
    """Counts steps, each with a guess of its seconds, and says how far it is before each."""

    def __init__(self, say: Callable[[Progress], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._began = clock()
        self._total = self._done = 0
        self._guessed = self._passed = 0.0

    def expect(self, guess_seconds: float, count: int = 1) -> None:
        """There are so many more steps, all of them guessed at so long together."""
        self._total += count
        self._guessed += guess_seconds

    def begin(self, what: str) -> None:
        """A step begins, or a repetition of one."""
        spent = self._clock() - self._began
        pace = spent / self._passed if self._passed else 1.0
        self._say(
            Progress(
                done=self._done,
                total=self._total,
                what=what,
                remaining_seconds=max(self._guessed - self._passed, 0.0) * pace,
            )
        )

    def finish(self, guess_seconds: float) -> None:
        """A step is over that was guessed at so long."""
        self._done += 1
        self._passed += guess_seconds

    def forget(self, guess_seconds: float) -> None:
        """A step was done in an earlier run: it counts as done, and says nothing of how fast this one is."""
        self._done += 1
        self._guessed -= guess_seconds
