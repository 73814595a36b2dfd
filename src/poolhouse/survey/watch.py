"""Watch: what is looked at while a cell is measured, phase by phase, and the figures that come of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from poolhouse.survey import observe, surroundings
from poolhouse.survey.observe import Switches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.loads.load import Outcome
    from poolhouse.survey.setting import Setting

_SHARES: Final = 100
"""A curve has so many steps."""
_NONE: Final = Switches(0, 0)
_REST_SECONDS: Final = 0.01
_REST_SHARE: Final = 0.02
"""A server rests that took less than this share of a processor for so long; some wake by themselves now and then."""
_MOST_REST_SECONDS: Final = 1.0


@dataclass(slots=True)
class Watch:
    """Looks at a server's group, and at the processors that server and clients use.

    Phases are "start" (it listens, and nobody is there), "warm" and maybe "full", after which everything counts, and
    "end". Each is looked at when the server rests, so that what clients left it with before, connections to close most
    of all, does not count as what comes after. What others took is looked for from "start" to "end": a burst alone is
    too short for the kernel's ticks.
    """

    group: int
    processors: frozenset[int]
    reads_memory: bool = False
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, observe.Memory] = field(default_factory=dict)
    tcp: dict[str, dict[str, int]] = field(default_factory=dict)
    instants: dict[str, surroundings.Instant] = field(default_factory=dict)
    own_cpu: dict[str, float] = field(default_factory=dict)
    switches_at_start: Switches = _NONE
    switches: Switches = _NONE

    def start(self) -> None:
        """Look at it before there are clients."""
        self.switches_at_start = observe.group_switches(self.group)
        self.look("start", ())

    def look(self, phase: str, clients: Sequence[int]) -> None:
        """Look at it once it rests. Its processor time last, so that what looking costs it does not count."""
        self._wait_for_rest()
        if self.reads_memory:
            self.memory[phase] = observe.group_memory(self.group)
        self.tcp[phase] = surroundings.tcp_counters()
        self.instants[phase] = surroundings.instant(self.processors)
        self.cpu[phase] = observe.group_cpu(self.group)
        self.own_cpu[phase] = self.cpu[phase] + sum(map(observe.process_cpu, clients)) + time.process_time()

    @property
    def is_complete(self) -> bool:
        """Whether it has seen the end."""
        return "end" in self.cpu

    @property
    def server_cpu(self) -> float:
        """Seconds that the server took while it counted."""
        return self.cpu["end"] - self.cpu[self._counts_from]

    @property
    def foreign_share(self) -> float:
        """What others took of the processors, 0 to 1."""
        own = self.own_cpu["end"] - self.own_cpu["start"]
        return surroundings.foreign_share(
            self.instants["start"], self.instants["end"], own, len(self.processors)
        )

    @property
    def steal_share(self) -> float:
        """What the host took of the processors, 0 to 1."""
        return surroundings.steal_share(self.instants["start"], self.instants["end"], len(self.processors))

    def figures(self, setting: Setting, outcome: Outcome) -> dict[str, float]:
        """What came out, by names with units. Divided by what was served; what was not to be had is left out."""
        found = dict(outcome.figures)
        if setting.scenario == "burst":
            found |= burst_figures(outcome)
        elif setting.scenario == "idle":
            found |= self._per_idle_connection(outcome) | {"alive_count": float(outcome.alive_count)}
        if setting.transport == "tcp":
            found |= surroundings.grown(self.tcp[self._counts_from], self.tcp["end"])
        if outcome.requests:
            found["server_cpu_us_per_request"] = self.server_cpu * 1e6 / outcome.requests
            served = outcome.requests + outcome.earlier_requests
            if setting.scenario != "burst":
                found["voluntary_switches_per_request"] = self.switches.voluntary / served
                found["involuntary_switches_per_request"] = self.switches.involuntary / served
        if outcome.sessions and setting.scenario in {"churn", "burst"}:
            found["server_cpu_us_per_connection"] = self.server_cpu * 1e6 / outcome.sessions
        return found

    def _wait_for_rest(self) -> None:
        """Wait for the server to do nothing, though clients stand still already; 1 s at most, for one that spins."""
        last = time.monotonic() + _MOST_REST_SECONDS
        before = observe.group_cpu(self.group)
        while time.monotonic() < last:
            time.sleep(_REST_SECONDS)  # to do nothing is no event: only time shows it
            now = observe.group_cpu(self.group)
            if now - before < _REST_SHARE * _REST_SECONDS:
                return
            before = now

    @property
    def _counts_from(self) -> str:
        return "full" if "full" in self.cpu else "warm"

    def _per_idle_connection(self, outcome: Outcome) -> dict[str, float]:
        if not outcome.alive_count or "full" not in self.memory:
            return {}
        before, after = self.memory["warm"], self.memory["full"]
        return {
            f"{figure}_per_connection": (getattr(after, name) - getattr(before, name)) / outcome.alive_count
            for name, figure in (
                ("pss_kb", "server_pss_kb"),
                ("kernel_stack_kb", "kernel_stack_kb"),
                ("page_table_kb", "page_table_kb"),
            )
        }


def burst_figures(outcome: Outcome) -> dict[str, float]:
    """When all connections had come to each stage, where all did, and how many were served."""
    return {"alive_count": float(outcome.alive_count)} | {
        f"{stage}_ms": marks[-1]
        for stage, marks in outcome.marks_ms.items()
        if marks and len(marks) == outcome.wanted_count
    }


def curve(marks: Sequence[float], count: int) -> list[float]:
    """When the first, each further hundredth and the last of `count` had come; shorter where only some came."""
    places = [max(-(-step * count // _SHARES), 1) - 1 for step in range(_SHARES + 1)]
    return [round(marks[place], 3) for place in places if place < len(marks)]


def sentence(failure: str, errors: dict[str, int], said: str) -> str:
    """A failure with the client's errors and the last line of what the server said."""
    counted = ", ".join(f"{name} {count} times" for name, count in sorted(errors.items()))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(filter(None, (failure, counted, f"the server said: {lines[-1][:300]}" if lines else "")))
