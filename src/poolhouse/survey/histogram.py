"""Histogram: durations counted in buckets that grow with what they hold, as HdrHistogram does (G. Tene).

A bucket is 1 µs wide up to 128 µs and at most 1/64 (1.6 %) of what it holds above, so a percentile is true to 0.8 %
and a histogram of any number of durations takes some kilobytes. Histograms of rounds, or of processes, are merged by
adding: percentiles cannot be averaged.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BITS = 6
_STEPS = 1 << _BITS


def bucket_of(microseconds: int) -> int:
    """The number of the bucket that holds a duration. What is below 0 counts as 0."""
    value = max(microseconds, 0)
    shift = max(value.bit_length() - _BITS - 1, 0)
    return shift * _STEPS + (value >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """The least duration that a bucket holds, and the least that is too long for it, in microseconds."""
    shift = max(bucket // _STEPS - 1, 0)
    low = bucket - shift * _STEPS
    return low << shift, (low + 1) << shift


class Histogram:
    """Durations in microseconds, by bucket. Compares by what it counts."""

    __slots__ = ("counts",)

    def __init__(self, durations_us: Iterable[int] = ()) -> None:
        """Holds these durations; whole microseconds."""
        self.counts: Counter[int] = Counter(map(bucket_of, durations_us))

    @classmethod
    def from_json(cls, sparse: Mapping[str, int]) -> Self:
        """What `to_json` made of one. Raises ValueError where a key is no number."""
        made = cls()
        made.counts.update({int(bucket): count for bucket, count in sparse.items()})
        return made

    @classmethod
    def merged(cls, histograms: Iterable[Histogram]) -> Self:
        """One that holds what all of these hold."""
        made = cls()
        for each in histograms:
            made.counts.update(each.counts)
        return made

    def to_json(self) -> dict[str, int]:
        """Counts by bucket, as text because JSON wants it; empty buckets are left out."""
        return {str(bucket): self.counts[bucket] for bucket in sorted(self.counts) if self.counts[bucket]}

    @property
    def total(self) -> int:
        """How many durations it holds."""
        return self.counts.total()

    def percentile_us(self, share: float, censored: int = 0) -> float:
        """What at least `share` (0 to 1) do not exceed: the middle of the nearest rank's bucket, in microseconds.

        `censored` are further durations of which is known only that they are longer than all here: where the rank is
        among them the answer is infinite. Raises ValueError where there are no durations.
        """
        total = self.total + censored
        if not total or not 0 <= share <= 1:
            raise ValueError("a percentile is of some durations, and between 0 and 1")
        rank = max(math.ceil(round(share * total, 9)), 1)
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank <= 0:
                low, high = bounds_of(bucket)
                return (low + high - 1) / 2
        return math.inf

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<Histogram of {self.total}>"
