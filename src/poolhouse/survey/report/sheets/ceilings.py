"""The sheet of ceilings: how many connections each mechanism carried, and what it did beyond."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import setting_of
from poolhouse.survey.report import style
from poolhouse.survey.report.curves import AXES, by_mechanism, failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.records import Cell
    from poolhouse.survey.report.view import View

_ROW, _NAME, _WIDE, _WORDS, _TOP, _BOTTOM = 0.24, 1.95, 3.9, 4.4, 1.25, 0.85
_SUBTITLE: Final = (
    "Bar: connections at once that were all served, at a burst or beside a few active ones. Arrow: nothing broke"
    " up to the most that was tried. Cross: the least number at which it failed in half of the rounds or more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most connections that were carried, and the least that were not, with what happened."""

    mechanism: str
    carried: int
    failed_at: int | None
    sentence: str
    error: str


def ceilings(view: View) -> list[Ceiling]:
    """Of each mechanism that was tried with a burst or with idle ones, the most capable first."""
    tried = [cell for setting in view.scenario("burst", "idle").values() for cell in setting]
    found = [_ceiling(name, cells) for name, cells in by_mechanism(tried).items()]
    return sorted(
        found, key=lambda each: (each.failed_at is not None, -each.carried, view.title(each.mechanism))
    )


def _ceiling(name: str, cells: Sequence[Cell]) -> Ceiling:
    failures = []
    for scenario in ("burst", "idle"):
        broke = failure([cell for cell in cells if cell.scenario == scenario], AXES[scenario])
        if broke:
            failures.append(broke)
    first = min(failures, key=lambda each: each.at, default=None)
    carried = [
        _size(cell) for cell in cells if not cell.failure and (first is None or _size(cell) < first.at)
    ]
    return Ceiling(
        mechanism=name,
        carried=max(carried, default=0),
        failed_at=None if first is None else int(first.at),
        sentence="" if first is None else first.sentence,
        error="" if first is None else first.error,
    )


def _size(cell: Cell) -> int:
    return int(getattr(setting_of(cell), AXES[cell.scenario]))


def draw_ceilings(view: View) -> Iterator[tuple[str, Drawing]]:
    """The sheet, if numbers of connections were tried."""
    found = ceilings(view)
    if found:
        yield "ceilings", _draw(view, found)


def _draw(view: View, found: Sequence[Ceiling]) -> Drawing:
    height, width = _TOP + _ROW * len(found) + _BOTTOM, _NAME + _WIDE + _WORDS
    drawing = style.blank(width, height)
    style.head(drawing, "How many connections, and what happens beyond", _SUBTITLE, view.note())
    axes = drawing.add_axes((_NAME / width, _BOTTOM / height, _WIDE / width, _ROW * len(found) / height))
    style.logarithmic(axes, "x")
    most = max(max(each.carried, each.failed_at or 0) for each in found)
    axes.set_xlim(10, max(most, 100) * 1.6)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_yticks(range(len(found)), [view.title(each.mechanism) for each in found])
    axes.tick_params(axis="y", length=0, labelcolor=style.INK, labelsize=8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("connections at once")
    axes.axvline(1024, color="#999999", linewidth=0.6, linestyle=(0, (4, 3)))
    axes.annotate(
        "select: 1,024", (1024, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", fontsize=6.5, color="#777777",
    )  # fmt: skip
    for row, each in enumerate(found):
        _strip(axes, row, each)
    return drawing


def _strip(axes: Axes, row: int, mine: Ceiling) -> None:
    if mine.carried:
        axes.hlines(row, 10, mine.carried, color=style.BLUE, linewidth=5, alpha=0.75, capstyle="butt")
    if mine.failed_at is None:
        axes.plot([mine.carried], [row], marker=">", markersize=7, color=style.BLUE, zorder=3)
        words, colour = f"{mine.carried:,}, the most that was tried", "#777777"
    else:
        axes.plot(
            [mine.failed_at],
            [row],
            marker="x",
            markersize=6.5,
            markeredgewidth=1.8,
            color=style.RED,
            zorder=3,
        )
        words, colour = (
            textwrap.shorten(f"{mine.failed_at:,}: {mine.sentence}", 78, placeholder=" …"),
            style.RED,
        )
    axes.annotate(
        words, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
        fontsize=7.5, color=colour,
    )  # fmt: skip
