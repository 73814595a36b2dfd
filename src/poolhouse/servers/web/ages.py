"""Times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def age(at: datetime, now: datetime) -> str:
    """How long ago, in one short word or two; from the eighth day on the date, and its year where that differs."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h"
    if seconds < 8 * _DAY:
        return f"{seconds // _DAY:.0f} d"
    day = f"{at.day} {_MONTHS[at.month - 1]}"
    return day if at.year == now.year else f"{day} {at.year}"


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
