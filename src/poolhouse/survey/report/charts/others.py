"""The others: memory as bars, pictures and the machine's noise as points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from poolhouse.survey.figures import FIGURES
from poolhouse.survey.report.charts.chart import (
    LABEL,
    PALETTE,
    PLAIN,
    Chart,
    Rows,
    choice,
    rounded,
    rows_high,
    sees,
    spec_of,
    tips,
)
from poolhouse.survey.report.sheets.images import strategies
from poolhouse.survey.report.sheets.memory import PARTS, memory
from poolhouse.survey.report.style import sureness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.report.view import View


def memory_chart(view: View) -> Chart | None:
    """Memory of an idle connection by what holds it; None where it was not measured."""
    titles = {part: FIGURES[part].title for part in PARTS}
    rows = [
        {
            "mechanism": view.title(name), "part": titles[part], "kb": round(parts.get(part, 0), 3),
            "all": round(sum(parts.values()), 2), "at": at, "place": place,
        }
        for name, (at, parts) in memory(view).items()
        for place, part in enumerate(PARTS)
    ]  # fmt: skip
    if not rows:
        return None
    title = "Memory of an idle connection, kB"
    mechanism = {
        "field": "mechanism", "type": "nominal", "title": None, "axis": {"labelLimit": 220},
        "sort": {"field": "kb", "op": "sum", "order": "ascending"},
    }  # fmt: skip
    totals = [sum(parts.values()) for _, parts in memory(view).values()]
    slider = {
        "input": "range", "min": 1, "max": math.ceil(max(*totals, 1)), "step": 1, "name": "Axis ends at, kB ",
    }  # fmt: skip
    part = {
        "field": "part", "type": "nominal", "sort": [*titles.values()],
        "scale": {"range": [PALETTE[0], PALETTE[4], PALETTE[3]]}, "legend": {"orient": "top", "title": None},
    }  # fmt: skip
    kilobytes = {
        "field": "kb", "type": "quantitative", "title": title,
        "scale": {"domainMax": {"expr": "up_to"}, "nice": False},
    }  # fmt: skip
    held = (("part", "held by"), ("kb", "kB"), ("all", "all, kB"), ("at", "idle connections"))
    spec = spec_of(
        rows, rows_high(rows), sees(title, "a bar for each mechanism, parted by what holds it"),
        params=[{"name": "up_to", "value": _usual(totals), "bind": slider}],
        mark={"type": "bar", "clip": True},
        encoding={
            "y": mechanism,
            "x": kilobytes,
            "order": {"field": "place"},
            "color": part,
            "tooltip": tips("mechanism", *held),
        },
    )  # fmt: skip
    return Chart(name="memory", title=title, description=spec["description"], spec=spec)


def _usual(totals: Sequence[float]) -> int:
    """Where an axis ends that shows all but what is far beyond the rest."""
    ordered = sorted(totals)
    while len(ordered) > 1 and ordered[-1] > 6 * max(ordered[-2], 1):
        ordered.pop()
    return max(math.ceil(ordered[-1] * 1.05), 1)


def images_chart(view: View) -> Chart | None:
    """Throughput of pictures against lateness of the loop; None where there were none."""
    rows: Rows = [
        {
            "transform": each.transform, "strategy": each.strategy, "ratio": round(each.ratio.median, 3),
            "late": rounded(each.late_ms.median),
            "interval": f"{each.ratio.low:.2f} to {each.ratio.high:.2f} ({sureness([each.ratio.count])})",
        }
        for each in strategies(view)
    ]  # fmt: skip
    if not rows:
        return None
    title = "Pictures beside a loop: right and low is better"
    point = {
        "x": {"field": "ratio", "type": "quantitative", "title": "pictures changed, of inline"},
        "y": {
            "field": "late",
            "type": "quantitative",
            "scale": {"type": "log"},
            "title": "ticks late, 99 %, ms",
            "axis": PLAIN,
        },
        "color": {"field": "strategy", "type": "nominal", "legend": None, "scale": {"range": [*PALETTE]}},
    }
    tip = tips(
        "strategy",
        ("transform", "transform"),
        ("ratio", "of inline"),
        ("interval", "its interval"),
        ("late", "ms"),
    )
    spec = spec_of(
        rows, 340, sees(title, "a point for each way of sharing the work"),
        params=[choice("transform", "Transform", list(dict.fromkeys(row["transform"] for row in rows)))],
        transform=[{"filter": "datum.transform == transform"}],
        encoding=point,
        layer=[
            {"mark": {"type": "point", "filled": True, "size": 120, "opacity": 1}, "encoding": {"tooltip": tip}},
            {"mark": LABEL, "encoding": {"text": {"field": "strategy"}}},
        ],
    )  # fmt: skip
    return Chart(name="images", title=title, description=spec["description"], spec=spec)


def noise_chart(view: View) -> Chart | None:
    """What others took of the processors, by round; None where there are no cells."""
    most: dict[tuple[int, str], dict[str, Any]] = {}
    for cell in view.result.cells:
        share = round(100 * cell.foreign_cpu_share, 2)
        pair = (cell.round, cell.mechanism)
        if pair not in most or most[pair]["share"] < share:
            most[pair] = {
                "round": cell.round + 1, "mechanism": view.title(cell.mechanism), "share": share,
                "scenario": cell.scenario, "counts": "no" if cell.dropped else "yes",
            }  # fmt: skip
    if not most:
        return None
    title = "What others took of the processors, per cent: the worst cell of each mechanism and round"
    count = {"field": "counts", "type": "nominal", "title": "counts", "sort": ["yes", "no"]}
    spec = spec_of(
        [*most.values()], 260, sees(title, "a point for each, crosses for cells that do not count", "has those"),
        mark={"type": "point", "filled": False, "size": 40, "opacity": 0.8},
        encoding={
            "x": {"field": "round", "type": "ordinal", "axis": {"labelAngle": 0}},
            "xOffset": {"field": "mechanism"},
            "y": {"field": "share", "type": "quantitative", "title": "per cent"},
            "color": {**count, "scale": {"range": [PALETTE[0], PALETTE[1]]}, "legend": None},
            "shape": {**count, "scale": {"range": ["circle", "cross"]}},
            "tooltip": tips("mechanism", ("scenario", "scenario"), ("share", "%"), ("counts", "counts")),
        },
    )  # fmt: skip
    return Chart(name="noise", title=title, description=spec["description"], spec=spec)
