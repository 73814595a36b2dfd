"""Chart: what all interactive graphs share: their form, their colours, the words on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from poolhouse.survey.figures import FIGURES, transport_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.report.view import View

Rows = list[dict[str, Any]]


PALETTE: Final = (
    "#3b82c4", "#d9622b", "#2f9e5b", "#b0559e", "#b58900", "#1fa3b5", "#c94f6d", "#7a77d0", "#6f9a1e", "#9a6a4a",
)  # fmt: skip
"""Legible on white and on near black; mechanisms are also named beside their lines."""


BROKEN: Final = "#e0452f"
"""Where a mechanism broke."""

_MOST_CHOSEN: Final = 8


_ROW: Final = 19


CHOSEN: Final = {"filter": "indexof(chosen, datum.mechanism) >= 0"}


PLAIN: Final = {
    mark: {"condition": {"test": "datum.label == ''", "value": 0}, "value": 1}
    for mark in ("gridOpacity", "tickOpacity")
}
"""An axis without the rules that have no number."""


LABEL: Final = {"type": "text", "align": "left", "dx": 8, "fontSize": 11, "fontWeight": 600, "aria": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One graph: what it shows in a sentence (for those who do not see it), and its specification."""

    name: str
    title: str
    description: str
    spec: dict[str, Any]


def first_chosen(view: View) -> list[str]:
    """What has colour before anybody chooses: calibration, reference, and the first of each family."""
    mechanisms = view.result.run.mechanisms
    first = [each.title for each in mechanisms if each.name in {view.reference, view.calibration}]
    for family in dict.fromkeys(each.family for each in mechanisms):
        first += [each.title for each in mechanisms if each.family == family][:1]
    return list(dict.fromkeys(first))[:_MOST_CHOSEN]


def colours(view: View) -> dict[str, str]:
    """The colour of each mechanism, by title; those that are chosen at first differ from each other."""
    titles = dict.fromkeys([*first_chosen(view), *(each.title for each in view.result.run.mechanisms)])
    return {title: PALETTE[place % len(PALETTE)] for place, title in enumerate(titles)}


def colour(view: View) -> dict[str, Any]:
    """The colour channel: each mechanism its own."""
    found = colours(view)
    scale = {"domain": [*found], "range": [*found.values()]}
    return {"field": "mechanism", "type": "nominal", "legend": None, "scale": scale}


def faint_unless_chosen(view: View) -> dict[str, Any]:
    """The colour channel: faint for those that are not chosen."""
    return {"condition": {"test": CHOSEN["filter"], **colour(view)}, "value": {"expr": "faint"}}


def spec_of(rows: Rows, height: Any, description: str, **rest: Any) -> dict[str, Any]:
    """A specification with its data and the signals that the page sets."""
    params = [{"name": "chosen", "value": []}, {"name": "faint", "value": "#cccccc"}, *rest.pop("params", [])]
    return {
        "description": description, "width": "container", "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"}, "data": {"values": rows},
        "params": params, **rest,
    }  # fmt: skip


def choice(name: str, words: str, options: Sequence[str]) -> dict[str, Any]:
    """A list to choose from; none where there is one thing only."""
    bound = (
        {"bind": {"input": "select", "options": [*options], "name": f"{words} "}} if len(options) > 1 else {}
    )
    return {"name": name, "value": options[0], **bound}


def tips(first: str, *others: tuple[str, str]) -> Rows:
    """What is said of a mark that is pointed at: a field, then others with their titles."""
    return [{"field": first}, *({"field": field, "title": title} for field, title in others)]


def sees(title: str, what: str, table: str = "has the same figures") -> str:
    """What a chart shows, for those who do not see it, and what its table has of that."""
    return f"{title}: {what}. The table below it {table}."


def figure_title(figure: str) -> str:
    """A figure with its unit."""
    told = FIGURES[figure]
    return f"{told.title}, {told.unit}"


def where(setting: Setting) -> str:
    """A setting in few words, less what is swept."""
    parts = [transport_title(setting.transport), setting.mode]
    parts += [f"backlog {setting.backlog:,}"] if setting.scenario == "burst" and setting.backlog else []
    parts += [f"{setting.connections:,} connections"] if setting.connections else []
    return ", ".join(filter(None, parts))


def rounded(value: float) -> float | None:
    """Four figures are enough to draw; what is beyond measure is not drawn."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def rows_high(rows: Rows) -> int:
    """Pixels that a row for each mechanism takes."""
    return _ROW * len({row["mechanism"] for row in rows})
