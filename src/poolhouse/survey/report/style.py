"""Style: colours, type and frames that all sheets share.

Colours are of Paul Tol's "bright" and "high-contrast" schemes (Technical Note SRON/EPS/TN/09-002): they are told apart
with any kind of colour blindness, and in print. Nothing is said by colour alone: lines have labels, marks have forms.
"""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from poolhouse.survey.statistics import coverage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

NOTHING: Final = "\N{EN DASH}"
INK: Final = "#222222"
FAINT: Final = "#8a8a8a"
RULE: Final = "#e4e4e4"
BLUE, RED, GREEN, YELLOW, PURPLE, CYAN = "#4477aa", "#cc3311", "#228833", "#bb8800", "#aa3377", "#3399bb"
COLOURS: Final = {
    "connected_ms": CYAN,
    "greeted_ms": YELLOW,
    "answered_ms": BLUE,
    "closed_ms": PURPLE,
    "p50_ms": CYAN,
    "p99_ms": BLUE,
    "p999_ms": PURPLE,
}
_RC: Final[Any] = {
    "svg.hashsalt": "poolhouse",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "text.color": INK,
    "axes.edgecolor": "#bbbbbb",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.5,
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """What is drawn within looks like ours; the same figures give the same bytes."""
    import matplotlib as mpl

    with mpl.rc_context(_RC):
        yield


def blank(width: float, height: float) -> Drawing:
    """An empty sheet of so many inches, drawn without a display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(width, height))
    FigureCanvasAgg(drawing)
    return drawing


def head(drawing: Drawing, title: str, subtitle: str, note: str) -> None:
    """Title and how to read it above, where and when it was measured below."""
    width, height = drawing.get_size_inches()
    subtitle = "\n".join(textwrap.wrap(subtitle, min(round(15 * width - 8), 135)))
    left = 0.2 / width
    drawing.text(left, 1 - 0.16 / height, title, fontsize=13, fontweight="bold", va="top")
    drawing.text(left, 1 - 0.46 / height, subtitle, fontsize=8.5, color="#555555", va="top", linespacing=1.35)
    note = "\n".join(textwrap.wrap(note, round(20 * width - 8)))
    drawing.text(left, 0.1 / height, note, fontsize=6.5, color=FAINT, va="bottom")


def logarithmic(axes: Axes, which: str = "both", *, narrow: str = "") -> None:
    """Logarithmic axes with plain numbers and a rule at each power of ten; at 1, 2, 5 on `narrow` ones."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if which in {name, "both"}:
            getattr(axes, f"set_{name}scale")("log")
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if name in narrow else (1,), numticks=9))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.grid(visible=True, color=RULE, linewidth=0.6)


def short(value: float) -> str:
    """A number as it stands on an axis: 0.1, 5, 100, 1k, 20k, 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def sureness(counts: Iterable[int]) -> str:
    """How sure intervals over so many rounds are: "93.8 %", or "87.5 to 93.8 %" where some have fewer."""
    shares = sorted(100 * coverage(count) for count in set(counts))
    if not shares:
        return NOTHING
    return " to ".join(dict.fromkeys(f"{share:.3g}" for share in (shares[0], shares[-1]))) + " %"


def number(value: float) -> str:
    """A number in words and tables: three figures, thousands parted; ∞ where it is beyond measure."""
    if value == float("inf"):
        return "∞"
    if abs(value) >= 1000:
        # three figures, and no more: 12,345 rounds to 12,300
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:#.3g}".rstrip(".") if value else "0"


def apart(places: Sequence[float], least: float) -> list[float]:
    """The places moved so that each is `least` or more from the next, in their order, about their common middle."""
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[tuple[list[int], float]] = []
    for each in order:
        groups.append(([each], places[each]))
        while len(groups) > 1 and _touch(groups[-2], groups[-1], least):
            (one, middle), (two, other) = groups.pop(-2), groups.pop()
            total = len(one) + len(two)
            groups.append(([*one, *two], (middle * len(one) + other * len(two)) / total))
    moved = [0.0] * len(places)
    for members, middle in groups:
        for place, member in enumerate(members):
            moved[member] = middle + (place - (len(members) - 1) / 2) * least
    return moved


def _touch(one: tuple[list[int], float], two: tuple[list[int], float], least: float) -> bool:
    return two[1] - one[1] < least * (len(one[0]) + len(two[0])) / 2
