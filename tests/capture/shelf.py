"""Every page there is, in one order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.capture.articles import articles
from tests.capture.encodings import encodings
from tests.capture.oddities import odd
from tests.capture.pictures import pictured
from tests.capture.wires import wires

if TYPE_CHECKING:
    from tests.capture.pages import Page


@cache
def all_pages() -> tuple[Page, ...]:
    """The pages of the site; their names are their own."""
    pages = (*articles(), *pictured(), *odd(), *encodings(), *wires())
    assert len({page.name for page in pages}) == len(pages)
    return pages
