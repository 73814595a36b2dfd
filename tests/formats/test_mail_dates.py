"""Dates of mail: those of the standard, and those that programs wrote instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mail_dates import mail_date


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Mon, 23 Nov 2026 18:30:02 +0100", "2026-11-23T17:30:02"),
        ("23 Nov 2026 18:30 -0330", "2026-11-23T22:00:00"),
        ("Mon, 23 Nov 2026 18:30:02", "2026-11-23T18:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 -0000 (UTC)", "2026-11-23T18:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 +01:00", "2026-11-23T17:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 GMT+0100", "2026-11-23T18:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 EST", "2026-11-23T23:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 PDT (Pacific)", "2026-11-24T01:30:02"),
        ("Mon, 23 Nov 2026 18:30:02 Q", "2026-11-23T18:30:02"),
        ("Thu, 13 Feb 1969 23:32:54 -0330", None),
        ("Thu, 13 Feb 69 23:32 -0330 (Newfoundland Time)", None),
        ("13 Feb 99 23:32 -0330", "1999-02-14T03:02:00"),
        ("13 Feb 07 23:32 GMT", "2007-02-13T23:32:00"),
        ("13 Feb 107 23:32 GMT", "2007-02-13T23:32:00"),
        ("Mon(Monday), 23(rd) Nov(ember) 2026 18:30:02(x) +0000", "2026-11-23T18:30:02"),
        ("Mon,23 Nov 2026 18:30:60 +0000", "2026-11-23T18:30:59"),
        ("Mon, 23 November 2026 6:30:02 PM +0000", "2026-11-23T18:30:02"),
        ("23-Nov-2026 18:30:02 +0000", "2026-11-23T18:30:02"),
        ("Mon Nov 23 18:30:02 2026", "2026-11-23T18:30:02"),
        ("Mon Nov 23 18:30:02 EST 2026", "2026-11-23T23:30:02"),
        ("Nov 23, 2026 18:30", "2026-11-23T18:30:00"),
        ("2026-11-23T18:30:02Z", "2026-11-23T18:30:02"),
        ("2026-11-23 18:30:02.123 +0100", "2026-11-23T17:30:02"),
        ("2026-11-23", "2026-11-23T00:00:00"),
        ("Mo, 23 Dez 2026 18.30.02 MEZ", "2026-12-23T17:30:02"),
        ("lun., 23 juil. 2026 18:30:02 +0200", "2026-07-23T16:30:02"),
        ("23 Nov 2026", "2026-11-23T00:00:00"),
        ("Mon, 31 Feb 2026 18:30:02 +0000", None),
        ("Mon, 23 Nov 2026 25:30:02 +0000", None),
        ("Mon, 23 Nov 9999 23:59:59 -2300", None),
        ("1 Jan 0001 00:00:00 +2300", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_dates(text: str, when: str | None) -> None:
    assert mail_date(text) == (datetime.fromisoformat(f"{when}+00:00") if when else None)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 - the zone comes from below
    st.integers(-14 * 60, 14 * 60),
)
def test_what_the_standard_library_writes(naive: datetime, minutes: int) -> None:
    when = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert mail_date(format_datetime(when)) == when


@given(st.text(max_size=100) | st.from_regex(r"[0-9A-Za-z:,+ ./-]{0,60}", fullmatch=True))
def test_any_text(text: str) -> None:
    when = mail_date(text)
    assert when is None or (when.tzinfo is UTC and 1970 <= when.year <= 2100)
