"""The text of a piece of a page as lines: a paragraph, a list's item, a row of a table each on one of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from poolhouse.formats.text import clean, is_blank

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LINES: Final = """
    address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead title tr ul
"""
_ON_LINES: Final = frozenset(_LINES.split())
_APART: Final = frozenset({"td", "th", "img", "rt", "rp", "button", "option"})
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "head", "title"})
# Scripts without spaces between words (Unicode blocks): of these, each character counts as a word.
_WORD: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W_]+(?:['\u2019.,-][^\W_]+)*"
)


def text_lines(root: HtmlElement) -> str:
    """Return the text within `root`, white space as one space, lines apart by a newline, no empty ones."""
    pieces: list[str] = []
    _collect(root, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in map(clean, lines) if line and not is_blank(line))


def count_words(text: str) -> int:
    """Return how many words a text has; of Chinese and Japanese, how many characters."""
    return sum(1 for _ in _WORD.finditer(text))


def _collect(root: HtmlElement, pieces: list[str]) -> None:
    """Walk without recursion: depth is bounded, but the interpreter's stack is not ours alone."""
    waiting: list[HtmlElement | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        tail = _one_space(node.tail) if node is not root else ""
        mark = "\n" if node.tag in _ON_LINES else " " if node.tag in _APART else ""
        waiting += [tail, mark]
        if node.tag not in _UNSEEN:
            waiting += reversed(node)
            waiting.append(_one_space(node.text) if node.tag != "pre" else (node.text or ""))
        waiting.append(mark)


def _one_space(text: str | None) -> str:
    return " ".join(f".{text}.".split())[1:-1] if text else ""
