"""The language a page says it is in, as a BCP 47 tag (RFC 5646)."""

from __future__ import annotations

import re
from typing import Final

# RFC 5646 §2.1 without extended and grandfathered languages, private use and extensions: no page needs them.
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:[-_](?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)",
    re.IGNORECASE | re.ASCII,
)
_NO_LANGUAGE: Final = frozenset({"und", "mul", "zxx", "mis"})


def language_tag(text: str) -> str:
    """Return a tag such as `en`, `pt-BR` or `zh-Hant-TW`, written as RFC 5646 §2.1.1 advises; "" for what is none.

    Takes also what Open Graph writes (`en_US`) and, of a list, its first (`en, fr`).
    """
    found = _TAG.fullmatch(text[:200].partition(",")[0].partition(".")[0].strip())
    if found is None or found["language"].lower() in _NO_LANGUAGE:
        return ""
    parts = [
        found["language"].lower(),
        (found["script"] or "").title(),
        (found["region"] or "").upper(),
        *re.split("[-_]", found["variants"].lower()),
    ]
    return "-".join(part for part in parts if part)
