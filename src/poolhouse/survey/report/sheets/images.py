"""The sheet of pictures: how much is done against what becomes of the loop meanwhile, a panel a transform."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.survey.report import style
from poolhouse.survey.statistics import Interval, interval, ratios, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.report.view import View

BASE, IDLE = "inline", "idle"
_COLOURS: Final = {"inline": "#777777", "threads": "#b8860b", "pickled": style.PURPLE, "blocks": style.BLUE}
_SUBTITLE: Final = (
    "Right and low is better: more pictures changed, and a main loop that stays prompt. Dot: median of the rounds;"
    " bars: {sure} intervals. Throughput is of the same transform done inline in the same round. Ticks that a stall"
    " swallowed are counted as late."
)
_WIDE, _HIGH, _LEFT, _TOP, _BOTTOM, _GAP = 3.5, 3.3, 0.8, 1.45, 0.95, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One strategy with one transform: throughput, of inline, and the 99 % lateness of the loop's ticks."""

    transform: str
    strategy: str
    ratio: Interval
    late_ms: Interval

    @property
    def unresolved(self) -> str:
        """Why it may not be said that the throughput differs from inline's, or nothing."""
        return "the base" if self.strategy == BASE else why_not(self.ratio)


def strategies(view: View) -> list[Strategy]:
    """Of all records of pictures that count, by transform and strategy."""
    rate: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    late: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for each in view.result.images:
        if not each.dropped and "pictures_per_s" in each.figures and "tick_p99_ms" in each.figures:
            rate[each.transform, each.strategy][each.round] = each.figures["pictures_per_s"]
            late[each.transform, each.strategy][each.round] = each.figures["tick_p99_ms"]
    found = []
    for pair, mine in sorted(rate.items()):
        pairs = ratios(mine, rate.get((pair[0], BASE), {}))
        if pairs and pair[1] != IDLE:
            found.append(
                Strategy(
                    transform=pair[0],
                    strategy=pair[1],
                    ratio=interval(pairs.values()),
                    late_ms=interval(late[pair].values()),
                )
            )
    return found


def draw_images(view: View) -> Iterator[tuple[str, Drawing]]:
    """The sheet, if pictures were measured."""
    found = strategies(view)
    if found:
        yield "images", _draw(view, found)


def _draw(view: View, found: Sequence[Strategy]) -> Drawing:
    transforms = list(dict.fromkeys(each.transform for each in found))
    width = max(_LEFT + len(transforms) * (_WIDE + _GAP) + 0.3, 8.4)
    height = _TOP + _HIGH + _BOTTOM
    drawing = style.blank(width, height)
    subtitle = _SUBTITLE.format(sure=style.sureness(each.ratio.count for each in found))
    style.head(drawing, "Pictures of 36 MB beside an event loop", subtitle, view.note())
    first: Axes | None = None
    for place, transform in enumerate(transforms):
        left = _LEFT + place * (_WIDE + _GAP)
        box = (left / width, _BOTTOM / height, _WIDE / width, _HIGH / height)
        axes = drawing.add_axes(box, sharex=first, sharey=first)
        if first is None:
            axes.set_ylabel("lateness of the loop's ticks, 99 %, ms")
            _limits(axes, found)
        first = first or axes
        style.logarithmic(axes, "y")
        axes.tick_params(labelleft=place == 0)
        axes.set_title(transform, loc="left", fontsize=9, fontweight="bold")
        axes.set_xlabel("pictures changed a second, of inline")
        axes.axvline(1, color="#555555", linestyle=(0, (1, 1.6)), linewidth=1)
        _idle(axes, view, is_named=place == 0)
        _points(axes, {each.strategy: each for each in found if each.transform == transform})
    return drawing


def _limits(axes: Axes, found: Sequence[Strategy]) -> None:
    axes.set_yscale("log")
    axes.set_xlim(0, max(each.ratio.high for each in found) * 1.3)
    axes.set_ylim(0.5, max(each.late_ms.high for each in found) * 2.2)


def _idle(axes: Axes, view: View, *, is_named: bool) -> None:
    idle = [each.figures["tick_p99_ms"] for each in view.result.images if each.strategy == IDLE]
    if not idle:
        return
    at = interval(idle).median
    axes.axhline(at, color="#999999", linestyle=(0, (4, 3)), linewidth=0.8)
    if is_named:
        axes.annotate(
            "an idle loop", (0, at), xytext=(3, 3), textcoords="offset points", fontsize=6.5, color="#777777"
        )


def _points(axes: Axes, found: Mapping[str, Strategy]) -> None:
    low, high = axes.get_ylim()
    shares = [math.log(each.late_ms.median / low) / math.log(high / low) for each in found.values()]
    moved = style.apart(shares, 0.055)
    widest = axes.get_xlim()[1]
    for (name, each), share in zip(found.items(), moved, strict=True):
        ratio, late = each.ratio, each.late_ms
        colour = _COLOURS.get(name, "#333333")
        axes.errorbar(
            [ratio.median], [late.median], fmt="o", markersize=6, color=colour, elinewidth=1.5, zorder=3,
            xerr=[[ratio.median - ratio.low], [ratio.high - ratio.median]],
            yerr=[[late.median - late.low], [late.high - late.median]],
        )  # fmt: skip
        is_right = ratio.median > widest * 0.55
        axes.annotate(
            f"{name}: {ratio.median:.2f} of inline, {style.number(late.median)} ms",
            ((ratio.low if is_right else ratio.high) / widest, share), xycoords="axes fraction",
            xytext=(-8 if is_right else 8, 0), textcoords="offset points", ha="right" if is_right else "left",
            va="center", fontsize=7.5, color=colour, zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
        )  # fmt: skip
