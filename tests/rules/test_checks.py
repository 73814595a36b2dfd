"""A link is dead when it was found gone for days, and alive as soon as it is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from poolhouse.rules.checks import CHECK_AFTER, CONFIRM_AFTER, after_check, first_check
from poolhouse.types import CheckOutcome, CheckResult, LinkHealth

DAY = timedelta(days=1)
START = datetime(2026, 1, 2, tzinfo=UTC)
LOOKS = st.lists(st.tuples(st.integers(0, 10), st.sampled_from(CheckResult)), max_size=12)


def look_on(*looks: tuple[int, CheckResult]) -> list[LinkHealth]:
    """What is known after each look; a look is so many days after the one before."""
    health, now, known = LinkHealth(), START, []
    for days, result in looks:
        now += days * DAY
        health, _ = after_check(health, CheckOutcome(result=result, reason=f"{result} on {now:%d}"), now)
        known.append(health)
    return known


GONE, ALIVE, UNSURE = CheckResult.GONE, CheckResult.ALIVE, CheckResult.UNSURE


@pytest.mark.parametrize(
    ("looks", "is_dead"),
    [
        ([(0, GONE)], False),
        ([(0, GONE), (1, GONE)], False),
        ([(0, GONE), (2, GONE)], True),
        ([(0, GONE), (1, GONE), (1, GONE)], True),
        ([(0, GONE), (3, UNSURE), (3, GONE)], True),
        ([(0, GONE), (3, UNSURE)], False),
        ([(0, GONE), (3, ALIVE), (3, GONE)], False),
        ([(0, GONE), (3, GONE), (30, UNSURE)], True),
        ([(0, GONE), (3, GONE), (30, ALIVE)], False),
        ([(0, UNSURE), (30, UNSURE), (30, UNSURE)], False),
    ],
)
def test_dead_or_not(looks: list[tuple[int, CheckResult]], is_dead: bool) -> None:
    assert (look_on(*looks)[-1].dead_since is not None) == is_dead


def test_a_dead_link_is_dead_since_it_was_first_found_gone_and_says_what_was_said_last() -> None:
    after = look_on((5, UNSURE), (1, GONE), (3, GONE), (30, GONE))[-1]
    assert after.dead_since == after.failing_since == START + 6 * DAY
    assert after.dead_reason == "gone on 10"


@given(LOOKS)
def test_the_last_looks_that_told_something_decide(looks: list[tuple[int, CheckResult]]) -> None:
    """Against the rule said another way: the run of looks without an ALIVE, from its first GONE to its last."""
    days = 0
    run: list[int] = []
    for after, result in looks:
        days += after
        run = [] if result is ALIVE else [*run, *([days] if result is GONE else [])]
    known = look_on(*looks)
    health = known[-1] if known else LinkHealth()
    assert health.failing_since == (START + run[0] * DAY if run else None)
    assert (health.dead_since is not None) == (len(run) > 1 and run[-1] - run[0] >= 2)
    assert (health.dead_reason is not None) == (health.dead_since is not None)


def test_one_that_may_be_gone_is_looked_at_soon() -> None:
    gone, alive, unsure = (CheckOutcome(result=result) for result in (GONE, ALIVE, UNSURE))
    health, next_at = after_check(LinkHealth(), gone, START)
    assert next_at == START + CONFIRM_AFTER
    assert after_check(health, unsure, START)[1] == START + CONFIRM_AFTER
    dead, next_at = after_check(health, gone, START + CONFIRM_AFTER)
    assert dead.dead_since == START
    assert next_at == START + CONFIRM_AFTER + CHECK_AFTER
    assert after_check(LinkHealth(), alive, START)[1] == START + CHECK_AFTER
    assert after_check(LinkHealth(), unsure, START)[1] == START + CHECK_AFTER


def test_only_pages_of_the_web_are_looked_at() -> None:
    assert (
        first_check("https://one.test/", START)
        == first_check("http://one.test/", START)
        == START + CHECK_AFTER
    )
    assert first_check("mailto:a@b.test", START) is None
