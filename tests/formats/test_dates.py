"""Times: what the standard library reads back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.dates import rfc822, rfc3339
from tests.formats.documents import times


@given(times())
def test_both_forms_say_the_same_second(when: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(when)) == when
    assert rfc822(when) == format_datetime(when, usegmt=True)
    if when.year >= 100:  # below that `email.utils` takes the year for a short one
        assert parsedate_to_datetime(rfc822(when)) == when


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_another_zone_and_parts_of_a_second_make_no_difference(naive: datetime, offset_minutes: int) -> None:
    when = naive.replace(tzinfo=UTC)
    elsewhere = when.astimezone(timezone(timedelta(minutes=offset_minutes)))
    assert rfc3339(elsewhere) == rfc3339(when.replace(microsecond=0))
    assert rfc822(elsewhere) == rfc822(when.replace(microsecond=0))
