"""A page of the site, and what a capture of it must come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.capture.words import CLUTTER, CODE, marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.capture.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: what the site answers, and what is to be known of it afterwards.

    `answers` are by path beneath `/NAME`; "" is the page. `says` must be in its readable text, in this order, and none
    of `hushes` may be. `title`, `author`, `language` and `published` (a date) are compared where they are not None;
    `final` is the path that it is read at after redirects, where that is another. `has_text` is None where a text is
    neither wanted nor wrong, `has_thumbnail` likewise; `without` is a pattern for why there is none. `pictures` is how
    many its whole copy holds at least. `failure` is a pattern for the reason that a person is told: then there is no
    capture at all. `unasked` are paths of the site that nobody may ask for.
    """

    name: str
    answers: Mapping[str, Answer]
    says: tuple[str, ...] = ()
    hushes: tuple[str, ...] = (*CLUTTER, *CODE)
    title: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    has_text: bool | None = True
    without: str = ""
    has_thumbnail: bool | None = False
    pictures: int = 0
    final: str = ""
    failure: str = ""
    unasked: tuple[str, ...] = ("/track.js",)

    def paths(self) -> Iterator[tuple[str, Answer]]:
        """Every path that is answered for this page."""
        return ((f"/{self.name}{beneath}", answer) for beneath, answer in self.answers.items())

    @property
    def mark(self) -> str:
        """The word that a search finds this page by, if its text has one."""
        return marked(self.name)

    @property
    def is_slow(self) -> bool:
        """Whether reading it ends by running out of time."""
        return "did not answer" in self.failure

    def __str__(self) -> str:
        return self.name
