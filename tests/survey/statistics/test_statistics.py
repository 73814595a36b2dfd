"""Statistics beside what is known: coverage of intervals, ratios of distributions whose ratio is known, orders."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.records import Cell
from poolhouse.survey.statistics import (
    CONFIDENCE,
    LEAST_ROUNDS,
    compare,
    coverage,
    interval,
    limits_of,
    order,
    ratios,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

COST = "server_cpu_us_per_request"
some_values = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=12)


def cell(mechanism: str, turn: int, **rest: Any) -> Cell:
    said: dict[str, Any] = {
        "scenario": "closed", "mechanism": mechanism, "round": turn, "place": 0, "transport": "tcp",
        "parameters": {"connections": 64, "mode": "keep-alive"},
    }  # fmt: skip
    return Cell(**{**said, **rest})


def costs(**values: Sequence[float]) -> list[Cell]:
    """A cell for each value, one a round."""
    return [
        cell(name.replace("_", "-"), turn, figures={COST: value})
        for name, measured in values.items()
        for turn, value in enumerate(measured)
    ]


def rates(busy: float = 0.5, **values: Sequence[float]) -> list[Cell]:
    return [
        cell(name.replace("_", "-"), turn, figures={"rps": value}, client_utilisation=busy)
        for name, measured in values.items()
        for turn, value in enumerate(measured)
    ]


@pytest.mark.parametrize(("count", "least_coverage"), [(5, 0.91), (10, 0.92), (21, 0.92)])
def test_an_interval_covers_the_true_median_about_as_often_as_it_says(
    count: int, least_coverage: float
) -> None:
    random = Random(1)
    covered = 0
    for _ in range(2_000):
        found = interval([random.lognormvariate(math.log(1.3), 0.2) for _ in range(count)])
        covered += found.low <= 1.3 <= found.high
    assert least_coverage <= covered / 2_000 <= 0.985
    assert covered / 2_000 == pytest.approx(coverage(count), abs=0.01)


def test_what_an_interval_covers_follows_from_the_number_of_rounds() -> None:
    assert [coverage(count) for count in (1, 3, 5)] == [0, 0.75, 0.9375]
    assert coverage(10) == 1 - 2 * (1 + 10) / 2**10
    assert interval([3.0, 1.0, 2.0]).coverage == coverage(3)
    assert all(coverage(count) >= CONFIDENCE for count in range(6, 60))


def test_an_interval_is_as_narrow_as_what_it_is_to_cover_allows() -> None:
    """Of five rounds least and greatest; of ten one may lie outside at each end, of thirty nine."""
    values = [float(each) for each in range(30)]
    assert [(found.low, found.high) for found in (interval(values[:5]), interval(values[:10]))] == [
        (0, 4),
        (1, 8),
    ]
    found = interval(values)
    assert (found.low, found.high) == (9, 20)


def test_an_interval_that_contains_1_is_what_equals_get() -> None:
    """Two that are the same are called different about as seldom as the interval says."""
    random = Random(2)
    resolved = 0
    for _ in range(1_000):
        pairs = {turn: random.lognormvariate(0, 0.1) for turn in range(10)}
        found = interval(pairs.values())
        resolved += not found.low <= 1 <= found.high
    assert resolved / 1_000 < 0.09


def test_ratios_of_lognormals_whose_ratio_is_known_whatever_the_weather() -> None:
    """Each round has a weather of its own, up to three times slower; within a round the ratio is 1.25."""
    random = Random(3)
    weather = [random.uniform(1, 3) for _ in range(30)]
    cells = costs(
        selectors_epoll=[each * random.lognormvariate(0, 0.03) for each in weather],
        trio=[1.25 * each * random.lognormvariate(0, 0.03) for each in weather],
        same=[each * random.lognormvariate(0, 0.03) for each in weather],
    )
    found = compare(cells, COST)
    trio, same = found["trio"].ratio, found["same"].ratio
    assert trio is not None
    assert same is not None
    assert trio.median == pytest.approx(1.25, rel=0.02)
    assert trio.low < 1.25 < trio.high
    ordered = sorted(found["trio"].pairs.values())
    assert (trio.low, trio.high) == (ordered[9], ordered[20])
    assert found["trio"].is_resolved
    assert (found["same"].is_resolved, found["same"].reason) == (False, "the interval contains 1")
    assert found["selectors-epoll"].reason == "the reference"
    assert len(found["trio"].pairs) == 30
    # absolute figures would not have told them apart
    assert found["trio"].value.low < found["selectors-epoll"].value.high


@given(some_values)
def test_an_interval_lies_within_what_was_measured_and_holds_the_median(values: list[float]) -> None:
    found = interval(values)
    assert min(values) == found.least <= found.low <= found.median <= found.high <= found.most == max(values)
    assert interval(values) == found
    assert interval(values[::-1]) == found


@given(st.lists(st.lists(st.integers(0, 10**8), max_size=30), max_size=6), st.floats(0, 1))
@settings(max_examples=60)
def test_histograms_of_rounds_merged_are_the_histogram_of_all(rounds: list[list[int]], share: float) -> None:
    merged = Histogram.merged(map(Histogram, rounds))
    whole = Histogram(each for durations in rounds for each in durations)
    assert merged == whole
    if whole.total:
        assert merged.percentile_us(share) == whole.percentile_us(share)


def test_nothing_measured_has_no_interval() -> None:
    with pytest.raises(ValueError, match="nothing"):
        interval([])


def test_only_rounds_that_both_have_are_paired() -> None:
    assert ratios({0: 4.0, 1: 9.0, 3: 1.0}, {0: 2.0, 1: 3.0, 2: 8.0}) == {0: 2.0, 1: 3.0}
    assert ratios({0: 4.0, 1: 2.0}, {0: 0.0, 1: 1.0}) == {1: 2.0}
    assert ratios({0: math.inf, 1: math.inf}, {0: math.inf, 1: 1.0}) == {0: 1.0, 1: math.inf}


def test_dropped_and_failed_cells_say_nothing() -> None:
    cells = costs(selectors_epoll=[1] * 6, trio=[2] * 6)
    cells += [
        cell("trio", 9, figures={COST: 900}, dropped="noisy"),
        cell("trio", 8, figures={COST: 9}, failure="EMFILE"),
    ]
    assert compare(cells, COST)["trio"].value.most == 2


def test_too_few_rounds_resolve_nothing() -> None:
    few = LEAST_ROUNDS - 1
    found = compare(costs(selectors_epoll=[1] * few, fork=[40] * few), COST)
    assert not found["fork"].is_resolved
    assert "too few rounds (4" in found["fork"].reason
    ordering = order(costs(selectors_epoll=[1] * few, fork=[40] * few), COST)
    assert ordering.tiers == []
    assert ordering.unranked.keys() == {"selectors-epoll", "fork"}


def test_without_the_reference_nothing_is_compared() -> None:
    found = compare(costs(trio=[1] * 6), COST)
    assert found["trio"].ratio is None
    assert found["trio"].reason == "no round has both"


def test_a_client_bound_rate_is_a_bound_and_has_no_rank() -> None:
    cells = rates(selectors_epoll=[100] * 6, fork=[10] * 6) + rates(0.95, uvloop=[300] * 6)
    assert "client-bound (95 %)" in compare(cells, "rps")["uvloop"].reason
    found = order(cells, "rps")
    assert found.tiers == [["selectors-epoll"], ["fork"]]
    assert found.unranked["uvloop"].startswith("client-bound")
    # what it costs the server ranks all the same
    assert limits_of(cells, COST) == {}


def test_a_rate_near_the_calibrations_is_not_resolved() -> None:
    cells = rates(selectors_epoll=[60] * 6, uvloop=[91] * 6, slow=[89] * 6, c_epoll=[100] * 6)
    found = compare(cells, "rps")
    assert found["uvloop"].reason == "within 10 % of the calibration"
    assert found["slow"].is_resolved
    assert order(cells, "rps").tiers == [["slow"], ["selectors-epoll"]]


def test_where_the_reference_is_near_the_calibration_no_ratio_is_resolved() -> None:
    cells = rates(selectors_epoll=[95] * 6, slow=[30] * 6, c_epoll=[100] * 6)
    assert "the reference is within" in compare(cells, "rps")["slow"].reason


def test_a_heavy_handler_brings_all_near_the_calibration_and_is_compared_still() -> None:
    cells = [
        cell(name, turn, scenario="heavy", figures={"rps": rate})
        for name, rate in (("selectors-epoll", 98), ("c-epoll", 100), ("prefork", 170))
        for turn in range(6)
    ]
    assert compare(cells, "rps")["prefork"].is_resolved


def test_a_latency_of_which_half_is_the_clients_lateness_has_no_rank() -> None:
    """Requests wait 0.2, 0.4 and 0.8 ms in the 99th of a hundred; the client sees its arrivals 0.2 ms late."""
    cells = [
        cell(
            name,
            turn,
            scenario="open",
            latency=Histogram([waited_us + turn] * 100).to_json(),
            figures={"client_late_p99_us": 201.0},
        )
        for name, waited_us in (("selectors-epoll", 200), ("trio", 390), ("gevent", 800))
        for turn in range(6)
    ]
    found = order(cells, "p99_ms")
    assert found.tiers == [["gevent"]]
    assert found.unranked["trio"].startswith("client-late (5")
    assert compare(cells, "p99_ms")["gevent"].reason.startswith("the reference is client-late (")
    assert limits_of(cells, "p50_ms") == {}


def test_tiers_part_where_it_is_resolved_and_nowhere_else() -> None:
    random = Random(4)
    cells = costs(
        **{
            name: [cost * random.lognormvariate(0, 0.03) for _ in range(12)]
            for name, cost in (("a", 10), ("b", 10.02), ("c", 14), ("d", 14.02), ("e", 30))
        }
    )
    found = order(cells, COST)
    assert [sorted(tier) for tier in found.tiers] == [["a", "b"], ["c", "d"], ["e"]]
    assert ("a", "c") in found.resolved
    assert ("c", "a") not in found.resolved
    assert not {("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")} & found.resolved


def test_the_more_the_better_where_it_is_a_rate() -> None:
    found = order(rates(one=[10, 11, 12, 13, 14], two=[20, 22, 24, 26, 28]), "rps")
    assert found.tiers == [["two"], ["one"]]
    assert found.resolved == {("two", "one")}
