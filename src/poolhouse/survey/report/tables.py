"""Tables: the figures in words, the same for the text and for the page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolhouse.survey.figures import FIGURES, RANKED
from poolhouse.survey.report.curves import AXES, curve, failure
from poolhouse.survey.report.sheets.ceilings import ceilings
from poolhouse.survey.report.sheets.images import strategies
from poolhouse.survey.report.sheets.memory import PARTS, memory
from poolhouse.survey.report.style import NOTHING, number, sureness
from poolhouse.survey.statistics import compare, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.records import Cell
    from poolhouse.survey.report.view import View
    from poolhouse.survey.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of words under a caption; the first column names the row. `numeric` are the columns of numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = field(default=frozenset())


def comparisons(view: View, scenario: str) -> list[Table]:
    """For each setting and ranked figure of a scenario, every mechanism beside the reference."""
    return [
        _comparison(view, setting, cells, figure)
        for setting, cells in view.scenario(scenario).items()
        for figure in RANKED[scenario]
    ]


def _comparison(view: View, setting: Setting, cells: Sequence[Cell], figure: str) -> Table:
    told = FIGURES[figure]
    found = compare(cells, figure, view.reference, view.calibration)
    sign = -1 if told.is_rate else 1
    rows = [
        [
            view.title(name),
            number(each.value.median),
            f"{number(each.value.least)} to {number(each.value.most)}",
            *_ratio(each.ratio),
            str(len(each.pairs)),
            "yes"
            if each.is_resolved
            else f"no: {each.reason}"
            if each.reason != "the reference"
            else NOTHING,
        ]
        for name, each in sorted(found.items(), key=lambda pair: sign * pair[1].value.median)
    ]
    columns = (
        "mechanism",
        f"median, {told.unit}",
        "least to most",
        "ratio",
        _interval(each.ratio or each.value for each in found.values()),
        "rounds",
        "resolved",
    )
    return Table(
        caption=f"{told.title[0].upper()}{told.title[1:]}: {setting.title}",
        columns=columns,
        rows=rows,
        numeric=frozenset(range(1, 6)),
    )


def _interval(shown: Iterable[Interval]) -> str:
    """The heading of a column of intervals: how sure they are."""
    return f"{sureness(each.count for each in shown)} interval"


def _ratio(ratio: Interval | None) -> tuple[str, str]:
    if ratio is None:
        return "", ""
    return f"{ratio.median:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}"


def orderings(view: View) -> Table:
    """What may be ranked: tiers of mechanisms, best first; those of a tier are not resolved from its first.

    Whether they are from each other, or from all of the tier before, is not asked.
    """
    rows = []
    for setting, cells in view.settings.items():
        for figure in RANKED.get(setting.scenario, ()):
            found = order(cells, figure, view.calibration)
            tiers = [", ".join(tier) for tier in found.tiers]
            reasons: dict[str, list[str]] = defaultdict(list)
            for name, reason in found.unranked.items():
                reasons[reason.partition(" (")[0]].append(name)
            unranked = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
            if tiers or unranked:
                rows.append(
                    [
                        f"{FIGURES[figure].title}: {setting.title}",
                        " > ".join(tiers) or NOTHING,
                        unranked or NOTHING,
                    ]
                )
    return Table(
        caption="Orders, best first: “>” parts tiers. Each mechanism is compared with the first of its tier only, from"
        " which it is not resolved; two others of a tier may differ",
        columns=("figure and setting", "tiers", "not ranked, and why"),
        rows=rows,
    )


def sweep(view: View, scenario: str, figures: Sequence[str]) -> list[Table]:
    """Medians along what a scenario sweeps, a row for each mechanism and place."""
    found = []
    axis = AXES[scenario]
    for setting, mechanisms in view.sweeps(scenario, axis).items():
        rows = []
        for name, cells in mechanisms.items():
            lines = {figure: {point.at: point for point in curve(cells, figure, axis)} for figure in figures}
            broke = failure(cells, axis)
            places = sorted({at for line in lines.values() for at in line})
            rows += [
                [
                    view.title(name),
                    f"{at:,.0f}",
                    *(number(line[at].median) if at in line else "" for line in lines.values()),
                ]
                for at in places
            ]
            if broke:
                blanks = [""] * (len(figures) - 1)
                rows.append([view.title(name), f"{broke.at:,.0f}", f"failed: {broke.sentence}", *blanks])
        units = [f"{FIGURES[figure].title}, {FIGURES[figure].unit}" for figure in figures]
        words = {"connections": "connections", "idle": "idle connections", "rate_per_s": "offered a second"}[
            axis
        ]
        found.append(
            Table(
                caption=f"Medians: {setting.title}",
                columns=("mechanism", words, *units),
                rows=rows,
                numeric=frozenset(range(1, 2 + len(figures))),
            )
        )
    return found


def of_memory(view: View) -> Table:
    """kB a connection, by whose it is."""
    rows = [
        [
            view.title(name),
            f"{at:,}",
            *(number(parts.get(part, 0)) for part in PARTS),
            number(sum(parts.values())),
        ]
        for name, (at, parts) in sorted(memory(view).items(), key=lambda pair: sum(pair[1][1].values()))
    ]
    titles = [f"{FIGURES[part].title}, kB" for part in PARTS]
    return Table(
        caption="Memory of an idle connection",
        columns=("mechanism", "idle connections", *titles, "all, kB"),
        rows=rows,
        numeric=frozenset(range(1, 6)),
    )


def of_ceilings(view: View) -> Table:
    """How many connections each carried, and what happened beyond."""
    rows = [
        [
            view.title(each.mechanism),
            f"{each.carried:,}",
            NOTHING if each.failed_at is None else f"{each.failed_at:,}",
            each.sentence or "nothing broke",
        ]
        for each in ceilings(view)
    ]
    return Table(
        caption="Ceilings", columns=("mechanism", "carried", "failed at", "what it did"), rows=rows,
        numeric=frozenset({1, 2}),
    )  # fmt: skip


def of_images(view: View) -> Table:
    """Throughput of inline and the loop's lateness, by transform and strategy."""
    found = strategies(view)
    rows = [
        [
            f"{each.transform}, {each.strategy}",
            *_ratio(each.ratio),
            number(each.late_ms.median),
            f"{number(each.late_ms.low)} to {number(each.late_ms.high)}",
            str(each.ratio.count),
            f"no: {each.unresolved}" if each.unresolved else "yes",
        ]
        for each in found
    ]
    columns = (
        "what",
        "throughput, of inline",
        _interval(each.ratio for each in found),
        "ticks late, 99 %, ms",
        _interval(each.late_ms for each in found),
        "rounds",
        "throughput resolved",
    )
    return Table(caption="Pictures beside a loop", columns=columns, rows=rows, numeric=frozenset(range(1, 6)))
