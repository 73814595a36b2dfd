"""Times as feeds write them; the same in every locale.

By hand: a feed has a hundred, and `isoformat` and `email.utils.format_datetime` take three times as long.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))


def rfc3339(when: datetime) -> str:
    """Return an aware time as `2026-11-23T18:30:02Z` (RFC 3339 §5.6), in whole seconds."""
    utc = _utc(when)
    return f"{utc.year:04}-{_TWO_DIGITS[utc.month]}-{_TWO_DIGITS[utc.day]}T{_clock(utc)}Z"


def rfc822(when: datetime) -> str:
    """Return an aware time as `Mon, 23 Nov 2026 18:30:02 GMT` (RFC 822 §5, with the four digits RSS 2.0 asks)."""
    utc = _utc(when)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {_TWO_DIGITS[utc.day]} {month} {utc.year:04} {_clock(utc)} GMT"


def _clock(utc: datetime) -> str:
    return f"{_TWO_DIGITS[utc.hour]}:{_TWO_DIGITS[utc.minute]}:{_TWO_DIGITS[utc.second]}"


def _utc(when: datetime) -> datetime:
    return when if when.tzinfo is UTC else when.astimezone(UTC)
