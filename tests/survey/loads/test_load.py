"""What travels to client processes and back, and when work arrives. Nothing is started."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.loads.arrivals import poisson
from poolhouse.survey.loads.clients import processes_of
from poolhouse.survey.loads.load import Load, Outcome, merged


@given(st.integers(0, 100_000), st.integers(1, 50))
def test_shares_are_fair_and_sum_up(count: int, clients: int) -> None:
    load = Load(scenario="burst", address="/s", connections=count, clients=clients)
    shares = [replace(load, client=number).share(count) for number in range(clients)]
    assert sum(shares) == count
    assert max(shares) - min(shares) <= 1


def test_a_load_and_an_outcome_come_back_from_json() -> None:
    load = Load(scenario="open", address=("127.0.0.1", 80), connections=3)
    assert Load.from_json(load.to_json()) == load
    outcome = Outcome(requests=3, marks_ms={"connected": [1.5]}, errors={"EPIPE": 1})
    assert Outcome.from_json(outcome.to_json()) == outcome


def test_outcomes_of_processes_are_added_and_the_busiest_tells_the_utilisation() -> None:
    one = Outcome(requests=5, seconds=1.0, cpu_seconds=0.5, latency={"3": 5}, figures={"rps": 5.0})
    other = Outcome(
        requests=7,
        seconds=1.0,
        cpu_seconds=0.6,
        delay_seconds=0.3,
        latency={"3": 1, "4": 6},
        figures={"rps": 7.0},
    )
    one.marks_ms, other.marks_ms = {"closed": [2.0, 4.0]}, {"closed": [3.0]}
    whole, utilisation = merged([one, other])
    assert (whole.requests, whole.figures, whole.latency) == (12, {"rps": 12.0}, {"3": 6, "4": 6})
    assert whole.marks_ms == {"closed": [2.0, 3.0, 4.0]}
    assert utilisation == pytest.approx(0.9)


def test_of_several_clients_the_latest_tells_how_late_they_were() -> None:
    outcomes = [Outcome(figures={"client_late_p99_us": late, "offered_rps": 5.0}) for late in (30.0, 70.0)]
    assert merged(outcomes)[0].figures == {"client_late_p99_us": 70.0, "offered_rps": 10.0}


def test_a_process_for_each_19900_descriptors() -> None:
    load = Load(scenario="idle", address="/s", connections=32, idle=19_000)
    assert processes_of(load) == 1
    assert processes_of(replace(load, idle=30_000)) == 2
    assert processes_of(replace(load, idle=1_000), descriptors=550) == 3


@given(st.integers(0, 1000))
def test_arrivals_are_the_same_for_the_same_seed_and_as_many_as_meant(seed: int) -> None:
    found = poisson(2_000, 1.0, seed)
    assert found == poisson(2_000, 1.0, seed)
    assert found == sorted(found)
    assert 0 <= found[0] <= found[-1] < 1_000_000_000
    assert abs(len(found) - 2_000) < 8 * math.sqrt(2_000)
