"""The sheet of whole distributions: latency by how many wait longer, a line for each offered rate."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.report import style
from poolhouse.survey.report.panels import name_lines, panels
from poolhouse.survey.report.view import View, ranked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.records import Cell

NINES: Final = (0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999)
_TICKS: Final = {2: "50 %", 10: "90", 100: "99", 1000: "99.9", 10_000: "99.99"}
_SHADES: Final = ("#9ecae1", "#5aa2cf", "#2b6fb0", "#1a3f7a")
_SUBTITLE: Final = (
    "Right is rarer: at 99 % one request in a hundred waits longer. Line: all rounds together; band: least to most of"
    " single rounds. Dotted: {reference} at the highest rate. A line ends where fewer than ten requests, or none that"
    " was answered, wait longer."
)


def draw_percentiles(view: View) -> Iterator[tuple[str, Drawing]]:
    """A sheet for each transport and mode of the open loop."""
    for setting, found in view.sweeps("open", "rate_per_s").items():
        rates = {name: _by_rate(cells) for name, cells in found.items()}
        rates = {name: each for name, each in rates.items() if each}
        if rates:
            words = f"{setting.transport}-{setting.mode}" if setting.mode else setting.transport
            yield f"percentiles-{words}", _draw(view, setting.title, rates)


def _by_rate(cells: Sequence[Cell]) -> dict[float, list[Cell]]:
    found: dict[float, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.latency and not cell.failure:
            found[float(cell.parameters.get("rate_per_s") or 0)].append(cell)
    return dict(sorted(found.items()))


def distribution(cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """(share, milliseconds) of all rounds together, as far as ten requests or more are beyond and were answered."""
    merged = Histogram.merged(cell.histogram for cell in cells)
    censored = sum(cell.censored for cell in cells)
    total = merged.total + censored
    shares = [share for share in NINES if (1 - share) * total >= 10]
    found = [(share, merged.percentile_us(share, censored) / 1000) for share in shares]
    return [(share, each) for share, each in found if math.isfinite(each)]


def _draw(view: View, title: str, found: Mapping[str, Mapping[float, Sequence[Cell]]]) -> Drawing:
    rates = sorted({rate for each in found.values() for rate in each})
    colours = {
        rate: _SHADES[place * (len(_SHADES) - 1) // max(len(rates) - 1, 1)]
        for place, rate in enumerate(rates)
    }
    lines = {
        name: {rate: distribution(cells) for rate, cells in each.items()} for name, each in found.items()
    }

    def key(name: str) -> float:
        return dict(lines[name].get(rates[-1], [])).get(0.99, math.inf)

    order = ranked(found, key, view)
    made = panels(
        {name: view.title(name) for name in order},
        f"How long requests wait, from the median to the rarest ({title})",
        _SUBTITLE.format(reference=view.title(view.reference)),
        view.note(),
        ("share of the requests that waited no longer", "milliseconds"),
    )
    heights = [each for one in lines.values() for pairs in one.values() for _, each in pairs if each > 0]
    for axes in made.axes.values():
        _frame(axes, heights)
    for name in order:
        for rate, pairs in lines[name].items():
            _line(made.axes[name], pairs, found[name][rate], colours[rate])
        if name != view.reference and view.reference in lines:
            _dotted(made.axes[name], lines[view.reference].get(rates[-1], []))
    corner = [*made.axes][min(made.columns, len(order)) - 1]
    ends = {
        f"{style.short(rate)}/s": (pairs[-1][1], colours[rate])
        for rate, pairs in lines[corner].items()
        if pairs
    }
    name_lines(made, ends)
    return made.drawing


def _frame(axes: Axes, heights: Sequence[float]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    style.logarithmic(axes, narrow="y" if max(heights) / min(heights) < 20 else "")
    axes.xaxis.set_major_locator(FixedLocator([*_TICKS]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _TICKS.get(round(value), "")))
    axes.set_xlim(1.8, 12_000)
    axes.set_ylim(min(heights) / 1.5, max(heights) * 1.5)


def _line(axes: Axes, pairs: Sequence[tuple[float, float]], cells: Sequence[Cell], colour: str) -> None:
    places = [1 / (1 - share) for share, _ in pairs]
    each = [
        [cell.histogram.percentile_us(share, cell.censored) / 1000 for cell in cells] for share, _ in pairs
    ]
    top = axes.get_ylim()[1]
    axes.fill_between(
        places, [min(one) for one in each], [min(max(one), top) for one in each], color=colour, alpha=0.15,
        linewidth=0, zorder=2,
    )  # fmt: skip
    axes.plot(places, [height for _, height in pairs], color=colour, zorder=3)


def _dotted(axes: Axes, pairs: Sequence[tuple[float, float]]) -> None:
    axes.plot(
        [1 / (1 - share) for share, _ in pairs], [height for _, height in pairs], color="#555555",
        linestyle=(0, (1, 1.6)), linewidth=1.1, zorder=2.5,
    )  # fmt: skip
