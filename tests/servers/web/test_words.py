"""Times and programs, as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.web.ages import age, exact, moment
from poolhouse.servers.web.view import browser as browser_name

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "now"),
        (59, "now"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (8 * 86_400 - 1, "7 d"),
        (8 * 86_400, "12 Jan"),
        (40 * 86_400, "11 Dec 2025"),
        (-5, "now"),
    ],
)
def test_age(seconds: int, expected: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == expected


def test_times_in_words() -> None:
    assert exact(NOW) == "Tuesday 20 January 2026, 12:00 UTC"
    assert moment(NOW - timedelta(days=1), NOW) == "Monday 12:00 UTC"
    assert moment(NOW - timedelta(days=30), NOW) == "21 December 2025, 12:00 UTC"


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_every_time_has_words(at: datetime) -> None:
    assert age(at, NOW)
    assert str(at.year) in exact(at)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/17 Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (odd)", "Mozilla/5.0 (odd)"),
        ("newsboat/2.21", "newsboat/2.21"),
        ("", ""),
    ],
)
def test_browsers_are_named(user_agent: str, expected: str) -> None:
    assert browser_name(user_agent) == expected
