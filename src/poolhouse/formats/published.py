"""When a page says it was published: the ways in which pages write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from poolhouse.formats.netscape_values import read_time

_FIRST_YEAR: Final = 1_450  # nothing was printed before
_DATE: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_ENGLISH: Final = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+)?(?P<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?:(?P<day_after>\d{1,2})"
    r"(?:st|nd|rd|th)?,?\s+)?(?P<year>\d{4})(?!\d)"
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONE_SPACE: Final = re.compile(r"\s+(?=[+-]\d\d:?\d\d\Z)|(?<=\d)\s+(?=Z\Z)")


def read_published(text: str) -> datetime | None:
    """Return the time a page names, aware, in UTC and whole seconds; None where it names none. Never raises.

    Reads ISO 8601, RFC 5322, seconds or milliseconds since 1970, `2026/3/9` and English dates. A date without a time
    is the midnight that began it, in UTC; so is a time without a zone taken to be UTC.
    """
    text = _ZONE_SPACE.sub("", " ".join(text[:100].split()))
    if not text or (text.isdecimal() and len(text) not in {8, 10, 13}):
        return None
    if len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    time = (read_time(text) if len(text) <= 40 else None) or _named_date(text)
    return time if time is not None and time.year >= _FIRST_YEAR else None


def _named_date(text: str) -> datetime | None:
    if found := _DATE.match(text):
        return _date(found[1], found[2], found[3])
    english = _ENGLISH.search(text)
    if english is None or english["month"] not in _MONTHS:
        return None
    day = english["day"] or english["day_after"]
    return _date(english["year"], str(_MONTHS.index(english["month"]) + 1), day) if day else None


def _date(year: str, month: str, day: str) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
