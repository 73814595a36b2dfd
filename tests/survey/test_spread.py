"""Percentiles, spreads and paired ratios, against what they are by definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.spread import Spread, paired_ratios, percentile, spread

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=200)


@given(VALUES, st.integers(0, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[float], hundredths: int
) -> None:
    found = percentile(values, hundredths / 100)

    def not_exceeding(bound: float) -> int:
        return sum(value <= bound for value in values)

    assert found in values
    assert not_exceeding(found) * 100 >= hundredths * len(values)
    assert all(not_exceeding(value) * 100 < hundredths * len(values) for value in values if value < found)


def test_percentiles_of_a_hundred() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0, 0.01, 0.07, 0.5, 0.99, 1)] == [1, 1, 7, 50, 99, 100]


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 1.1), ([1.0], -0.1)])
def test_nothing_has_no_percentile(values: list[float], share: float) -> None:
    with pytest.raises(ValueError):
        percentile(values, share)


@given(VALUES)
def test_quartiles_lie_in_order_within_the_values(values: list[float]) -> None:
    found = spread(values)
    assert min(values) <= found.low <= found.median <= found.high <= max(values)
    assert found.count == len(values)


def test_known_quartiles() -> None:
    assert spread([5, 1, 3, 2, 4]) == Spread(median=3, low=2, high=4, count=5)
    assert spread([7]) == Spread(median=7, low=7, high=7, count=1)
    with pytest.raises(ValueError):
        spread([])


@given(
    st.dictionaries(st.integers(0, 20), st.tuples(st.integers(1, 99), st.floats(0.25, 4)), min_size=1),
    st.floats(0.5, 4),
)
def test_a_slow_round_is_slow_for_both_and_leaves_their_ratio(
    rounds: dict[int, tuple[int, float]], ratio: float
) -> None:
    base = {turn: rate * slowness for turn, (rate, slowness) in rounds.items()}
    mine = {turn: rate * ratio for turn, rate in base.items()}
    assert paired_ratios(mine, base) == pytest.approx([ratio] * len(rounds))


def test_only_rounds_that_have_both_are_paired() -> None:
    assert paired_ratios({0: 2.0, 2: 9.0, 3: 4.0}, {3: 2.0, 1: 5.0, 0: 4.0}) == [0.5, 2.0]
