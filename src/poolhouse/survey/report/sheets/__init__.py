"""Sheets: one module a question, each draws what the result has of it. `draw_sheets` draws them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.survey.report.sheets.ceilings import draw_ceilings
from poolhouse.survey.report.sheets.dots import draw_dots
from poolhouse.survey.report.sheets.images import draw_images
from poolhouse.survey.report.sheets.memory import draw_memory
from poolhouse.survey.report.sheets.noise import draw_noise
from poolhouse.survey.report.sheets.percentiles import draw_percentiles
from poolhouse.survey.report.sheets.sweeps import draw_sweeps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.report.view import View


def draw_sheets(view: View) -> Iterator[tuple[str, Drawing]]:
    """Every sheet that the result has figures for, with its name."""
    for draw in (
        draw_sweeps,
        draw_dots,
        draw_percentiles,
        draw_memory,
        draw_ceilings,
        draw_images,
        draw_noise,
    ):
        yield from draw(view)
