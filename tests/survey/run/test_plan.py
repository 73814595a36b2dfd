"""Plans: shuffled, the same for one seed, fitted to the machine."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.mechanisms.mechanism import Mechanism
from poolhouse.survey.plan import ALWAYS, FULL, PROFILES, QUICK, SMOKE, round_of, settings_for
from poolhouse.survey.setting import Profile, Setting


def _mechanism(name: str, **more: Any) -> Mechanism:
    return Mechanism(name=name, family="f", title=name, note="", adapter="m:f", **more)


MECHANISMS = [_mechanism(f"m{number}") for number in range(6)]


@given(st.integers(0, 2**31), st.integers(0, 100))
def test_a_round_has_every_pair_once_in_an_order_that_the_seed_decides(seed: int, number: int) -> None:
    found = round_of(QUICK.settings, MECHANISMS, seed, number)
    assert found == round_of(QUICK.settings, MECHANISMS, seed, number)
    pairs = Counter((task.setting, task.mechanism) for task in found)
    assert set(pairs.values()) == {1}
    assert len(pairs) == len(QUICK.settings) * len(MECHANISMS)
    assert [task.place for task in found] == list(range(len(found)))


def test_rounds_differ_and_so_do_seeds() -> None:
    orders = {
        tuple(
            (task.setting.label, task.mechanism) for task in round_of(FULL.settings, MECHANISMS, seed, number)
        )
        for seed in range(2)
        for number in range(5)
    }
    assert len(orders) == 10


def test_what_is_compared_is_measured_one_after_the_other() -> None:
    settings = [task.setting for task in round_of(FULL.settings, MECHANISMS, 1, 0)]
    changes = sum(one != other for one, other in pairwise(settings))
    assert changes == len(FULL.settings) - 1


def test_points_of_a_curve_are_in_some_rounds_and_what_is_ranked_in_all() -> None:
    counts = Counter(
        task.setting for number in range(4) for task in round_of(FULL.settings, MECHANISMS[:1], 1, number)
    )
    assert {counts[each] for each in FULL.settings if each.every == 1} == {4}
    assert {counts[each] for each in FULL.settings if each.every == 2} == {2}


def test_a_mechanism_without_a_transport_and_processes_by_the_thousand_are_not_tried() -> None:
    big = Setting(scenario="burst", connections=4000)
    unix = Setting(scenario="closed", connections=8, transport="unix")
    fork = _mechanism("fork", connection_limit=2000)
    no_unix = _mechanism("no-unix", transports=("tcp",))
    select = _mechanism("select", connection_limit=1000)
    object.__setattr__(fork, "family", "processes")
    found = {(task.setting, task.mechanism) for task in round_of([big, unix], [fork, no_unix, select], 1, 0)}
    assert found == {(unix, "fork"), (big, "no-unix"), (big, "select"), (unix, "select")}


@given(st.integers(200, 100_000))
def test_settings_fit_into_the_descriptors_that_there_are(descriptors: int) -> None:
    fitted = settings_for(FULL, descriptors)
    assert all(each.size <= descriptors - 100 for each in fitted)
    assert len({msgspec.structs.replace(each, every=1) for each in fitted}) == len(fitted)
    assert settings_for(FULL, 100_000) == FULL.settings


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_settings_are_told_apart_by_what_a_report_pairs_by(profile: Profile) -> None:
    """The names are part of the format of results."""
    names = ["connections", "backlog", "mode", "rate_per_s", "idle", "heavy_us", "greets"]
    keys = [
        (each.scenario, each.transport, *(each.parameters[name] for name in names))
        for each in profile.settings
    ]
    assert len(set(keys)) == len(keys)


def test_the_reference_and_the_calibration_are_in_every_profile_that_names_mechanisms() -> None:
    assert set(ALWAYS) <= set(QUICK.mechanisms) & set(SMOKE.mechanisms)


def _minutes(profile: Profile, mechanisms: int) -> float:
    rounds = [round_of(profile.settings, MECHANISMS[:1], 1, number) for number in range(profile.rounds)]
    return sum(task.setting.estimated_seconds for tasks in rounds for task in tasks) * mechanisms / 60


def test_quick_is_minutes_and_full_an_hour_or_two_by_the_guesses() -> None:
    assert _minutes(QUICK, len(QUICK.mechanisms)) < 5
    assert 45 < _minutes(FULL, 35) < 150
