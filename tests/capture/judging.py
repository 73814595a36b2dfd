"""Judges what a capture says against what its page must come to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.capture.pages import Page


def faults_of_text(page: Page, text: str) -> list[str]:
    """What is wrong with a readable text: what is missing or out of order, and what should not be there."""
    line = " ".join(text.split())
    faults: list[str] = []
    place = 0
    for sentence in page.says:
        found = line.find(" ".join(sentence.split()), place)
        if found < 0:
            faults.append(f"does not say {sentence!r}{'' if sentence not in line else ' in its place'}")
        else:
            place = found
    return [*faults, *(f"says {words!r}" for words in page.hushes if words in text)]


_LOADS = re.compile(
    r"""(?:\bsrc|\bsrcset|\bposter|\bdata|\bbackground|xlink:href)\s*=\s*["']?\s*(?!["']|data:image/)[^\s>]"""
    r"""|url\(\s*["']?(?!data:image/|["']?\))|@import|<link\b(?![^>]*rel=["']?canonical)""",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"<script(?![^>]*ld\+json)|\son[a-z]+\s*=|javascript:|<iframe|<frame|<object|<embed|<base\b|http-equiv=[\"']?refresh"
    r"|<form\b|<meta[^>]+refresh",
    re.IGNORECASE,
)


def faults_of_markup(markup: str) -> list[str]:
    """What in a whole copy would run or be loaded from elsewhere; empty where nothing would."""
    return [
        f"{what}: {markup[max(0, found.start() - 20) : found.end() + 60]!r}"
        for what, pattern in (("loads", _LOADS), ("runs", _RUNS))
        for found in pattern.finditer(markup)
    ][:5]
