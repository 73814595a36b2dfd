"""The histogram against what it stands for: every duration sorted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.histogram import Histogram, bounds_of, bucket_of
from poolhouse.survey.spread import percentile

durations = st.lists(st.integers(0, 10**10), min_size=1)


@given(st.integers(0, 10**12))
def test_a_bucket_holds_what_it_is_of_and_is_narrow(value: int) -> None:
    low, high = bounds_of(bucket_of(value))
    assert low <= value < high
    assert high - low <= max(1, value / 64)


@given(st.integers(0, 100_000))
def test_buckets_follow_each_other_without_gaps(bucket: int) -> None:
    assert bounds_of(bucket)[1] == bounds_of(bucket + 1)[0]
    assert bucket_of(bounds_of(bucket)[0]) == bucket


@given(durations, st.floats(0, 1))
def test_a_percentile_is_the_exact_one_but_for_the_width(values: list[int], share: float) -> None:
    exact = percentile(values, share)
    assert Histogram(values).percentile_us(share) == pytest.approx(exact, rel=1 / 120, abs=0.5)


@given(durations, durations)
def test_merging_is_as_if_all_had_been_counted_in_one(one: list[int], other: list[int]) -> None:
    assert Histogram.merged([Histogram(one), Histogram(other)]) == Histogram(one + other)


@given(durations)
def test_it_comes_back_from_json(values: list[int]) -> None:
    found = Histogram(values)
    assert Histogram.from_json(found.to_json()) == found
    assert found.total == len(values)


def test_what_was_never_answered_is_longer_than_all_the_rest() -> None:
    found = Histogram([10] * 98)
    assert found.percentile_us(0.98, censored=2) == 10
    assert found.percentile_us(0.99, censored=2) == math.inf


def test_of_nothing_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="of some durations"):
        Histogram().percentile_us(0.5)
