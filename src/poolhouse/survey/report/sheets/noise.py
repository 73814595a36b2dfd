"""The sheet of the machine's own noise: the canary before each round, and what others took during each cell."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from poolhouse.survey.report import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.report.view import View

LIMIT: Final = 0.10
_SUBTITLE: Final = (
    "Above: how late a sleeper of 1 ms woke on each core before the round. No latency below this means anything."
    " Below: what others took of the processors during each cell. Crosses: cells that do not count."
)


def draw_noise(view: View) -> Iterator[tuple[str, Drawing]]:
    """The sheet, if there are cells or canaries."""
    if view.result.canaries or view.result.cells:
        yield "noise", _draw(view)


def _draw(view: View) -> Drawing:
    from matplotlib.ticker import MaxNLocator

    drawing = style.blank(9.2, 5.6)
    style.head(drawing, "How quiet the machine was", _SUBTITLE, view.note())
    above = drawing.add_axes((0.085, 0.53, 0.78, 0.24))
    below = drawing.add_axes((0.085, 0.13, 0.78, 0.3), sharex=above)
    _canaries(above, view)
    _foreign(below, view)
    above.tick_params(labelbottom=False)
    below.set_xlabel("round")
    rounds = [cell.round for cell in view.result.cells] + [each.round for each in view.result.canaries]
    below.set_xlim(min(rounds) + 0.3, max(rounds) + 1.7)
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    return drawing


def _canaries(axes: Axes, view: View) -> None:
    canaries = sorted(view.result.canaries, key=lambda each: each.round)
    axes.set_ylabel("late by, ms")
    if not canaries:
        return
    style.logarithmic(axes, "y", narrow="y")
    ends = []
    for share, words, colour in (("p50", "median", style.CYAN), ("p99", "99 %", style.BLUE)):
        there = [(each.round + 1, each.lateness_ms[share]) for each in canaries if share in each.lateness_ms]
        if there:
            axes.plot(*zip(*there, strict=True), color=colour, marker="o", markersize=3)
            ends.append((there[-1], words, colour))
    for (at, height), words, colour in ends:
        axes.annotate(
            words,
            (at, height),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=8,
        )


def _foreign(axes: Axes, view: View) -> None:
    by_round: dict[int, int] = defaultdict(int)
    for cell in view.result.cells:
        by_round[cell.round] += 1
    spots: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for cell in view.result.cells:
        # cells stand within their round in the order in which they were measured
        at = cell.round + 0.62 + 0.76 * min(cell.place / max(by_round[cell.round], 1), 1)
        spots[bool(cell.dropped)].append((at, 100 * cell.foreign_cpu_share))
    for is_dropped, there in spots.items():
        if there:
            axes.plot(
                *zip(*there, strict=True), linestyle="", marker="x" if is_dropped else "o",
                markersize=5 if is_dropped else 2.2, color=style.RED if is_dropped else style.BLUE,
                alpha=1 if is_dropped else 0.45, markeredgewidth=1.3 if is_dropped else 0,
            )  # fmt: skip
    axes.axhline(100 * LIMIT, color=style.RED, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.annotate(
        f"limit, {100 * LIMIT:.0f} %", (1, 100 * LIMIT), xycoords=("axes fraction", "data"), xytext=(6, 0),
        textcoords="offset points", color=style.RED, fontsize=7.5, va="center",
    )  # fmt: skip
    dropped = len(spots[True])
    axes.annotate(
        f"{dropped:,} of {len(view.result.cells):,} cells dropped", (1, 1), xycoords="axes fraction", xytext=(0, 4),
        textcoords="offset points", fontsize=7.5, ha="right", color=style.RED if dropped else style.FAINT,
    )  # fmt: skip
    axes.set_ylim(0, None)
    axes.set_ylabel("others' share, %")
    axes.grid(visible=True, color=style.RULE, linewidth=0.6)
