"""Panels: small multiples, one a mechanism, with axes that all share, and what may stand in a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.survey.report import style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.report.curves import Failure, Point

_WIDE, _HIGH = 2.05, 1.45
_GAP_WIDE, _GAP_HIGH = 0.22, 0.42
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.72, 1.15, 1.3, 0.82


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """A sheet and its axes by mechanism, first to last."""

    drawing: Drawing
    axes: Mapping[str, Axes]
    columns: int

    @property
    def first(self) -> Axes:
        """Where what all panels have is written once."""
        return next(iter(self.axes.values()))

    @property
    def corner(self) -> Axes:
        """The last of the first row: lines are named to its right."""
        return [*self.axes.values()][min(self.columns, len(self.axes)) - 1]


def panels(
    titles: Mapping[str, str], title: str, subtitle: str, note: str, labels: tuple[str, str]
) -> Panels:
    """An empty panel for each mechanism, by name; `labels` of the x and the y axis."""
    columns = min(5 if len(titles) <= 20 else 6, max(len(titles), 1))
    rows = math.ceil(len(titles) / columns)
    # wide enough for the words above, however few panels there are
    width = max(_LEFT + columns * (_WIDE + _GAP_WIDE) - _GAP_WIDE + _RIGHT, 8.4)
    height = _TOP + rows * (_HIGH + _GAP_HIGH) - _GAP_HIGH + _BOTTOM
    drawing = style.blank(width, height)
    style.head(drawing, title, subtitle, note)
    made: dict[str, Axes] = {}
    for place, (name, words) in enumerate(titles.items()):
        row, column = divmod(place, columns)
        left = _LEFT + column * (_WIDE + _GAP_WIDE)
        top = _TOP + row * (_HIGH + _GAP_HIGH)
        box = (left / width, 1 - (top + _HIGH) / height, _WIDE / width, _HIGH / height)
        first = next(iter(made.values()), None)
        axes = drawing.add_axes(box, sharex=first, sharey=first)
        axes.set_title(words, loc="left", fontsize=8.5, fontweight="bold", pad=4)
        axes.tick_params(labelleft=column == 0, labelbottom=place + columns >= len(titles))
        made[name] = axes
    drawing.text(
        (_LEFT + (width - _LEFT - _RIGHT) / 2) / width, 0.34 / height, labels[0], ha="center", fontsize=8.5
    )
    middle = 1 - (_TOP + (rows * (_HIGH + _GAP_HIGH) - _GAP_HIGH) / 2) / height
    drawing.text(0.14 / width, middle, labels[1], rotation=90, ha="left", va="center", fontsize=8.5)
    return Panels(drawing=drawing, axes=made, columns=columns)


def line(axes: Axes, points: Sequence[Point], colour: str) -> None:
    """The medians as a line with a mark each, and the band from least to most."""
    finite = [point for point in points if math.isfinite(point.median)]
    places = [point.at for point in finite]
    # a round in which nobody waited to the end reaches beyond the axis
    most = [min(point.most, axes.get_ylim()[1]) for point in finite]
    axes.fill_between(
        places, [point.least for point in finite], most, color=colour, alpha=0.2, linewidth=0, zorder=2
    )
    axes.plot(places, [point.median for point in finite], color=colour, marker="o", markersize=2.2, zorder=3)


def reference(axes: Axes, points: Sequence[Point]) -> None:
    """The reference's medians, faint and dotted."""
    finite = [point for point in points if math.isfinite(point.median)]
    axes.plot(
        [point.at for point in finite], [point.median for point in finite],
        color="#555555", linestyle=(0, (1, 1.6)), linewidth=1.1, zorder=2.5,
    )  # fmt: skip


def hatch(axes: Axes, points: Sequence[Point]) -> bool:
    """Hatch where the client was busy most of the time: what is drawn there is a bound. Whether there was any."""
    for place, point in enumerate(points):
        if point.is_client_bound:
            left = point.at if place == 0 else math.sqrt(points[place - 1].at * point.at)
            right = point.at if place == len(points) - 1 else math.sqrt(points[place + 1].at * point.at)
            if left == right:
                left, right = left / 1.15, right * 1.15
            axes.axvspan(
                left, right, facecolor="none", edgecolor="#c4c4c4", hatch="////", linewidth=0, zorder=1
            )
    return any(point.is_client_bound for point in points)


def cross(axes: Axes, failure: Failure, height: float) -> None:
    """A cross where it broke, and the error's name beside it."""
    axes.plot(
        [failure.at], [height], marker="x", markersize=6.5, markeredgewidth=1.8, color=style.RED, zorder=5
    )
    low, high = axes.get_xlim()
    is_right = math.log(failure.at / low) > 0.55 * math.log(high / low)
    is_high = _share(axes, height) > 0.75
    axes.annotate(
        failure.error or "failed", (failure.at, height), xytext=(-6 if is_right else 6, -7 if is_high else 5),
        textcoords="offset points", ha="right" if is_right else "left", va="center", fontsize=6.5,
        color=style.RED, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4},
    )  # fmt: skip


def _share(axes: Axes, height: float) -> float:
    low, high = axes.get_ylim()
    return math.log(height / low) / math.log(high / low)


def rules(made: Panels, places: Mapping[float, str]) -> None:
    """Upright rules in all panels at places that mean something; their names stand in the first."""
    low, high = made.first.get_xlim()
    for at, words in places.items():
        if not low < at < high:
            continue
        for axes in made.axes.values():
            axes.axvline(at, color="#999999", linewidth=0.6, linestyle=(0, (4, 3)), zorder=1.5)
        made.first.annotate(
            words, (at, 1), xycoords=("data", "axes fraction"), xytext=(-1, -1), textcoords="offset points",
            rotation=90, ha="right", va="top", fontsize=5.5, color="#777777",
        )  # fmt: skip


def name_lines(made: Panels, lines: Mapping[str, tuple[float, str]]) -> None:
    """Write beside the corner panel what each line is: words, the height at its end, its colour."""
    heights = [_share(made.corner, height) for height, _ in lines.values()]
    moved = style.apart([min(max(height, 0.02), 1) for height in heights], 0.115)
    for (words, (_, colour)), height in zip(lines.items(), moved, strict=True):
        made.corner.annotate(
            words, (1, height), xycoords="axes fraction", xytext=(6, 0), textcoords="offset points",
            ha="left", va="center", fontsize=7.5, color=colour, annotation_clip=False,
        )  # fmt: skip
