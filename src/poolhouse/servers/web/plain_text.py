"""Plain text of a message as it is read: its addresses are links, what it quotes stands back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from poolhouse.formats.mime_text import links_in
from poolhouse.rules.urls import is_linkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEXT_LIMIT: Final = 400_000
"""Characters that a page shows; what is longer is read as a file."""

BLOCK_LIMIT: Final = 5_000
"""Blocks that a page shows: each is an element or two of it, and may be a single character."""

_FOLDED_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, and where it leads: "" for nowhere."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together; `is_quote`: somebody else's words, without the first `>` of each line."""

    pieces: tuple[Piece, ...]
    line_count: int
    is_quote: bool

    @property
    def is_folded(self) -> bool:
        """Whether it is so much of somebody else that it would stand in the way."""
        return self.is_quote and self.line_count > _FOLDED_LINES


@dataclass(frozen=True, slots=True)
class Text:
    """A text as a page shows it; `is_cut`: it goes on."""

    blocks: Sequence[Block]
    is_cut: bool


def read_text(text: str) -> Text:
    """The first `BLOCK_LIMIT` blocks of the first `TEXT_LIMIT` characters of a text. One pass."""
    lines = text[:TEXT_LIMIT].strip("\n").split("\n")
    blocks: list[Block] = []
    for is_quote, group in groupby(lines, key=lambda line: line.startswith(">")):
        said = [_unquoted(line) if is_quote else line for line in group]
        if words := "\n".join(said).strip("\n"):
            if len(blocks) == BLOCK_LIMIT:
                return Text(blocks, is_cut=True)
            blocks.append(Block(tuple(_pieces(words)), len(said), is_quote))
    return Text(blocks, is_cut=len(text) > TEXT_LIMIT)


def _unquoted(line: str) -> str:
    return line[1:].removeprefix(" ")


def _pieces(text: str) -> Iterator[Piece]:
    at = 0
    for start, end, url in links_in(text):
        if not is_linkable(url):
            continue
        if start > at:
            yield Piece(text[at:start])
        yield Piece(url, url)
        at = end
    if at < len(text):
        yield Piece(text[at:])
