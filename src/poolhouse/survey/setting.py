"""Setting: a scenario with everything that it leaves open; profile: some of them, and how often."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from poolhouse.survey.records import Scenario, Transport  # noqa: TC001 - msgspec reads the annotations

_OVERHEAD_SECONDS: Final = 0.5
"""What a cell takes beside what counts: two interpreters, a warm-up, an end."""
_SECONDS_PER_CONNECTION: Final = 0.0002


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario with all that it leaves open. `parameters` are its names in a result.

    `seconds` is what counts of a cell. `is_pinned`: the server has one processor; otherwise all there are. It is
    measured in one of `every` rounds: a point of a curve needs fewer of them than what shall be ranked.
    """

    scenario: Scenario
    connections: int
    transport: Transport = "tcp"
    mode: str = "one-shot"
    backlog: int = 4096
    greets: bool = False
    rate_per_s: int = 0
    idle: int = 0
    heavy_us: int = 0
    session_requests: int = 0
    seconds: float = 0.75
    warm_up: int = 500
    is_pinned: bool = True
    every: int = 1

    @property
    def parameters(self) -> dict[str, Any]:
        """What tells it from others of its scenario and transport; the same in every run."""
        return {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in {"scenario", "transport", "every"}
        }

    @property
    def size(self) -> int:
        """How many connections it has at a time."""
        return self.connections + self.idle

    @property
    def estimated_seconds(self) -> float:
        """How long a cell takes, as a guess."""
        counts = 0.0 if self.scenario == "burst" else self.seconds
        return _OVERHEAD_SECONDS + counts + self.size * _SECONDS_PER_CONNECTION

    @property
    def label(self) -> str:
        """In a few words, for whoever waits."""
        rate = f" at {self.rate_per_s:,}/s" if self.rate_per_s else ""
        count = f" {self.idle:,}" if self.idle else f" {self.connections:,}"
        mode = f" {self.mode}" if self.scenario == "closed" else ""
        transport = " unix" if self.transport == "unix" else ""
        backlog = f" backlog {self.backlog}" if self.backlog < self.connections else ""
        return f"{self.scenario}{mode}{transport}{count}{rate}{backlog}"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. No mechanisms named: all that run here."""

    name: str
    rounds: int
    settings: tuple[Setting, ...]
    mechanisms: tuple[str, ...] = ()
    images_rounds: int = 0
    canary_seconds: float = 0.5
