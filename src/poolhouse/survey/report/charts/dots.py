"""Dots: one figure, a row for each mechanism, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.survey.figures import FIGURES
from poolhouse.survey.report.charts.chart import (
    PLAIN,
    Chart,
    choice,
    faint_unless_chosen,
    rounded,
    rows_high,
    sees,
    spec_of,
    tips,
)
from poolhouse.survey.report.style import sureness
from poolhouse.survey.statistics import compare, limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.survey.report.view import View


def dots(view: View, name: str, scenario: str, figure: str, title: str) -> Chart | None:
    """The figure of each mechanism of a scenario; None where nothing was measured."""
    rows = [*_dot_rows(view, scenario, figure)]
    if not rows:
        return None
    # one-shot first, as on the sheet
    settings = sorted({row["setting"] for row in rows}, key=lambda words: ("one-shot" not in words, words))
    told = FIGURES[figure]
    order = {"field": "value", "order": "descending" if told.is_rate else "ascending", "op": "min"}
    rail = {
        "field": "mechanism",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"labelLimit": 220},
    }
    scale = {"type": "log", "nice": False, "padding": 12}
    opacity = {"condition": {"test": "datum.bound", "value": 0.35}, "value": 1}
    tip = tips(
        "mechanism",
        ("value", told.unit),
        ("ratio", "ratio"),
        ("interval", "its interval"),
        ("resolved", "resolved"),
    )
    spec = spec_of(
        rows, rows_high(rows), sees(title, "a dot for each mechanism with its interval, best above"),
        params=[choice("setting", "Setting", settings)],
        transform=[{"filter": "datum.setting == setting"}],
        encoding={"y": rail, "opacity": opacity},
        layer=[
            {"mark": {"type": "rule", "strokeWidth": 1}, "encoding": _span("least", "most", title, scale)},
            {"mark": {"type": "rule", "strokeWidth": 4}, "encoding": _span("low", "high", title, scale)},
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {"x": {"field": "value", "type": "quantitative", "scale": scale}, "tooltip": tip},
            },
        ],
    )  # fmt: skip
    for layer in spec["layer"]:
        layer["encoding"]["color"] = faint_unless_chosen(view)
    return Chart(name=name, title=title, description=spec["description"], spec=spec)


def _dot_rows(view: View, scenario: str, figure: str) -> Iterator[dict[str, Any]]:
    for setting, cells in view.scenario(scenario).items():
        bounds = limits_of(cells, figure, view.calibration)
        for name, each in compare(cells, figure, view.reference, view.calibration).items():
            ratio = each.ratio
            yield {
                "setting": setting.title, "mechanism": view.title(name), "value": rounded(each.value.median),
                "least": rounded(each.value.least), "most": rounded(each.value.most),
                "low": rounded(each.value.low), "high": rounded(each.value.high),
                "ratio": "" if ratio is None else f"{ratio.median:.2f}",
                "interval": "" if ratio is None else f"{ratio.low:.2f} to {ratio.high:.2f} ({sureness([ratio.count])})",
                "resolved": "yes" if each.is_resolved else each.reason, "bound": bool(bounds.get(name)),
            }  # fmt: skip


def _span(low: str, high: str, title: str, scale: dict[str, Any]) -> dict[str, Any]:
    return {
        "x": {"field": low, "type": "quantitative", "title": title, "scale": scale, "axis": PLAIN},
        "x2": {"field": high},
    }
