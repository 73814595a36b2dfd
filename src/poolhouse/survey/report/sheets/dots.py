"""Dot plots: one figure, a row for each mechanism, a facet for each setting, the ratio to the reference beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import FIGURES
from poolhouse.survey.report import style
from poolhouse.survey.report.view import View, ranked
from poolhouse.survey.statistics import compare, limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.records import Cell
    from poolhouse.survey.statistics import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """A sheet of dots: a figure of a scenario, in words."""

    name: str
    scenario: str
    figure: str
    title: str
    subtitle: str


_READ: Final = (
    "In the order of the first column. Dot: median of the rounds; thick bar: its interval; thin: least to most."
    " At the right the ratio to {reference} in the same round and its interval. A hollow dot and a grey ratio: not"
    " resolved from the reference."
)

SHEETS: Final = (
    Dots(
        name="cost",
        scenario="closed",
        figure="server_cpu_us_per_request",
        title="What a request costs the server",
        subtitle="Processor time of the whole process group, the kernel's share included: what still ranks when the"
        " client is the limit.",
    ),
    Dots(
        name="throughput",
        scenario="closed",
        figure="rps",
        title="Requests a second, closed loop",
        subtitle="A triangle to the right: the client was busy over 80 % of the time, so the rate is a lower bound"
        " and ranks nothing.",
    ),
    Dots(
        name="churn",
        scenario="churn",
        figure="server_cpu_us_per_connection",
        title="What a connection costs the server, where clients come, ask a few times and go",
        subtitle="Sessions arrive at random (Poisson), whatever the server does.",
    ),
    Dots(
        name="heavy",
        scenario="heavy",
        figure="rps",
        title="Requests a second where each answer takes processor time in Python",
        subtitle="Here the multiplexing costs little beside the work: who uses more than one core shows.",
    ),
)
_ROW, _FACET, _TEXT, _NAME, _TOP, _BOTTOM = 0.215, 2.7, 1.5, 1.95, 1.55, 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facet:
    title: str
    rows: Mapping[str, Comparison]
    bounds: Mapping[str, str]


def draw_dots(view: View) -> Iterator[tuple[str, Drawing]]:
    """A sheet for each that the result has a scenario for."""
    for sheet in SHEETS:
        there = view.scenario(sheet.scenario)
        transports = list(dict.fromkeys(setting.transport for setting in there))
        for transport in transports:
            # one-shot before keep-alive: there mechanisms differ most, and it gives the order
            mine = sorted((each for each in there if each.transport == transport), key=lambda each: each.mode)
            facets = [_facet(view, sheet, setting, there[setting]) for setting in reversed(mine)]
            facets = [facet for facet in facets if facet.rows]
            name = f"{sheet.name}-{transport}" if len(transports) > 1 else sheet.name
            # wider than a screen, nobody compares: three facets a sheet
            for place in range(0, len(facets), 3):
                number = f"-{place // 3 + 1}" if len(facets) > 3 else ""
                yield f"{name}{number}", _draw(view, sheet, facets[place : place + 3])


def _facet(view: View, sheet: Dots, setting: Setting, cells: Sequence[Cell]) -> _Facet:
    return _Facet(
        title=replace(setting, backlog=0).title,
        rows=compare(cells, sheet.figure, view.reference, view.calibration),
        bounds=limits_of(cells, sheet.figure, view.calibration),
    )


def _draw(view: View, sheet: Dots, facets: Sequence[_Facet]) -> Drawing:
    sign = -1 if FIGURES[sheet.figure].is_rate else 1
    names = list(dict.fromkeys(name for facet in facets for name in facet.rows))

    def key(name: str) -> float:
        rows = facets[0].rows
        return sign * rows[name].value.median if name in rows else math.inf

    order = ranked(names, key, view)
    width = _NAME + len(facets) * (_FACET + _TEXT)
    height = _TOP + _ROW * len(order) + _BOTTOM
    drawing = style.blank(max(width, 8.4), height)
    subtitle = f"{sheet.subtitle} {_READ.format(reference=view.title(view.reference))}"
    style.head(drawing, sheet.title, subtitle, view.note())
    for place, facet in enumerate(facets):
        left = _NAME + place * (_FACET + _TEXT)
        size = drawing.get_size_inches()
        box = (left / size[0], _BOTTOM / height, _FACET / size[0], _ROW * len(order) / height)
        axes = drawing.add_axes(box)
        _frame(axes, view, facet, order, is_first=place == 0)
        axes.set_xlabel(f"{FIGURES[sheet.figure].title}, {FIGURES[sheet.figure].unit}")
        for row, name in enumerate(order):
            if name in facet.rows:
                _row(axes, row, facet.rows[name], facet.bounds.get(name, ""))
    return drawing


def _frame(axes: Axes, view: View, facet: _Facet, order: Sequence[str], *, is_first: bool) -> None:
    values = [each.value for each in facet.rows.values()]
    least, most = min(each.least for each in values), max(each.most for each in values)
    style.logarithmic(axes, "x", narrow="x" if most / least < 150 else "")
    axes.set_xlim(least / 1.15, most * 1.15)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.grid(visible=True, color=style.RULE, linewidth=0.6)
    axes.set_title(facet.title, loc="left", fontsize=8.5, fontweight="bold", pad=16)
    axes.set_yticks(
        range(len(order)), [view.title(name) for name in order] if is_first else [""] * len(order)
    )
    axes.tick_params(axis="y", length=0, labelcolor=style.INK, labelsize=8)
    sure = style.sureness(each.ratio.count for each in facet.rows.values() if each.ratio)
    axes.annotate(
        f"ratio [{sure}]", (1, 1), xycoords="axes fraction", xytext=(6, 4), textcoords="offset points", fontsize=7,
        color=style.FAINT,
    )  # fmt: skip
    if view.reference in facet.rows:
        at = facet.rows[view.reference].value.median
        axes.axvline(at, color="#555555", linestyle=(0, (1, 1.6)), linewidth=1, zorder=1.5)
    if view.calibration in order:
        axes.axhspan(-0.6, order.index(view.calibration) + 0.5, color="#f4f4f0", zorder=0)


def _row(axes: Axes, row: int, mine: Comparison, bound: str) -> None:
    value, ratio = mine.value, mine.ratio
    is_bound = bound.startswith("client-bound")
    colour = style.FAINT if is_bound else style.BLUE
    axes.hlines(row, value.least, value.most, color=colour, linewidth=0.8, zorder=2)
    axes.hlines(row, value.low, value.high, color=colour, linewidth=2.6, zorder=3)
    is_full = not is_bound and (mine.is_resolved or mine.reason == "the reference")
    axes.plot(
        [value.median], [row], marker=">" if is_bound else "o", markersize=5.2, color=colour, zorder=4,
        markerfacecolor=colour if is_full else "white", markeredgewidth=1.2,
    )  # fmt: skip
    words = "" if ratio is None else f"{ratio.median:.2f}  [{ratio.low:.2f}, {ratio.high:.2f}]"
    if is_bound:
        words = "client-bound"
    elif bound:
        words = f"{words} ≈ cal."
    elif mine.reason == "the reference":
        words = "1, the reference"
    axes.annotate(
        words, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
        va="center", fontsize=7, color=style.INK if is_full else "#8a8a8a",
    )  # fmt: skip
