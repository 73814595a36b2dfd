"""The text of a piece of a page as lines: a paragraph, a list's item, a row of a table each on one of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lxml import etree

from poolhouse.formats.text import clean, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_LINES: Final = """
    address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead title tr ul
"""
ON_LINES: Final = frozenset(_LINES.split())
"""Elements that stand on lines of their own."""

_APART: Final = ("td", "th", "img", "rt", "rp", "button", "option")
_MARKS: Final = {**dict.fromkeys(ON_LINES, "\n"), **dict.fromkeys(_APART, " ")}
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "head", "title"})
# Scripts without spaces between words (Unicode blocks): of these, each character counts as a word.
_WORD: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W_]+(?:['\u2019.,-][^\W_]+)*"
)


def text_lines(root: _Element) -> str:
    """Return the text within `root`, white space as one space, lines apart by a newline, no empty ones.

    Some 1 µs an element.
    """
    lines = (" ".join(line.split()) for line in "".join(_pieces(root)).split("\n"))
    return "\n".join(line for line in map(clean, lines) if line and not is_blank(line))


def count_words(text: str) -> int:
    """Return how many words a text has; of Chinese and Japanese, how many characters."""
    return sum(1 for _ in _WORD.finditer(text))


def _pieces(root: _Element) -> Iterator[str]:
    """Yield texts and what stands between them, in order; a newline only where a line ends."""
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if mark := _MARKS.get(tag):
            yield mark
        if event == "end":
            text = element.tail if element is not root else None
        elif tag in _UNSEEN:
            walk.skip_subtree()
            continue
        else:
            text = element.text
        if text:
            yield text if tag == "pre" and event == "start" else text.replace("\n", " ")
