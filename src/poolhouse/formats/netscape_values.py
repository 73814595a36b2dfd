"""The character sets and times of bookmark files: every program has its own."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_CHARSET: Final = re.compile(rb"""charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_-]{1,20})""", re.IGNORECASE)
_CHARSETS: Final = re.compile(
    r"windows-125[0-8]|iso-8859-([2-9]|1[0-6])|koi8-[ru]|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5|iso-2022-jp"
)


def decode_bookmarks(data: bytes) -> tuple[str, bool]:
    """Return the text, and whether part of it was lost; never raises.

    UTF-8 where the bytes are, else what the file says, else Windows-1252, which old exports are in.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), False
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        found = _CHARSET.search(data[:4096])
    charset = found[1].decode("ascii").lower() if found else ""
    if charset in {"utf-8", "utf8"}:
        return data.decode("utf-8-sig", "replace"), True
    # A browser reads iso-8859-1 as windows-1252 (WHATWG Encoding §4.2); so do we, by not naming it.
    return data.decode(charset if _CHARSETS.fullmatch(charset) else "windows-1252", "replace"), False


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_1601: Final = datetime(1601, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59

# Numbers are told apart by size: no bookmark is from before 1978, nor from after 2339 in microseconds.
_UNITS: Final = (
    (_LAST_SECOND, _EPOCH, 1),
    (_LAST_SECOND * 1_000, _EPOCH, 1_000),
    (11_644_473_600_000_000, _EPOCH, 1_000_000),  # Google Bookmarks
    (116_444_736_000_000_000, _EPOCH_1601, 1_000_000),  # Chromium's own
    (1_000_000_000_000_000_000, _EPOCH_1601, 10_000_000),  # Windows FILETIME
    (_LAST_SECOND * 1_000_000_000, _EPOCH, 1_000_000_000),
)


def read_time(text: str) -> datetime | None:
    """Return the time that a number or a written date stands for, aware, in UTC and whole seconds; else None."""
    if re.fullmatch("[0-9]{1,21}", text):
        number = int(text)
        for largest, epoch, units in _UNITS:
            if number <= largest:
                return epoch + timedelta(seconds=number // units)
        return None
    return _written_time(text) if len(text) <= 40 else None


def _written_time(text: str) -> datetime | None:
    """Read ISO 8601, RFC 5322 §3.3 and Apache's `10/Oct/2000:13:55:36 +0300`."""
    for read in (datetime.fromisoformat, parsedate_to_datetime, _apache_time):
        try:
            time = read(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _apache_time(text: str) -> datetime:
    return parsedate_to_datetime(text.replace("/", " ").replace(":", " ", 1))
