"""Figures: what came out for each strategy and transform, over the rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.survey.spread import paired_ratios, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from poolhouse.survey.images.cell import Cell
    from poolhouse.survey.spread import Spread

BASE = "inline"
NOISE_LIMIT = 0.1
"""A cell is noisy where others took more than this share of the machine's processors while it was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Medians and quartiles over the rounds in which neither the cell nor the base's was noisy.

    `noisy` counts the rounds left out; where no round was quiet all of them count, and `is_noisy` says so. `ratio` is
    the rate over that of the same transform inline in the same round. `cpu_seconds` are a picture's.
    """

    transform: str
    strategy: str
    rate: Spread
    ratio: Spread
    cpu_seconds: Spread
    tick_p50_ms: Spread
    tick_p99_ms: Spread
    tick_max_ms: Spread
    peak_mib: Spread
    noisy: int
    is_noisy: bool


def figures(rounds: Sequence[Sequence[Cell]]) -> list[Figure]:
    """A figure for each transform and strategy that has rounds beside the base; no picture, no figure."""
    pairs = dict.fromkeys(
        (cell.transform, cell.strategy) for cells in rounds for cell in cells if cell.changes
    )
    by_pair = {pair: _by_round(rounds, *pair) for pair in pairs}
    return [
        _figure(by_pair[transform, strategy], by_pair[transform, BASE])
        for transform, strategy in sorted(pairs)
        if (transform, BASE) in by_pair
    ]


def is_noisy(cell: Cell) -> bool:
    """Whether others took so much of the machine meanwhile that the cell says more of them."""
    return cell.foreign_share > NOISE_LIMIT


def _by_round(rounds: Sequence[Sequence[Cell]], transform: str, strategy: str) -> dict[int, Cell]:
    return {
        turn: cell
        for turn, cells in enumerate(rounds)
        for cell in cells
        if (cell.transform, cell.strategy) == (transform, strategy)
    }


def _figure(mine: Mapping[int, Cell], base: Mapping[int, Cell]) -> Figure:
    both = mine.keys() & base.keys()
    quiet = {turn for turn in both if not is_noisy(mine[turn]) and not is_noisy(base[turn])}
    used = sorted(quiet or both)

    def over(value: Callable[[Cell], float]) -> Spread:
        return spread([value(mine[turn]) for turn in used])

    return Figure(
        transform=mine[used[0]].transform,
        strategy=mine[used[0]].strategy,
        rate=over(lambda cell: cell.rate),
        ratio=spread(
            paired_ratios(
                {turn: mine[turn].rate for turn in used},
                {turn: base[turn].rate for turn in used},
            )
        ),
        cpu_seconds=over(lambda cell: cell.cpu_seconds / cell.changes),
        tick_p50_ms=over(lambda cell: cell.tick_p50_ms),
        tick_p99_ms=over(lambda cell: cell.tick_p99_ms),
        tick_max_ms=over(lambda cell: cell.tick_max_ms),
        peak_mib=over(lambda cell: cell.peak_mib),
        noisy=len(both) - len(quiet),
        is_noisy=not quiet,
    )
