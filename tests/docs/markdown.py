"""As much of Markdown as checking the documentation takes: headings, links and blocks of code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_CODE_SPAN = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of documentation."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its blocks of code."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """The targets of inline links and images, in order."""
        return _LINK.findall(_CODE_SPAN.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """The fragments that name this page's headings, made as the usual forges make them."""
        return {_anchor(text) for _, text in _HEADING.findall(self.prose)}

    def headings(self, level: int) -> list[str]:
        """The headings of one level, 1 to 6, in order."""
        return [text for marks, text in _HEADING.findall(self.prose) if len(marks) == level]

    def code(self, language: str) -> list[str]:
        """The blocks of code marked as `language`, in order."""
        return [code for name, code in _FENCE.findall(self.text) if name == language]


def read_page(path: Path) -> Page:
    """Read the page at `path`; raises UnicodeDecodeError where it is not UTF-8."""
    return Page(path, path.read_text("utf-8"))


def _anchor(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
