"""Judges what a capture says against what its page must come to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from tests.capture.pages import Page

_ACTIVE = """
    script iframe frame frameset object embed applet base form link portal audio video source track noscript template
    svg math slot param bgsound input
"""
_FETCHING = "src srcset poster data background xlink:href action formaction ping manifest href"
_ACTIVE_TAGS = frozenset(_ACTIVE.split())
_FETCHING_ATTRIBUTES = frozenset(_FETCHING.split())
_STYLE_LOADS = re.compile(r"""url\(\s*+["']?+(?!data:image/)|@import|image-set\(|@font-face""", re.IGNORECASE)
_RUNS = re.compile(r"\s*+(?:javascript|vbscript|data:text)", re.IGNORECASE)


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


def faults_of_markup(markup: str) -> list[str]:
    """What in a whole copy would run, or be loaded from elsewhere, in the eyes of a browser's kind of parser.

    Links stay: nothing follows them by itself. Empty where nothing would.
    """
    return [fault for node in LexborHTMLParser(markup).css("*") for fault in _faults_of(node)]


def _faults_of(node: LexborNode) -> Iterator[str]:
    tag = node.tag or ""
    if tag in _ACTIVE_TAGS:
        yield f"<{tag}>"
    if tag == "style" and _STYLE_LOADS.search(node.text()):
        yield f"style sheet: {node.text()[:200]}"
    for name, given in node.attributes.items():
        value = given or ""
        is_link = tag == "a" and name == "href"
        if (
            name.startswith("on")
            or _RUNS.match(value)
            or (name in _FETCHING_ATTRIBUTES and not is_link and not value.startswith("data:image/"))
            or (name == "style" and _STYLE_LOADS.search(value))
            or (name == "http-equiv" and value.lower() == "refresh")
        ):
            yield f"<{tag} {name}={value[:100]!r}>"
