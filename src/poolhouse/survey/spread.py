"""Spread: percentiles, medians with quartiles, and ratios that are made within a round. Pure arithmetic."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and quartiles of `count` values."""

    median: float
    low: float
    high: float
    count: int


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least `share` (0 to 1) of them do not exceed: nearest rank, no interpolation.

    So a percentile is always something that was measured. Raises ValueError where there are no values.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError("a percentile is of some values, and between 0 and 1")
    # a share such as 0.07 is no binary fraction: 0.07 * 100 is a little more than 7
    rank = math.ceil(round(share * len(values), 9))
    return sorted(values)[max(rank, 1) - 1]


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles (inclusive method). Raises ValueError where there are no values."""
    if not values:
        raise ValueError("nothing was measured")
    if len(values) == 1:
        return Spread(median=values[0], low=values[0], high=values[0], count=1)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median=median, low=low, high=high, count=len(values))


def paired_ratios(mine: Mapping[int, float], base: Mapping[int, float]) -> list[float]:
    """What was measured over what the base measured in the same round, for the rounds that have both, in order.

    A machine that is slower for a minute is so for both: the ratio keeps what the rates lose.
    """
    return [mine[turn] / base[turn] for turn in sorted(mine.keys() & base.keys())]
