"""Times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_NOW = "now"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def age(at: datetime, now: datetime) -> str:
    """How long ago, in one short word or two; from the eighth day on the date, and its year where that differs."""
    return _distance(now - at) or _date(at, now)


def ahead(at: datetime, now: datetime) -> str:
    """How long it is until then, in the words of `age`."""
    found = _distance(at - now)
    return _date(at, now) if found is None else found if found == _NOW else f"in {found}"


def _distance(span: timedelta) -> str | None:
    """A length of time in its largest unit; None from the eighth day on."""
    seconds = span.total_seconds()
    if seconds < _MINUTE:
        return _NOW
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:.0f} d" if seconds < 8 * _DAY else None


def _date(at: datetime, now: datetime) -> str:
    date = f"{at.day} {_MONTHS[at.month - 1]}"
    return date if at.year == now.year else f"{date} {at.year}"


def exact(at: datetime) -> str:
    """The time in full: `Friday 2 January 2026, 03:04 UTC`."""
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M} UTC"


def day(at: datetime) -> str:
    """The day alone: `2 January 2026`."""
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime, now: datetime) -> str:
    """The time as one would say it to somebody: with the weekday within a week, else with the date."""
    if (now - at).total_seconds() < 6 * _DAY:
        return f"{at:%A %H:%M} UTC"
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
