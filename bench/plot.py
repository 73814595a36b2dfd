"""The graph: what each request costs on a logarithmic axis, its goal a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from bench.questions import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.figures import Figure

_COLOURS = ("#2b6f77", "#c8742b")
_NO_SIZE_COLOUR = "#777777"
_GOAL_COLOUR = "#8a1f1f"
_ROW_INCHES = 0.4
_APART = 0.3


def draw(figures: Sequence[Figure], directory: Path, machine: str) -> list[Path]:
    """Write `speed.svg` and `speed.png`, the same bytes for the same figures; returns their paths."""
    ratios = [figure for figure in figures if figure.unit == Unit.RATIO]
    times = [figure for figure in figures if figure.unit == Unit.MILLISECONDS]
    groups = [group for group in (ratios, times) if group]
    rows = [len({figure.sentence for figure in group}) for group in groups]
    sizes = sorted({figure.size for group in groups for figure in group if figure.size})
    with mpl.rc_context({"svg.hashsalt": "poolhouse", "font.size": 9, "svg.fonttype": "none"}):
        drawing, made = plt.subplots(
            len(groups),
            1,
            figsize=(10.5, _ROW_INCHES * sum(rows) + 1.2 * len(groups) + 0.6),
            height_ratios=rows,
            squeeze=False,
            layout="constrained",
        )
        for axes, group in zip(made[:, 0], groups, strict=True):
            _points(axes, group, sizes)
            _axes(axes, group)
        drawing.suptitle(f"Processor time a request: median and quartiles. {machine}", fontsize=10)
        goal = Line2D([], [], color=_GOAL_COLOUR, linewidth=2, label="goal: at most this")
        drawing.legend(
            handles=[*map(_key, range(len(sizes)), sizes), goal], loc="outside lower right", ncols=3
        )
        paths = [directory / "speed.svg", directory / "speed.png"]
        drawing.savefig(paths[0], metadata={"Date": None})
        drawing.savefig(paths[1], dpi=110, metadata={"Software": None})
        plt.close(drawing)
    return paths


def _key(place: int, size: int) -> Line2D:
    return Line2D([], [], color=_COLOURS[place % len(_COLOURS)], marker="o", label=f"{size:,} items")


def _points(axes: Axes, group: Sequence[Figure], sizes: Sequence[int]) -> None:
    sentences = list(dict.fromkeys(figure.sentence for figure in group))
    for figure in group:
        at = middle = float(sentences.index(figure.sentence))
        colour = _NO_SIZE_COLOUR
        if figure.size:
            place = sizes.index(figure.size)
            middle += (place - (len(sizes) - 1) / 2) * _APART
            colour = _COLOURS[place % len(_COLOURS)]
        summary = figure.summary
        axes.hlines(middle, summary.low, summary.high, color=colour, linewidth=2)
        axes.plot([summary.median], [middle], marker="o", markersize=5, color=colour)
        axes.annotate(
            f"{summary.median:.3g}",
            (summary.low, middle),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7,
        )
        if figure.goal is not None:
            axes.vlines(figure.goal, at - 0.4, at + 0.4, color=_GOAL_COLOUR, linewidth=2)
    axes.set_yticks(range(len(sentences)), sentences)


def _axes(axes: Axes, group: Sequence[Figure]) -> None:
    axes.set_xscale("log")
    smallest = min(figure.summary.low for figure in group)
    largest = max(max(figure.summary.high, figure.goal or 0) for figure in group)
    axes.set_xlim(smallest / 2, largest * 1.5)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.invert_yaxis()
    axes.grid(visible=True, which="both", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    is_ratio = group[0].unit == Unit.RATIO
    axes.set_xlabel("times nginx's for a static file of 20 KiB" if is_ratio else "milliseconds")
