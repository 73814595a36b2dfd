"""Tag soup: HTML as programs write it by hand, cut into tags and text in one pass, whatever is wrong with it.

For documents that are data (bookmark files), not for pages: nothing is rendered and no tree is built, so depth costs
nothing. Time is linear in the size of the text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?=[\s/>]|\Z)")
_STOP: Final = re.compile("[<>\"']")
_ATTRIBUTE: Final = re.compile(r"""([^\s=>"'/][^\s=>]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# A quoted value that holds one of these was never closed: better to lose one value than the bookmarks after it.
_SWALLOWED: Final = re.compile(r"<dt\b|</a\s*>", re.IGNORECASE)

# Else `<a ="<a" ="<a" …` without an end would be read to its end from each "<a" in it.
_QUOTED_VALUES_LIMIT: Final = 64


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening or closing tag; `name` is in lower case, `source` the whole of it from `<` to `>`."""

    name: str
    is_closing: bool
    source: str

    def attributes(self) -> dict[str, str]:
        """Return the attributes, names in lower case, the first of each name, entities decoded."""
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(self.source, len(self.name) + 1, len(self.source) - 1):
            value = match[2] or ""
            if value[:1] in {'"', "'"} and value[-1:] == value[:1] and len(value) > 1:
                value = value[1:-1]
            found.setdefault(match[1].lower(), unescape(value))
        return found


def tokens(text: str) -> Iterator[tuple[int, Tag | str]]:
    """Yield tags and the text between them, with their places in `text`; comments and declarations are left out.

    What only looks like a tag (`a < b`, `x <y`, a tag or comment without an end) is text. Text is as written: it may
    come in several pieces, and its entities are not decoded.
    """
    last = {mark: text.rfind(mark) for mark in ('"', "'", ">", "-->")}
    position = 0
    while (start := text.find("<", position)) >= 0:
        if start > position:
            yield position, text[position:start]
        end = _end_of_comment(text, start, last)
        if end < 0 and (name := _NAME.match(text, start)) and start < last[">"]:
            end = _end_of_tag(text, name.end(), last)
            if end >= 0:
                yield start, Tag(name[1].lower(), text[start + 1] == "/", text[start : end + 1])
        if end < 0:
            yield start, "<"
            end = start
        position = end + 1
    if position < len(text):
        yield position, text[position:]


def unescape(text: str) -> str:
    """Decode entities that end in `;`, and only those: an address like `?a=1&copy=2` stays as it is."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def _end_of_comment(text: str, start: int, last: dict[str, int]) -> int:
    """Return where the comment or declaration at `start` ends; -1 where there is none, or no end of it."""
    if text.startswith("<!--", start):
        return text.find("-->", start + 4) + 2 if start + 4 <= last["-->"] else -1
    return text.find(">", start) if text.startswith("<!", start) and start < last[">"] else -1


def _end_of_tag(text: str, position: int, last: dict[str, int]) -> int:
    """Return where the `>` of a tag is, beyond quoted values; -1 where another `<` comes first."""
    start = position
    for _ in range(_QUOTED_VALUES_LIMIT * 2):
        stop = _STOP.search(text, position)
        if stop is None or stop[0] == "<":
            return -1
        position = stop.end()
        if stop[0] == ">":
            return stop.start()
        is_value = text[max(start, position - 9) : position - 1].rstrip().endswith("=")
        if is_value and position <= last[stop[0]]:
            close = text.find(stop[0], position)
            if not _SWALLOWED.search(text, position, close):
                position = close + 1
    return -1
