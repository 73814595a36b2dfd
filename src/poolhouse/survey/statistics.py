"""Statistics: ratios that are made within a round, how sure one may be of them, and what order that allows.

Rates of two runs on one machine differ by a factor of two; what two mechanisms did in the same round of the same run
differs by little. So everything said of two mechanisms is the median of their ratios over the rounds, with an interval
between two of these ratios: the least and the greatest, or as many places within as 95 % allow (the interval of the
sign test; H. A. David, H. N. Nagaraja, Order Statistics, section 7.1). It needs no distribution, and how often it holds
the true median follows from the number of rounds alone. Rounds are what was repeated; requests within a round are not
independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import FIGURES, values
from poolhouse.survey.mechanisms.mechanism import CALIBRATION, REFERENCE
from poolhouse.survey.spread import paired_ratios

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from poolhouse.survey.records import Cell

CONFIDENCE: Final = 0.95
"""What an interval is to cover, where there are rounds enough."""
LEAST_ROUNDS: Final = 5
"""With fewer, even the widest interval there is (least to greatest) covers the median in less than 9 of 10 runs."""

CLIENT_BOUND: Final = 0.80
"""Above this utilisation of the client a rate is only a lower bound."""

CLIENT_LATE: Final = 0.5
"""Where the client itself was late by this share of a latency or more, the latency says as much of the client."""

NEAR_CALIBRATION: Final = 0.10
"""Rates this near the calibration's may be the client's or the kernel's, and rank nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A median and where it lies, as surely as `count` rounds can say; `least` and `most` of them."""

    median: float
    low: float
    high: float
    least: float
    most: float
    count: int

    @property
    def coverage(self) -> float:
        """How often such an interval holds the true median, 0 to 1."""
        return coverage(self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One mechanism beside another: its ratios in each round, their median and interval.

    `is_resolved` is whether the two may be said to differ; if not, `reason` says why.
    """

    mechanism: str
    ratio: Interval | None
    value: Interval
    pairs: Mapping[int, float]
    is_resolved: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """What may be said of who is better. Mechanisms of one tier are not resolved from its first.

    `resolved` holds every pair (better, worse) that is, tiers or not; `unranked` says why a mechanism has no place.
    """

    tiers: list[list[str]] = field(default_factory=list)
    unranked: dict[str, str] = field(default_factory=dict)
    resolved: frozenset[tuple[str, str]] = frozenset()


def interval(measured: Collection[float]) -> Interval:
    """The median of what rounds measured and where it lies. Raises ValueError where there are no values."""
    if not measured:
        raise ValueError("nothing was measured")
    ordered = sorted(measured)
    left_out = _left_out(len(ordered))
    return Interval(
        median=median(ordered),
        low=ordered[left_out],
        high=ordered[-1 - left_out],
        least=ordered[0],
        most=ordered[-1],
        count=len(ordered),
    )


def coverage(rounds: int) -> float:
    """How often an interval over so many rounds holds the true median: 0.9375 of five, 0.979 of ten."""
    return _covered(rounds, _left_out(rounds))


@cache
def _left_out(rounds: int) -> int:
    """How many values may lie beyond an interval on each side, for it to cover what it is to; none where it cannot."""
    found = 0
    while 2 * (found + 1) < rounds and _covered(rounds, found + 1) >= CONFIDENCE:
        found += 1
    return found


def _covered(rounds: int, left_out: int) -> float:
    """Each value is above the median or below it, as a coin falls; the interval misses where too many fall alike."""
    return 1 - sum(math.comb(rounds, below) for below in range(left_out + 1)) / float(2 ** (rounds - 1))


def ratios(mine: Mapping[int, float], base: Mapping[int, float]) -> dict[int, float]:
    """What was measured over what the base measured, for the rounds in which both measured something.

    Where both are beyond measure (infinite) they are as good as each other.
    """
    both = sorted(each for each in mine.keys() & base.keys() if base[each] > 0)
    found = dict(zip(both, paired_ratios({each: mine[each] for each in both}, base), strict=True))
    return {each: 1.0 if math.isnan(ratio) else ratio for each, ratio in found.items()}


def compare(
    cells: Sequence[Cell], figure: str, reference: str = REFERENCE, calibration: str = CALIBRATION
) -> dict[str, Comparison]:
    """Every mechanism that has the figure beside the reference, for cells of one setting; the reference too, as 1."""
    measured = values(cells, figure)
    limits = limits_of(cells, figure, calibration)
    base = measured.get(reference, {})
    found = {}
    for name, mine in measured.items():
        pairs = ratios(mine, base)
        ratio = interval(pairs.values()) if pairs else None
        reason = why_not(ratio, limits.get(name, "") or _of_reference(limits.get(reference, "")))
        found[name] = Comparison(
            mechanism=name,
            ratio=ratio,
            value=interval(mine.values()),
            pairs=pairs,
            is_resolved=not reason,
            reason="the reference" if name == reference else reason,
        )
    return found


def order(cells: Sequence[Cell], figure: str, calibration: str = CALIBRATION) -> Ordering:
    """The order that a figure allows, for cells of one setting, best first. The calibration has no place in it."""
    measured = values(cells, figure)
    limits = limits_of(cells, figure, calibration)
    measured.pop(calibration, None)
    unranked = {name: limits[name] for name in measured if limits.get(name)}
    few = {name for name, mine in measured.items() if len(mine) < LEAST_ROUNDS}
    unranked |= {name: _too_few(len(measured[name])) for name in few - unranked.keys()}
    ranked = [name for name in measured if name not in unranked]
    sign = -1 if FIGURES[figure].is_rate else 1
    ranked.sort(key=lambda name: sign * median(measured[name].values()))
    resolved = frozenset(_resolved_pairs({name: measured[name] for name in ranked}, sign))
    return Ordering(tiers=_tiers(ranked, resolved), unranked=unranked, resolved=resolved)


def limits_of(cells: Sequence[Cell], figure: str, calibration: str = CALIBRATION) -> dict[str, str]:
    """The mechanisms whose rate, or 99th percentile, may be the client's or the kernel's and not theirs, and why.

    A processor-heavy handler costs every mechanism the same, the calibration too: near it is where all are.
    """
    if figure == "p99_ms":
        return _late(cells)
    if not FIGURES[figure].is_rate:
        return {}
    found = {}
    for name in {cell.mechanism for cell in cells}:
        busy = median(cell.client_utilisation for cell in cells if cell.mechanism == name)
        if busy > CLIENT_BOUND:
            found[name] = f"client-bound ({100 * busy:.0f} %): a lower bound"
    measured = values([cell for cell in cells if cell.scenario != "heavy"], figure)
    base = measured.get(calibration, {})
    for name, mine in measured.items():
        pairs = ratios(mine, base)
        if name not in found and pairs and abs(median(pairs.values()) - 1) <= NEAR_CALIBRATION:
            found[name] = f"within {100 * NEAR_CALIBRATION:.0f} % of the calibration"
    return found


def _late(cells: Sequence[Cell]) -> dict[str, str]:
    """Of an open loop: where the client saw one arrival in a hundred so late that their latency is its own."""
    late_us, waited_ms = values(cells, "client_late_p99_us"), values(cells, "p99_ms")
    found = {}
    for name in late_us.keys() & waited_ms.keys():
        share = median(ratios(late_us[name], waited_ms[name]).values() or [0.0]) / 1000
        if share >= CLIENT_LATE:
            found[name] = f"client-late ({100 * share:.0f} %): so much of it is the client's"
    return found


def why_not(ratio: Interval | None, limit: str = "") -> str:
    """Why two may not be said to differ whose ratio this is, or nothing. `limit` is what says it before the ratio."""
    if limit:
        return limit
    if ratio is None:
        return "no round has both"
    if ratio.count < LEAST_ROUNDS:
        return _too_few(ratio.count)
    return "the interval contains 1" if ratio.low <= 1 <= ratio.high else ""


def _too_few(count: int) -> str:
    return f"too few rounds ({count}, at least {LEAST_ROUNDS} are needed)"


def _of_reference(limit: str) -> str:
    return limit and f"the reference is {limit}"


def _resolved_pairs(measured: Mapping[str, Mapping[int, float]], sign: int) -> set[tuple[str, str]]:
    found = set()
    for one, other in combinations(measured, 2):
        pairs = ratios(measured[one], measured[other])
        ratio = interval(pairs.values()) if pairs else None
        if ratio is not None and not why_not(ratio):
            found.add((one, other) if (ratio.median - 1) * sign < 0 else (other, one))
    return found


def _tiers(ranked: Sequence[str], resolved: Collection[tuple[str, str]]) -> list[list[str]]:
    tiers: list[list[str]] = []
    for name in ranked:
        if not tiers or (tiers[-1][0], name) in resolved:
            tiers.append([])
        tiers[-1].append(name)
    return tiers
