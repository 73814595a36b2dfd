"""Two results: alike where the same was measured, and not alike where it was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poolhouse.survey.report.comparing import compare_results, tables_of
from tests.survey.made import MODELS, Maker

if TYPE_CHECKING:
    from poolhouse.survey.records import Result

SOME = MODELS[:8]


@pytest.fixture(scope="module")
def first() -> Result:
    return Maker(10, models=SOME).result()


def test_the_same_on_a_slower_day_agrees(first: Result) -> None:
    found = compare_results(first, Maker(10, seed=8, models=SOME, drift=1.2).result())
    assert found.same > 100
    assert found.reversed <= found.same * 0.01
    assert found.overlapping > len(found.ratios) * 0.85


def test_what_became_slower_is_named(first: Result) -> None:
    changed = tuple(
        replace(model, one_shot_us=200, keep_alive_us=60, burst_ms=900)
        if model.name == "uring-api"
        else model
        for model in SOME
    )
    found = compare_results(first, Maker(10, seed=8, models=changed).result())
    (cost,) = (
        each
        for each in found.orders
        if each.figure == "server_cpu_us_per_request" and "one-shot" in each.setting
    )
    assert ("uring-api", "selectors-epoll") in cost.reversed
    assert ("uring-api", "selectors-epoll") not in cost.same
    ratios = {
        each.mechanism: each.overlaps
        for each in found.ratios
        if each.figure == cost.figure and each.setting == cost.setting
    }
    assert not ratios["uring-api"]
    orders, _ = tables_of(found)
    assert any("uring-api before selectors-epoll" in row[-1] for row in orders.rows)


def test_a_result_agrees_with_itself(first: Result) -> None:
    found = compare_results(first, first)
    assert found.reversed == 0
    assert all(each.first_only == each.second_only == 0 for each in found.orders)
    assert found.overlapping == len(found.ratios) > 0


def test_only_what_both_have_is_compared(first: Result) -> None:
    less = replace(
        first, cells=[cell for cell in first.cells if cell.scenario == "closed" and cell.mechanism != "trio"]
    )
    found = compare_results(first, less)
    assert {each.setting.split(",")[0] for each in found.orders} == {"closed loop"}
    assert "trio" not in {each.mechanism for each in found.ratios}


def test_what_only_one_resolves_is_counted_for_that_one(first: Result) -> None:
    short = replace(first, cells=[cell for cell in first.cells if cell.round < 3])
    found = compare_results(first, short)
    assert found.same == found.reversed == 0
    assert sum(each.first_only for each in found.orders) > 0
    assert sum(each.second_only for each in found.orders) == 0
    assert sum(each.second_only for each in compare_results(short, first).orders) > 0
