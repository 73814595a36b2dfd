"""Pictures: the image workload as part of a run, through `images`, in the run's records."""

from __future__ import annotations

from random import Random
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from poolhouse.survey.images.figures import is_noisy
from poolhouse.survey.images.runs import PixelsDifferError, Plan, missing_in, run_round
from poolhouse.survey.records import Images

if TYPE_CHECKING:
    from poolhouse.survey.images.cell import Cell

ESTIMATED_SECONDS = 45.0
"""Of a round, as a guess."""


def measure_pictures(number: int, seed: int, plan: Plan = Plan()) -> list[Images]:  # noqa: B008 - it is frozen
    """One round of every strategy with every transform that can be done here.

    Where one fails, or makes other pictures than the rest, the round is one record that does not count and says why.
    """
    random = Random(f"{seed}:{number}:images")  # noqa: S311 - an order, no secret
    try:
        cells = run_round(plan, list(missing_in(plan)), random)
    except (ChildProcessError, TimeoutExpired, PixelsDifferError) as error:
        return [Images(round=number, strategy="", transform="", figures={}, dropped=f"failed: {error}"[:500])]
    return [record_of(cell, number) for cell in cells]


def record_of(cell: Cell, number: int) -> Images:
    """The record of what `images` measured. The idle loop, which changes no picture, has lateness only."""
    figures = {
        "peak_mib": cell.peak_mib,
        "tick_p50_ms": cell.tick_p50_ms,
        "tick_p99_ms": cell.tick_p99_ms,
        "tick_max_ms": cell.tick_max_ms,
    }
    if cell.changes:
        figures["pictures_per_s"] = cell.rate
        figures["cpu_ms_per_picture"] = cell.cpu_seconds * 1000 / cell.changes
    return Images(
        round=number,
        strategy=cell.strategy,
        transform=cell.transform,
        figures=figures,
        foreign_cpu_share=cell.foreign_share,
        dropped=f"noisy: others took {cell.foreign_share:.0%} of the processors" if is_noisy(cell) else "",
    )
