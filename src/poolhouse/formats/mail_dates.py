"""When a mail says that it was sent (RFC 5322 §3.3, §4.3), in all the ways that programs have written it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_LENGTH: Final = 200
_FIRST_YEAR: Final = 1970  # before that there was no mail that could have come here
_LAST_YEAR: Final = 2100
_CENTURY: Final = 100
_MINUTES_A_DAY: Final = 1_440

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan", "feb fev fév", "mar mär mrz", "apr avr abr", "may mai mei maj", "jun", "jul", "aug aou aoû ago",
            "sep set", "oct okt out", "nov", "dec dez dic déc",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
# RFC 5322 §4.3, and what is written beside those in real mail and means one zone.
_ZONES: Final = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "mez": 60,
    "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "msd": 240, "jst": 540, "kst": 540,
    "hkt": 480, "sgt": 480, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600, "brt": -180,
}  # fmt: skip

_CLOCK: Final = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
_ZONE: Final = r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>[+-]\s?\d{1,2}:?\d{2}|[+-]\d{1,2}(?!\d)|[A-Za-z]{1,5})?"
_USUAL: Final = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]{{0,9}}(?P<month>[^\W\d_]{{3,9}})[\s.,-]{{0,9}}"
    rf"(?P<year>\d{{2,4}})[\s,T-]{{1,9}}{_CLOCK}{_ZONE}"
)
_OTHERS: Final = (
    re.compile(  # RFC 3339
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?:[\sT]{{1,9}}{_CLOCK}{_ZONE})?"
    ),
    re.compile(  # asctime(3), as of Unix From_ lines
        rf"(?P<month>[A-Za-z]{{3,9}})\s{{1,9}}(?P<day>\d{{1,2}})\s{{1,9}}{_CLOCK}{_ZONE}\s{{1,9}}(?P<year>\d{{4}})"
        r"(?P<after>\s?[+-]\d{4})?"
    ),
    re.compile(  # as Americans say it
        rf"(?P<month>[A-Za-z]{{3,9}})\s{{1,9}}(?P<day>\d{{1,2}}),?\s{{1,9}}(?P<year>\d{{4}})"
        rf"(?:[\s,]{{1,9}}{_CLOCK}{_ZONE})?"
    ),
    re.compile(  # without a time
        r"(?P<day>\d{1,2})[\s.-]{1,9}(?P<month>[^\W\d_]{3,9})[\s.,-]{1,9}(?P<year>\d{2,4})(?!\d)"
    ),
)


def mail_date(text: str) -> datetime | None:
    """Return the time in a Date header in UTC, or None for what is none or is absurd; never raises.

    Without a zone, or with one that does not exist, it is UTC: RFC 5322 §4.3 has it so. `text` is unfolded.
    """
    text = text[:_LENGTH]
    found = _USUAL.search(text)
    if found is None:
        text = re.sub(r"\([^()]*\)", " ", text)
        for pattern in (_USUAL, *_OTHERS):
            if (found := pattern.search(text)) is not None:
                break
        else:
            return None
    return _time_of(found.groupdict())


def _time_of(found: dict[str, str | None]) -> datetime | None:
    month = found["month"] or ""
    number = int(month) if month.isdecimal() else _month(month.lower())
    hour = int(found.get("hour") or 0)
    half = (found.get("half") or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        local = datetime(
            _year(found["year"] or ""),
            number,
            int(found["day"] or 0),
            hour,
            int(found.get("minute") or 0),
            min(int(found.get("second") or 0), 59),  # leap seconds
            tzinfo=UTC,
        )
        sent_at = local - timedelta(minutes=_offset((found.get("after") or found.get("zone") or "").lower()))
    except (ValueError, OverflowError):
        return None
    return sent_at if _FIRST_YEAR <= sent_at.year <= _LAST_YEAR else None


def _year(digits: str) -> int:
    """A year, also of two or three digits (RFC 5322 §4.3)."""
    year = int(digits)
    if len(digits) == 4:
        return year
    if len(digits) == 3:
        return 1900 + year
    return 2000 + year if year < _CENTURY // 2 else 1900 + year


def _month(name: str) -> int:
    if name.startswith(("juin", "jui")):  # the only ones of French that begin alike
        return 6 if name.startswith("juin") else 7
    return _MONTHS.get(name[:3], 0)


def _offset(zone: str) -> int:
    """Minutes east of Greenwich."""
    if not zone:
        return 0
    if zone[0] not in "+-":
        return _ZONES.get(zone, 0)
    digits = zone[1:].replace(":", "").strip()
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = int(hours or 0) * 60 + int(minutes)
    if offset >= _MINUTES_A_DAY:
        return 0
    return -offset if zone[0] == "-" else offset
