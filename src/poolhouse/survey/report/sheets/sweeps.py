"""Sheets of what is swept: burst and idle against connections, latency against the offered rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import FIGURES, transport_title
from poolhouse.survey.report import style
from poolhouse.survey.report.curves import AXES, curve, failure
from poolhouse.survey.report.panels import cross, hatch, line, name_lines, panels, reference, rules
from poolhouse.survey.report.view import View, ranked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.records import Cell
    from poolhouse.survey.report.curves import Failure, Point
    from poolhouse.survey.report.panels import Panels


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A sheet: the figures drawn of a scenario, in words."""

    name: str
    scenario: str
    figures: tuple[str, ...]
    title: str
    subtitle: str
    labels: tuple[str, str]
    emphasis: str


_READ: Final = (
    "Line: median of the rounds; band: least to most. Dotted: {reference}, the same in every panel. Best at the far"
    " right first. Hatched: the client was busy over 80 % of the time, so the figure is a bound. Red cross: where it"
    " broke, and with what."
)

SWEEPS: Final = (
    Sweep(
        name="burst",
        scenario="burst",
        figures=("connected_ms", "greeted_ms", "answered_ms", "closed_ms"),
        title="N connections at once: until all are connected, greeted, answered, closed",
        subtitle="Up to the backlog the kernel connects without asking the server; a greeting is the server's own"
        " first word. ",
        labels=("connections at once", "milliseconds until all were"),
        emphasis="answered_ms",
    ),
    Sweep(
        name="idle-throughput",
        scenario="idle",
        figures=("active_rps",),
        title="Idle many, active few: what a few clients get beside N idle connections",
        subtitle="",
        labels=("idle connections", "requests a second"),
        emphasis="active_rps",
    ),
    Sweep(
        name="idle-latency",
        scenario="idle",
        figures=("p50_ms", "p99_ms"),
        title="Idle many, active few: how long a few clients wait beside N idle connections",
        subtitle="",
        labels=("idle connections", "milliseconds"),
        emphasis="p99_ms",
    ),
    Sweep(
        name="latency-rate",
        scenario="open",
        figures=("p50_ms", "p99_ms", "p999_ms"),
        title="Open loop: latency against the offered rate",
        subtitle="Measured from when a request should have been sent, so that a stall counts for all who would have"
        " come. ",
        labels=("requests offered a second", "milliseconds"),
        emphasis="p99_ms",
    ),
)  # fmt: skip
_NAMES: Final = {"active_rps": "active", "p50_ms": "median", "p99_ms": "99 %", "p999_ms": "99.9 %"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curves:
    """What one panel holds."""

    lines: Mapping[str, Sequence[Point]]
    failure: Failure | None


def draw_sweeps(view: View) -> Iterator[tuple[str, Drawing]]:
    """A sheet for each sweep and setting that the result has with two places or more."""
    for sweep in SWEEPS:
        found = view.sweeps(sweep.scenario, AXES[sweep.scenario])
        for setting, cells in found.items():
            made = {name: _curves(sweep, each) for name, each in cells.items()}
            if any(len(each.lines[sweep.emphasis]) > 1 for each in made.values()):
                yield _file_name(sweep, setting, [*found]), _draw(view, sweep, setting, made)


def _file_name(sweep: Sweep, setting: Setting, settings: Sequence[Setting]) -> str:
    parts = [sweep.name, setting.transport]
    if len({each.backlog for each in settings}) > 1:
        parts.append(f"backlog-{setting.backlog}")
    if len({each.mode for each in settings}) > 1:
        parts.append(setting.mode)
    if len({each.connections for each in settings}) > 1:
        parts.append(f"{setting.connections}")
    return "-".join(parts)


def _curves(sweep: Sweep, cells: Sequence[Cell]) -> _Curves:
    axis = AXES[sweep.scenario]
    return _Curves(
        lines={figure: curve(cells, figure, axis) for figure in sweep.figures}, failure=failure(cells, axis)
    )


def _draw(view: View, sweep: Sweep, setting: Setting, found: Mapping[str, _Curves]) -> Drawing:
    sign = -1 if FIGURES[sweep.emphasis].is_rate else 1

    def key(name: str) -> float:
        points = found[name].lines[sweep.emphasis]
        reach = points[-1].at if points else 0
        return sign * points[-1].median if points and reach == farthest else math.inf

    farthest = max((each[-1].at for one in found.values() for each in one.lines.values() if each), default=0)
    order = ranked(found, key, view)
    made = panels(
        {name: view.title(name) for name in order},
        f"{sweep.title} ({_where(setting)})",
        sweep.subtitle + _READ.format(reference=view.title(view.reference)),
        view.note(),
        sweep.labels,
    )
    _limits(
        made, [point for each in found.values() for points in each.lines.values() for point in points], found
    )
    for name in order:
        _fill(made, name, found, view.reference, sweep)
    rules(made, _places(view, sweep, setting))
    _name(made, [*made.axes][min(made.columns, len(order)) - 1], found)
    return made.drawing


def _where(setting: Setting) -> str:
    backlog = f", backlog {setting.backlog:,}" if setting.scenario == "burst" and setting.backlog else ""
    return f"{transport_title(setting.transport)}{f', {setting.mode}' if setting.mode else ''}{backlog}"


def _limits(made: Panels, points: Sequence[Point], found: Mapping[str, _Curves]) -> None:
    heights = [each for point in points for each in (point.least, point.most) if 0 < each < math.inf]
    places = [point.at for point in points if point.at > 0]
    places += [each.failure.at for each in found.values() if each.failure and each.failure.at > 0]
    narrow = "x" if max(places) / min(places) < 20 else ""
    narrow += "y" if max(heights) / min(heights) < 20 else ""
    for axes in made.axes.values():
        style.logarithmic(axes, narrow=narrow)
    made.first.set_xlim(min(places) / 1.25, max(places) * 1.25)
    made.first.set_ylim(min(heights) / 1.5, max(heights) * 1.6)


def _fill(made: Panels, name: str, found: Mapping[str, _Curves], base: str, sweep: Sweep) -> None:
    axes, mine = made.axes[name], found[name]
    hatch(axes, mine.lines[sweep.emphasis])
    # what matters most is drawn last
    for figure in sorted(mine.lines, key=lambda each: each == sweep.emphasis):
        line(axes, mine.lines[figure], style.COLOURS.get(figure, style.BLUE))
    if base in found and base != name:
        reference(axes, found[base].lines[sweep.emphasis])
    low, high = axes.get_ylim()
    if mine.failure:
        finite = [point for point in mine.lines[sweep.emphasis] if math.isfinite(point.median)]
        cross(axes, mine.failure, finite[-1].median if finite else math.sqrt(low * high))
    elif unanswered := [point.at for point in mine.lines[sweep.emphasis] if math.isinf(point.median)]:
        axes.annotate(
            "unanswered",
            (0.5, 0.9),
            xycoords="axes fraction",
            ha="center",
            va="top",
            fontsize=6.5,
            color=style.RED,
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
        )
        axes.plot(
            unanswered,
            [high / 1.12] * len(unanswered),
            marker="^",
            linestyle="",
            markersize=4,
            color=style.RED,
        )


def _places(view: View, sweep: Sweep, setting: Setting) -> dict[float, str]:
    if sweep.scenario == "open":
        return {}
    limits = view.result.run.limits
    descriptors = next(
        (limits[name] for name in ("descriptors", "open_files", "nofile") if name in limits), 0
    )
    found: dict[float, str] = {1024: "select: 1,024"}
    if sweep.scenario == "burst" and setting.backlog:
        found[setting.backlog] = "backlog"
    if isinstance(descriptors, int) and descriptors:
        found[descriptors] = "descriptors"
    return found


def _name(made: Panels, corner: str, found: Mapping[str, _Curves]) -> None:
    ends = {}
    for figure, points in found[corner].lines.items():
        finite = [point.median for point in points if math.isfinite(point.median)]
        if finite:
            words = _NAMES.get(figure, FIGURES[figure].title)
            ends[words] = (finite[-1], style.COLOURS.get(figure, style.BLUE))
    name_lines(made, ends)
