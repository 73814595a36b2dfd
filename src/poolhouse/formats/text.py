"""Text a feed can carry: what XML 1.0 and strict JSON readers refuse is dropped, never the document with it."""

from __future__ import annotations

import re

_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0D})
_C1_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_DROPPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VISIBLE = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)


def encode(value: str) -> bytes:
    """Return `value` as UTF-8 without control characters, lone surrogates, U+FFFE and U+FFFF.

    Tab, line feed and carriage return stay. XML 1.0 §2.2 allows the C1 controls but discourages them, and the W3C
    feed validator warns of them, so they go too. Costs a few passes in C over the bytes.
    """
    data = value.encode("utf-8", "ignore").translate(None, _CONTROLS)
    if b"\xef" in data:
        for noncharacter in _NONCHARACTERS:
            data = data.replace(noncharacter, b"")
    if b"\xc2" in data:
        data = _C1_CONTROLS.sub(b"", data)
    return data


def encode_html(value: str) -> bytes:
    """Return HTML as UTF-8 with U+FFFD for each character that `encode` drops.

    Safe HTML stays safe: to drop a character may join a tag or an attribute that was none before.
    """
    data = encode(value)
    if len(data) == len(value.encode("utf-8", "surrogatepass")):
        return data
    return _DROPPED.sub("\ufffd", value).encode()


def clean(value: str) -> str:
    """Return `value` without what `encode` drops; most short texts come back as they are."""
    return value if value.isprintable() else encode(value).decode()


def is_blank(value: str) -> bool:
    """Whether nothing of `value` could be seen: no characters but white space, controls and invisible marks."""
    return not value[:1].isalnum() and _VISIBLE.search(value) is None


def first_visible(*values: str) -> str:
    """Return the first of `values` that is not blank, or the last one."""
    for value in values:
        if not is_blank(value):
            return value
    return values[-1]
