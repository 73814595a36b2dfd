"""The sheet of memory: what one idle connection holds, by whose it is."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import FIGURES, values
from poolhouse.survey.report import style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.report.view import View

PARTS: Final = {
    "server_pss_kb_per_connection": style.BLUE,
    "kernel_stack_kb_per_connection": "#b8860b",
    "page_table_kb_per_connection": style.PURPLE,
}
_ROW, _NAME, _WIDE, _TOP, _BOTTOM = 0.24, 1.95, 6.6, 1.45, 0.85
_SUBTITLE: Final = (
    "At the most idle connections that each mechanism was measured with. Median of the rounds; the process's own is"
    " its share of what it has in memory (PSS). What the sockets take within the kernel is the same for all and not"
    " counted. Bars that leave the sheet are cut, and say so in red."
)


def memory(view: View) -> dict[str, tuple[int, dict[str, float]]]:
    """By mechanism, at how many idle connections, and kB of each part; at the most that it was measured with."""
    found: dict[str, tuple[int, dict[str, float]]] = {}
    for setting, cells in view.scenario("idle").items():
        parts: dict[str, dict[str, float]] = defaultdict(dict)
        for part in PARTS:
            for name, measured in values(cells, part).items():
                parts[name][part] = max(median(measured.values()), 0)
        # settings ascend, so the last is of the most connections
        found |= {name: (setting.idle, each) for name, each in parts.items()}
    return found


def draw_memory(view: View) -> Iterator[tuple[str, Drawing]]:
    """The sheet, if memory was measured."""
    found = memory(view)
    if found:
        yield "memory", _draw(view, found)


def _draw(view: View, found: Mapping[str, tuple[int, Mapping[str, float]]]) -> Drawing:
    from matplotlib.patches import Patch

    totals = {name: sum(parts.values()) for name, (_, parts) in found.items()}
    order = sorted(totals, key=lambda name: (totals[name], name))
    edge = _edge(sorted(totals.values()))
    height = _TOP + _ROW * len(order) + _BOTTOM
    width = _NAME + _WIDE + 1.9
    drawing = style.blank(width, height)
    style.head(drawing, "What an idle connection holds in memory", _SUBTITLE, view.note())
    axes = drawing.add_axes((_NAME / width, _BOTTOM / height, _WIDE / width, _ROW * len(order) / height))
    axes.set_xlim(0, edge)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_yticks(range(len(order)), [view.title(name) for name in order])
    axes.tick_params(axis="y", length=0, labelcolor=style.INK, labelsize=8)
    axes.grid(visible=True, axis="x", color=style.RULE, linewidth=0.6)
    axes.set_xlabel("kB a connection")
    for row, name in enumerate(order):
        _bar(axes, row, found[name], edge)
    keys = [Patch(color=colour, label=FIGURES[part].title) for part, colour in PARTS.items()]
    axes.legend(
        handles=keys,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        frameon=False,
        fontsize=8,
        handlelength=1,
    )
    return drawing


def _edge(totals: list[float]) -> float:
    """Where the axis ends: at the largest total, unless that would flatten all others."""
    for place in range(len(totals) - 1, 0, -1):
        if totals[place] <= 6 * max(totals[place - 1], 5):
            return totals[place] * 1.12
    return max(totals[0] * 1.12, 0.1)


def _bar(axes: Axes, row: int, mine: tuple[int, Mapping[str, float]], edge: float) -> None:
    connections, parts = mine
    total, left = sum(parts.values()), 0.0
    for part, colour in PARTS.items():
        wide = parts.get(part, 0)
        axes.barh(row, min(wide, max(edge - left, 0)), left=left, height=0.66, color=colour, linewidth=0)
        left += wide
    is_cut = total > edge
    if is_cut:
        # a gap, so that a cut bar is not read as a whole one
        axes.barh(row, edge * 0.012, left=edge * 0.955, height=0.8, color="white", zorder=3)
    axes.annotate(
        f"{style.number(total)} kB  at {connections:,}", (edge if is_cut else total, row), xytext=(5, 0),
        textcoords="offset points", va="center", fontsize=7.5, annotation_clip=False,
        color=style.RED if is_cut else style.INK,
    )  # fmt: skip
