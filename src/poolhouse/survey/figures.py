"""Figures: what is read off a cell, and which cells may be compared: those of one setting, round by round."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poolhouse.survey.records import Cell

PERCENTILES: Final = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}
"""Figures that are made of a cell's latencies."""

_US_PER_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing measured. `is_rate`: more is better, and the client or the kernel may be what ends it."""

    name: str
    title: str
    unit: str
    is_rate: bool = False


FIGURES: Final = {
    figure.name: figure
    for figure in (
        Figure(name="connected_ms", title="connected", unit="ms"),
        Figure(name="greeted_ms", title="greeted", unit="ms"),
        Figure(name="answered_ms", title="answered", unit="ms"),
        Figure(name="closed_ms", title="closed", unit="ms"),
        Figure(name="active_rps", title="requests of the active", unit="per second", is_rate=True),
        Figure(name="server_pss_kb_per_connection", title="the process's own", unit="kB"),
        Figure(name="kernel_stack_kb_per_connection", title="kernel stacks", unit="kB"),
        Figure(name="page_table_kb_per_connection", title="page tables", unit="kB"),
        Figure(name="rps", title="requests", unit="per second", is_rate=True),
        Figure(name="server_cpu_us_per_request", title="server's processor time a request", unit="µs"),
        Figure(name="connections_per_s", title="connections", unit="per second", is_rate=True),
        Figure(name="server_cpu_us_per_connection", title="server's processor time a connection", unit="µs"),
        Figure(name="answered_rps", title="answered requests", unit="per second", is_rate=True),
        Figure(name="p50_ms", title="latency, median", unit="ms"),
        Figure(name="p99_ms", title="latency, 99 %", unit="ms"),
        Figure(name="p999_ms", title="latency, 99.9 %", unit="ms"),
        Figure(name="client_late_p99_us", title="the client itself late, 99 %", unit="µs"),
    )
}

RANKED: Final[Mapping[str, tuple[str, ...]]] = {
    "closed": ("server_cpu_us_per_request", "rps"),
    "open": ("p50_ms", "p99_ms"),
    "burst": ("answered_ms",),
    "idle": ("active_rps", "server_pss_kb_per_connection"),
    "churn": ("server_cpu_us_per_connection", "connections_per_s"),
    "heavy": ("rps",),
}
"""By scenario, the figures that mechanisms are put in an order by."""

_TITLES = {
    "burst": "burst",
    "idle": "idle many, active few",
    "closed": "closed loop",
    "open": "open loop",
    "churn": "churn",
    "heavy": "processor-heavy handler",
}


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Setting:
    """What cells have in common that may be compared. 0 and "" where the scenario has no such thing."""

    scenario: str
    transport: str = "tcp"
    mode: str = ""
    backlog: int = 0
    heavy_us: int = 0
    connections: int = 0
    idle: int = 0
    rate_per_s: float = 0.0

    @property
    def title(self) -> str:
        """In words, such as "closed loop, keep-alive, 64 connections, TCP"."""
        parts = [_TITLES.get(self.scenario, self.scenario), self.mode]
        parts += [f"{self.rate_per_s:,.0f} requests/s offered"] if self.rate_per_s else []
        parts += [f"{self.idle:,} idle"] if self.idle else []
        parts += [f"{self.connections:,} {_counted(self.scenario)}"] if self.connections else []
        parts += [f"{self.heavy_us:,} µs a request"] if self.heavy_us else []
        parts += [f"backlog {self.backlog:,}"] if self.backlog and self.scenario == "burst" else []
        return ", ".join([*filter(None, parts), transport_title(self.transport)])


def _counted(scenario: str) -> str:
    return "active" if scenario == "idle" else "connections"


def transport_title(transport: str) -> str:
    """As it is written."""
    return {"tcp": "TCP", "unix": "AF_UNIX"}.get(transport, transport)


def setting_of(cell: Cell) -> Setting:
    """The setting that a cell was measured in; parameters of other names tell nothing apart."""
    said = cell.parameters
    return Setting(
        scenario=cell.scenario,
        transport=cell.transport,
        mode=str(said.get("mode") or ""),
        backlog=int(said.get("backlog") or 0),
        heavy_us=int(said.get("heavy_us") or 0),
        connections=int(said.get("connections") or 0),
        idle=int(said.get("idle") or 0),
        rate_per_s=float(said.get("rate_per_s") or 0),
    )


def by_setting(cells: Iterable[Cell]) -> dict[Setting, list[Cell]]:
    """The cells that count (those not dropped), in settings that ascend."""
    found: dict[Setting, list[Cell]] = defaultdict(list)
    for cell in cells:
        if not cell.dropped:
            found[setting_of(cell)].append(cell)
    return dict(sorted(found.items()))


def value_of(cell: Cell, figure: str) -> float | None:
    """A figure of a cell, None where it has none. A percentile among the unanswered is infinite."""
    share = PERCENTILES.get(figure)
    if share is None:
        return cell.figures.get(figure)
    if not cell.latency:
        return None
    return cell.histogram.percentile_us(share, cell.censored) / _US_PER_MS


def values(cells: Iterable[Cell], figure: str) -> dict[str, dict[int, float]]:
    """A figure of each mechanism by round, of cells that neither failed nor were dropped."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for cell in cells:
        value = None if cell.dropped or cell.failure else value_of(cell, figure)
        if value is not None and not math.isnan(value):
            found[cell.mechanism][cell.round] = value
    return dict(found)
