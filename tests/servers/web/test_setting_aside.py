"""Archive and later, and back: what leaves the Inbox, when it comes back, and in whose morning that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.servers.web.setting_aside import time_of
from poolhouse.services.reading import get_item
from tests.servers.web.conftest import pool_named, titles
from tests.servers.web.letters import RAW, letter

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser

FRIDAY = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
KYIV, LIMA = timezone(timedelta(hours=2)), timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    ("when", "zone", "expected"),
    [
        ("evening", UTC, datetime(2026, 1, 2, 18, tzinfo=UTC)),
        ("evening", KYIV, datetime(2026, 1, 2, 16, tzinfo=UTC)),
        ("evening", timezone(timedelta(hours=4)), datetime(2026, 1, 2, 18, tzinfo=UTC)),
        ("tomorrow", UTC, datetime(2026, 1, 3, 8, tzinfo=UTC)),
        ("tomorrow", LIMA, datetime(2026, 1, 3, 13, tzinfo=UTC)),
        ("week", UTC, datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ("date", KYIV, datetime(2026, 3, 1, 6, tzinfo=UTC)),
    ],
)
def test_moments(when: str, zone: timezone, expected: datetime) -> None:
    assert time_of(when, "2026-03-01", FRIDAY, zone) == expected


def test_a_monday_is_not_the_next_one() -> None:
    monday = datetime(2026, 1, 5, 7, tzinfo=UTC)
    assert time_of("week", "", monday) == datetime(2026, 1, 12, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["", "2026-01-02", "2025-12-31", "2036-12-31", "tomorrow", "2026-02-30", "9999-12-31"]
)
def test_days_that_are_none_or_past(date: str) -> None:
    with pytest.raises(InvalidInputError):
        time_of("date", date, FRIDAY)


@pytest.mark.parametrize(("date", "minutes"), [("0001-01-01", 540), ("9999-12-31", -960)])
def test_days_at_the_ends_of_the_calendar(date: str, minutes: int) -> None:
    with pytest.raises(InvalidInputError):
        time_of("date", date, FRIDAY, timezone(timedelta(minutes=minutes)))


@given(
    now=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    minutes=st.integers(-16 * 60, 16 * 60),
    when=st.sampled_from(["evening", "tomorrow", "week"]),
)
def test_later_is_later_and_within_a_week(now: datetime, minutes: int, when: str) -> None:
    at = time_of(when, "", now, timezone(timedelta(minutes=minutes)))
    assert now < at <= now + timedelta(days=8)
    assert at.second == at.microsecond == 0


def test_archive_and_undo(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item_id = letter(house, principal)
    done = browser.send(f"/items/{item_id}/archive", back="/pools/1")
    assert done.headers["location"] == "/pools/1"
    assert browser.said("/pools/1") == "Archived: Beds Undo"
    assert titles(browser.get("/pools/1").text) == []
    archive = pool_named(house, principal, "Archive")
    page = browser.get(f"/pools/{archive.id}").text
    assert titles(page) == ["Beds"]
    assert f"/items/{item_id}/unarchive" in page
    assert 'id="add"' not in page
    assert "Back to the Inbox" in browser.get(f"/items/{item_id}").text
    assert titles(browser.get("/search?q=beds").text) == ["Beds"]
    browser.send(f"/items/{item_id}/unarchive", back="/pools/1")
    assert browser.said("/pools/1").startswith("Back in Inbox: Beds")
    assert titles(browser.get("/pools/1").text) == ["Beds"]


def test_later_and_back(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item_id = letter(house, principal)
    assert "When shall it come back?" in browser.get(f"/items/{item_id}/defer?back=/pools/1").text
    browser.send(f"/items/{item_id}/defer", when="tomorrow", zone_minutes="120", back="/pools/1")
    assert browser.said("/pools/1").startswith("It comes back on Saturday 3 January 2026, 06:00 UTC: Beds")
    assert titles(browser.get("/pools/1").text) == []
    later = pool_named(house, principal, "Later")
    page = browser.get(f"/pools/{later.id}").text
    assert "in 1 d" in page
    assert f"/items/{item_id}/undefer" in page
    assert "It comes back on" in browser.get(f"/items/{item_id}").text
    browser.send(f"/items/{item_id}/undefer", back="/pools/1")
    assert titles(browser.get("/pools/1").text) == ["Beds"]
    assert get_item(house.glance(), principal, item_id).deferred_until is None


@pytest.mark.parametrize("zone", ["", "x", "99999999999", "-0", "1e3", "120"])
def test_any_zone_is_taken(browser: Browser, house: RunningHouse, principal: Principal, zone: str) -> None:
    item_id = letter(house, principal)
    answer = browser.send(f"/items/{item_id}/defer", when="evening", zone_minutes=zone)
    assert answer.status_code == 303


def test_a_day_that_is_past_is_said_beside_the_field(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = letter(house, principal)
    answer = browser.send(f"/items/{item_id}/defer", when="date", date="2020-01-01", back="/pools/1")
    assert answer.status_code == 400
    assert "Choose a day to come" in answer.text
    assert 'value="2020-01-01"' in answer.text
    assert 'name="back" value="/pools/1"' in answer.text


def test_pools_that_are_empty_say_what_they_are_for(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    page = browser.get("/pools/1").text
    for expected in (
        "anna@pools.test",
        "anna+pool@pools.test",
        'href="/addresses"',
        'href="/import"',
        'href="/accounts"',
    ):
        assert expected in page, expected
    first, second = letter(house, principal), letter(house, principal, RAW + b"2")
    browser.send(f"/items/{first}/archive")
    browser.send(f"/items/{second}/defer", when="evening")
    for name, words in (("Archive", "What you archive is here"), ("Later", "waits here until its time")):
        pool = pool_named(house, principal, name)
        item_id = first if name == "Archive" else second
        browser.send(f"/items/{item_id}/delete")
        assert words in browser.get(f"/pools/{pool.id}").text
