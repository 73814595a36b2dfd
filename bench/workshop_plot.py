"""The graph of the image workload: how much is done against what becomes of the loop meanwhile, a panel a transform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from bench.findings import RATIO_GOAL, RATIO_GOAL_OF, TICK_GOAL_MS, idle_tick_p99
from poolhouse.survey.images.figures import figures
from poolhouse.survey.images.runs import rounds_of
from poolhouse.survey.images.strategies import STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from poolhouse.survey.images.figures import Figure

_COLOURS = {"inline": "#777777", "threads": "#c8742b", "pickled": "#7a4f9a", "blocks": "#2b6f77"}
_GOAL_COLOUR = "#8a1f1f"
_GOOD_COLOUR = "#e6f0ea"
_HIGHEST_MS = 5_000.0
_LOWEST_MS = 0.5
_NOISY = "hollow: the machine was not quiet"
_LEAST_APART = 1.5  # of two labels, as a factor of the axis


def draw_images(images: Mapping[str, Any], directory: Path) -> list[Path]:
    """Write `workshop.svg` and `workshop.png`, the same bytes for the same cells; returns their paths."""
    found = figures(rounds_of(images))
    transforms = [name for name in TRANSFORMS if any(each.transform == name for each in found)]
    widest = max([2.2, *(each.ratio.high for each in found)]) + 0.25
    with mpl.rc_context({"svg.hashsalt": "poolhouse", "font.size": 9, "svg.fonttype": "none"}):
        drawing, made = plt.subplots(
            1,
            len(transforms),
            figsize=(3.6 * len(transforms) + 0.6, 4.7),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for axes, transform in zip(made[0], transforms, strict=True):
            _panel(axes, [each for each in found if each.transform == transform], widest)
            _frame(axes, transform, idle_tick_p99(images).median)
        made[0][0].set_ylabel("lateness of the loop's ticks, p99, ms")
        workers, cores = images["plan"]["workers"], images["machine"]["cores"]
        drawing.suptitle(
            "Pictures of 36 MB beside an event loop: right and low is better."
            f" {workers} workers, {cores} cores, {images['machine']['processor']}",
            fontsize=10,
        )
        strategies = [name for name in STRATEGIES if any(each.strategy == name for each in found)]
        keys = [*map(_key, strategies)]
        if any(each.is_noisy for each in found):
            keys.append(
                Line2D([], [], color="#333333", marker="o", linestyle="", fillstyle="none", label=_NOISY)
            )
        drawing.legend(handles=keys, loc="outside lower center", ncols=len(keys))
        paths = [directory / "workshop.svg", directory / "workshop.png"]
        drawing.savefig(paths[0], metadata={"Date": None})
        drawing.savefig(paths[1], dpi=110, metadata={"Software": None})
        plt.close(drawing)
    return paths


def _panel(axes: Axes, found: Sequence[Figure], widest: float) -> None:
    axes.set_xlim(0, widest)
    beside = float("inf")
    for figure in sorted(found, key=lambda each: -each.tick_p99_ms.median):
        colour = _colour(figure.strategy)
        ratio, late = figure.ratio, figure.tick_p99_ms
        axes.errorbar(
            [ratio.median],
            [late.median],
            xerr=[[ratio.median - ratio.low], [ratio.high - ratio.median]],
            yerr=[[late.median - late.low], [late.high - late.median]],
            fmt="o",
            markersize=6,
            color=colour,
            markerfacecolor="white" if figure.is_noisy else colour,
            elinewidth=1.5,
            zorder=3,
        )
        beside = min(late.median, beside / _LEAST_APART)
        is_right = ratio.median > widest * 0.6
        axes.annotate(
            f"{ratio.median:.2f} of inline, {_milliseconds(late.median)}",
            (ratio.low if is_right else ratio.high, beside),
            xytext=(-8 if is_right else 8, 0),
            textcoords="offset points",
            ha="right" if is_right else "left",
            va="center",
            fontsize=8,
            color=colour,
            zorder=2.5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
        )


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 20 else f"{value:.1f} ms"


def _colour(strategy: str) -> str:
    return _COLOURS.get(strategy, "#333333")


def _key(strategy: str) -> Line2D:
    words = STRATEGIES[strategy].sentence
    return Line2D([], [], color=_colour(strategy), marker="o", linestyle="", label=words)


def _frame(axes: Axes, transform: str, idle_ms: float) -> None:
    axes.set_title(TRANSFORMS[transform].sentence, fontsize=9)
    axes.set_yscale("log")
    axes.set_ylim(_LOWEST_MS, _HIGHEST_MS)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("throughput, of inline in the same round")
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.axhline(TICK_GOAL_MS, color=_GOAL_COLOUR, linewidth=1, zorder=1)
    axes.annotate(
        f"goal {TICK_GOAL_MS:g} ms", (0, TICK_GOAL_MS), xytext=(4, 3), textcoords="offset points",
        fontsize=7, color=_GOAL_COLOUR,
    )  # fmt: skip
    if transform == RATIO_GOAL_OF:
        axes.vlines(RATIO_GOAL, _LOWEST_MS, TICK_GOAL_MS, color=_GOAL_COLOUR, linewidth=1, zorder=1)
        axes.fill_between(
            [RATIO_GOAL, axes.get_xlim()[1]], _LOWEST_MS, TICK_GOAL_MS, color=_GOOD_COLOUR, zorder=0
        )
    axes.axhline(idle_ms, color="#999999", linewidth=1, linestyle=":", zorder=1)
    axes.annotate(
        f"an idle loop: {_milliseconds(idle_ms)}", (0, idle_ms), xytext=(4, -9), textcoords="offset points",
        fontsize=7, color="#666666",
    )  # fmt: skip
