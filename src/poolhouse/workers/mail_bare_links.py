"""Addresses that stand in a feed's HTML as words: programs make links of what looks like one.

It is nh3's HTML: values stand in quotation marks, and of a text `&`, `<`, `>` and no-break spaces are references.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Final, NamedTuple

from poolhouse.formats.mime_text import links_in
from poolhouse.workers.mail_links import looks_acting, words_before


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAG: Final = re.compile(r'(</?[a-z][a-z0-9]*+(?: [^\s"<>=]++="[^"]*+"|)*+>)')
_NAME: Final = re.compile(r"</?([a-z][a-z0-9]*+)")
_WITHIN_LINES: Final = _names("""
    abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var
    wbr
""")
_PARAGRAPHS: Final = _names("blockquote dl h1 h2 h3 h4 h5 h6 hr ol p pre table ul")
_SPACES: Final = str.maketrans("\t\n\f\r", "    ")


class _Run(NamedTuple):
    """A text between two tags: its place among the pieces, and where it begins in the whole."""

    place: int
    start: int
    text: str


def without_bare_acting(feed: str) -> str:
    """Leave out the addresses that would act, where they stand outside links; some 1 µs a tag.

    They are judged as those of plain text are, by the words before them too; tags within a line do not end one.
    """
    pieces = _TAG.split(feed)
    whole, runs = _read(pieces)
    found = list(links_in(whole))
    acting = {url for start, _, url in found if looks_acting(words_before(whole, start), url)}
    spans = [(start, end) for start, end, url in found if url in acting]
    position = 0
    for run in runs:
        while position < len(spans) and spans[position][1] <= run.start:
            position += 1
        if position < len(spans) and spans[position][0] < run.start + len(run.text):
            pieces[run.place] = _written(run, spans, position)
    return "".join(pieces)


def _read(pieces: list[str]) -> tuple[str, list[_Run]]:
    """The words outside links as plain text has them, and the pieces that they are in."""
    out: list[str] = []
    runs: list[_Run] = []
    length = links = 0
    for place, piece in enumerate(pieces):
        if place % 2:
            links += piece.startswith(("<a ", "<a>")) - (piece == "</a>")
            text = _break_at(piece, out[-1] if out else "")
        elif links or not piece or (piece.isspace() and out and out[-1][-1] == "\n"):
            continue
        else:
            text = unescape(piece).translate(_SPACES)
            runs.append(_Run(place, length, text))
        if text:
            out.append(text)
            length += len(text)
    return "".join(out), runs


def _break_at(tag: str, before: str) -> str:
    """What plain text has in the place of a tag."""
    found = _NAME.match(tag)
    name = found[1] if found else ""
    if name in _WITHIN_LINES:
        return ""
    if name == "br":
        return "\n"
    if name in _PARAGRAPHS or name == "a":
        return "" if before == "\n\n" else "\n\n"
    return "" if before[-1:] == "\n" else "\n"


def _written(run: _Run, spans: list[tuple[int, int]], position: int) -> str:
    """A text without the addresses from that one on; one that began before it is marked there."""
    out: list[str] = []
    at = 0
    while position < len(spans) and spans[position][0] < run.start + len(run.text):
        start, end = spans[position]
        if start >= run.start:
            out += (_escaped(run.text[at : start - run.start]), "[…]")
        at = end - run.start
        position += 1
    out.append(_escaped(run.text[at:]))
    return "".join(out)


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\u00a0", "&nbsp;")
