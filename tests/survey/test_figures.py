"""What is read off a cell, and which cells are of one setting."""

from __future__ import annotations

import math

from poolhouse.survey.figures import FIGURES, RANKED, Setting, by_setting, setting_of, value_of, values
from poolhouse.survey.histogram import Histogram
from poolhouse.survey.records import Cell
from tests.survey.made import Maker


def test_percentiles_are_made_of_latencies() -> None:
    (cell,) = (
        each for each in Maker(1).result().cells if each.scenario == "idle" and each.mechanism == "trio"
        and each.parameters["idle"] == 100
    )  # fmt: skip
    assert value_of(cell, "p50_ms") == cell.histogram.percentile_us(0.5) / 1000
    assert value_of(cell, "nothing") is None


def test_a_percentile_among_the_unanswered_is_infinite() -> None:
    cell = Cell(
        scenario="open", mechanism="fork", round=0, place=0, transport="tcp", parameters={},
        latency=Histogram([10] * 50).to_json(), censored=50,
    )  # fmt: skip
    assert value_of(cell, "p50_ms") == 0.01
    assert value_of(cell, "p99_ms") == math.inf
    assert values([cell], "p99_ms") == {"fork": {0: math.inf}}


def test_settings_have_all_mechanisms_of_all_rounds() -> None:
    result = Maker(2).result()
    found = by_setting(result.cells)
    assert sum(map(len, found.values())) == len(result.counted)
    closed = [setting for setting in found if setting.scenario == "closed"]
    assert [setting.title for setting in closed] == [
        "closed loop, keep-alive, 64 connections, TCP",
        "closed loop, one-shot, 64 connections, TCP",
    ]


def test_what_a_setting_does_not_know_tells_nothing_apart() -> None:
    one, two = (
        Cell(
            scenario="heavy", mechanism="a", round=0, place=0, transport="unix",
            parameters={"workers": workers, "heavy_us": 300},
        )
        for workers in (1, 2)
    )  # fmt: skip
    assert setting_of(one) == setting_of(two) == Setting(scenario="heavy", transport="unix", heavy_us=300)
    assert setting_of(one).title == "processor-heavy handler, 300 µs a request, AF_UNIX"


def test_every_ranked_figure_is_one() -> None:
    assert {figure for figures in RANKED.values() for figure in figures} <= FIGURES.keys()
