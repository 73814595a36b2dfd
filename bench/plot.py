"""The graph: what each request costs on a logarithmic axis, its goal a line across."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from bench.questions import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.figures import Figure

_COLOURS = ("#2b6f77", "#c8742b")
_GOAL_COLOUR = "#8a1f1f"
_ROW_INCHES = 0.5
_HEIGHT = 0.36


def draw(figures: Sequence[Figure], directory: Path, machine: str) -> list[Path]:
    """Write `speed.svg` and `speed.png`, the same bytes for the same figures; returns their paths."""
    ratios = [figure for figure in figures if figure.unit == Unit.RATIO]
    times = [figure for figure in figures if figure.unit == Unit.MILLISECONDS]
    groups = [group for group in (ratios, times) if group]
    rows = [len({figure.sentence for figure in group}) for group in groups]
    with mpl.rc_context({"svg.hashsalt": "poolhouse", "font.size": 9, "svg.fonttype": "none"}):
        drawing, made = plt.subplots(
            len(groups),
            1,
            figsize=(10.5, _ROW_INCHES * sum(rows) + 1.8 * len(groups)),
            height_ratios=rows,
            squeeze=False,
        )
        for axes, group in zip(made[:, 0], groups, strict=True):
            _panel(axes, group)
        drawing.suptitle(f"Processor time a request (median, quartiles). {machine}", fontsize=10)
        drawing.tight_layout()
        paths = [directory / "speed.svg", directory / "speed.png"]
        drawing.savefig(paths[0], metadata={"Date": None})
        drawing.savefig(paths[1], dpi=110, metadata={"Software": None})
        plt.close(drawing)
    return paths


def _panel(axes: Axes, group: Sequence[Figure]) -> None:
    sentences = list(dict.fromkeys(figure.sentence for figure in group))
    sizes = sorted({figure.size for figure in group if figure.size})
    for figure in group:
        at = sentences.index(figure.sentence)
        place = sizes.index(figure.size) if figure.size else None
        middle = at if place is None else at + (place - (len(sizes) - 1) / 2) * _HEIGHT
        colour = "#777777" if place is None else _COLOURS[place % len(_COLOURS)]
        summary = figure.summary
        axes.barh(middle, summary.median, height=_HEIGHT * 0.9, color=colour)
        axes.hlines(middle, summary.low, summary.high, color="black", linewidth=1)
        axes.text(summary.high * 1.06, middle, f"{summary.median:.3g}", va="center", fontsize=7)
        if figure.goal is not None:
            axes.vlines(figure.goal, at - 0.45, at + 0.45, color=_GOAL_COLOUR, linewidth=2)
    axes.set_xscale("log")
    smallest = min(figure.summary.low for figure in group)
    largest = max(max(figure.summary.high, figure.goal or 0) for figure in group)
    axes.set_xlim(smallest / 1.6, largest * 1.6)
    axes.set_yticks(range(len(sentences)), sentences)
    axes.invert_yaxis()
    axes.xaxis.grid(visible=True, which="both", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    is_ratio = group[0].unit == Unit.RATIO
    axes.set_xlabel("times nginx's for a static file of 20 KiB" if is_ratio else "milliseconds")
    handles = [Rectangle((0, 0), 1, 1, color=_COLOURS[place % 2]) for place in range(len(sizes))]
    goal = Line2D([], [], color=_GOAL_COLOUR, linewidth=2)
    axes.legend(
        [*handles, goal], [*(f"{size:,} items" for size in sizes), "goal"], loc="lower right", fontsize=8
    )
