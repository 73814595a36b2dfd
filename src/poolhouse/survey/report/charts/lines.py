"""Lines: what is swept, and whole distributions: a line for each mechanism."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from poolhouse.survey.report.charts.chart import (
    BROKEN,
    CHOSEN,
    LABEL,
    PLAIN,
    Chart,
    Rows,
    choice,
    colour,
    faint_unless_chosen,
    figure_title,
    rounded,
    sees,
    spec_of,
    tips,
    where,
)
from poolhouse.survey.report.curves import AXES, curve, failure
from poolhouse.survey.report.sheets.percentiles import NINES, distribution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.report.view import View

_SHOWS = (
    "a line for each mechanism, with a band from the least to the most of the rounds, a cross where it broke"
)


def sweep(view: View, name: str, scenario: str, figures: Sequence[str], words: str) -> Chart | None:
    """The figures along what the scenario sweeps; None where that has one place only."""
    axis = AXES[scenario]
    found = view.sweeps(scenario, axis)
    rows: Rows = [
        {
            "setting": where(setting), "figure": figure_title(figure), "mechanism": view.title(mechanism),
            "at": point.at, "value": rounded(point.median), "least": rounded(point.least), "most": rounded(point.most),
            "rounds": point.count,
        }
        for setting, mechanisms in found.items()
        for mechanism, cells in mechanisms.items()
        for figure in figures
        for point in curve(cells, figure, axis)
        if math.isfinite(point.median) and point.median > 0
    ]  # fmt: skip
    if len({row["at"] for row in rows}) < 2:
        return None
    broken = _broken(view, scenario, rows)
    there = {row["figure"] for row in rows}
    title = f"{_scenario_title(scenario)}, by {words}"
    spec = _lines(
        view, rows, title,
        choices=[
            choice("figure", "Shown", [figure_title(figure) for figure in figures if figure_title(figure) in there]),
            choice("setting", "Setting", list(dict.fromkeys(row["setting"] for row in rows))),
        ],
        x={"field": "at", "type": "quantitative", "title": words, "scale": {"type": "log", "nice": False}},
        y_title={"expr": "figure"},
        reads=("at", words),
    )  # fmt: skip
    spec["layer"] += _crosses(broken) if broken else []
    return Chart(name=name, title=title, description=spec["description"], spec=spec)


def percentiles(view: View) -> Chart | None:
    """Latency by how many wait longer, for each offered rate; None where there was no open loop."""
    rows: Rows = []
    for setting, mechanisms in view.sweeps("open", "rate_per_s").items():
        for mechanism, cells in mechanisms.items():
            rates = sorted({float(cell.parameters.get("rate_per_s") or 0) for cell in cells})
            for rate in rates:
                there = [cell for cell in cells if cell.parameters.get("rate_per_s") == rate and cell.latency]
                rows += [
                    {
                        "setting": f"{where(setting)}, {rate:,.0f} offered a second",
                        "mechanism": view.title(mechanism),
                        "at": round(1 / (1 - share), 4), "value": rounded(each), "least": rounded(each),
                        "most": rounded(each), "share": f"{100 * share:g} %",
                    }
                    for share, each in distribution(there)
                    if each > 0
                ]  # fmt: skip
    if not rows:
        return None
    title = "How long requests wait, from the median to the rarest"
    places = [round(1 / (1 - share), 4) for share in NINES if share in {0.5, 0.9, 0.99, 0.999, 0.9999}]
    axis = {
        "values": places,
        "labelExpr": "format(100 * (1 - 1 / datum.value), '.6') + ' %'",
        "title": "waited no longer",
    }
    spec = _lines(
        view, rows, title,
        choices=[choice("setting", "Setting", list(dict.fromkeys(row["setting"] for row in rows)))],
        x={"field": "at", "type": "quantitative", "scale": {"type": "log", "nice": False}, "axis": axis},
        y_title="milliseconds, all rounds together",
        reads=("share", "share"),
        table="has the median, 99 and 99.9 %",
    )  # fmt: skip
    return Chart(name="percentiles", title=title, description=spec["description"], spec=spec)


def _lines(
    view: View,
    rows: Rows,
    title: str,
    *,
    choices: Rows,
    x: dict[str, Any],
    y_title: Any,
    reads: tuple[str, str],
    table: str = "has the same figures",
) -> dict[str, Any]:
    tip = tips("mechanism", reads, ("value", "median"), ("least", "least"), ("most", "most"))
    x = {**x, "axis": {"labelFlush": False, "tickCount": 6, **PLAIN, **x.get("axis", {})}}
    y = {
        "field": "value", "type": "quantitative", "scale": {"type": "log", "nice": False},
        "axis": {"title": None, "tickCount": 6, **PLAIN},
    }  # fmt: skip
    last = {"joinaggregate": [{"op": "max", "field": "at", "as": "end"}], "groupby": ["mechanism"]}
    place = {
        "window": [{"op": "row_number", "as": "place"}],
        "sort": [{"field": "value", "order": "descending"}],
    }
    tint = colour(view)
    return spec_of(
        rows, 420, sees(title, _SHOWS, table),
        params=choices,
        title={"text": y_title, "anchor": "start", "fontSize": 12, "fontWeight": 600, "aria": False},
        transform=[{"filter": f"datum.{each['name']} == {each['name']}"} for each in choices],
        encoding={"x": x, "y": y},
        layer=[
            {
                "mark": {"type": "line", "strokeWidth": 1, "color": {"expr": "faint"}},
                "encoding": {"detail": {"field": "mechanism"}},
            },
            {
                "transform": [CHOSEN, {"filter": "isValid(datum.most)"}],
                "mark": {"type": "area", "opacity": 0.16, "aria": False},
                "encoding": {"y": {"field": "least", "type": "quantitative"}, "y2": {"field": "most"}, "color": tint},
            },
            {"transform": [CHOSEN], "mark": {"type": "line", "strokeWidth": 2.2}, "encoding": {"color": tint}},
            {
                "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1},
                "params": [
                    {"name": "over", "select": {"type": "point", "on": "pointerover", "clear": "pointerout",
                                                "fields": ["mechanism"], "nearest": True}}
                ],
                "encoding": {
                    "color": faint_unless_chosen(view), "tooltip": tip,
                    "size": {"condition": {"param": "over", "empty": False, "value": 120}, "value": 30},
                },
            },
            {
                # beside the lines, in the order of their ends: where lines meet their names could not all stand
                "transform": [CHOSEN, last, {"filter": "datum.at == datum.end"}, place],
                "mark": LABEL,
                "encoding": {
                    "text": {"field": "mechanism"}, "color": tint,
                    "x": {"value": {"expr": "width"}}, "y": {"value": {"expr": "16 * datum.place - 8"}},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 3.2, "aria": False},
                "encoding": {
                    "color": tint,
                    "opacity": {"condition": {"param": "over", "empty": False, "value": 1}, "value": 0},
                },
            },
        ],
    )  # fmt: skip


def _broken(view: View, scenario: str, rows: Rows) -> Rows:
    """Where mechanisms broke, at the height of the last point before, for each figure that has one."""
    axis = AXES[scenario]
    last = {(row["setting"], row["figure"], row["mechanism"]): row["value"] for row in rows}
    found: Rows = []
    for setting, mechanisms in view.sweeps(scenario, axis).items():
        for mechanism, cells in mechanisms.items():
            broke, title = failure(cells, axis), view.title(mechanism)
            found += [
                {
                    "setting": there, "figure": figure, "mechanism": title, "at": broke.at, "value": value,
                    "error": broke.error or "failed", "what": broke.sentence,
                }
                for (there, figure, name), value in last.items()
                if broke is not None and broke.at and (there, name) == (where(setting), title)
            ]  # fmt: skip
    return found


def _crosses(broken: Rows) -> Rows:
    data: dict[str, Any] = {
        "data": {"values": broken},
        "transform": [CHOSEN, {"filter": "datum.figure == figure && datum.setting == setting"}],
    }
    tip = tips("mechanism", ("at", "at"), ("error", "error"), ("what", "what happened"))
    cross = {
        "type": "point",
        "shape": "cross",
        "angle": 45,
        "size": 110,
        "filled": True,
        "color": BROKEN,
        "opacity": 1,
    }
    return [
        {**data, "mark": cross, "encoding": {"tooltip": tip}},
        {**data, "mark": {**LABEL, "color": BROKEN}, "encoding": {"text": {"field": "error"}}},
    ]


def _scenario_title(scenario: str) -> str:
    return {
        "burst": "Time until all were served",
        "open": "Latency",
        "idle": "Service beside idle connections",
    }[scenario]
