"""The article of a page: readability-lxml's choice of it, with what is known of its weaknesses mended around it.

What the library is given here is a tree that is prepared once, and what it is asked for is a tree: its own parser,
cleaner and patterns over the written page, which take longer than all the rest, are left out.
"""

from __future__ import annotations

import copy
import logging
import re
from typing import TYPE_CHECKING, Final

from lxml import etree
from readability import Document
from readability.readability import Unparseable

from poolhouse.workers.markup import drop_all

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HIDDEN: Final = re.compile(r"(?:^|;)\s*+(?:display\s*+:\s*+none|visibility\s*+:\s*+hidden)", re.IGNORECASE)
_BLOCKS: Final = ("table", "ul", "div", "aside", "header", "footer", "section")
_NO_ARTICLE: Final = (
    "script",
    "style",
    "link",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "canvas",
    "button",
)
_SEEN: Final = frozenset({"img", "picture", "hr", "br", "input"})
_AROUND: Final = ("nav", "header", "footer", "aside", "form")
_FEW_LINKS: Final = 0.2
_DATA_TABLE: Final = ("th", "caption", "thead")
_MENU_LINKS: Final = 6
_MENU_DENSITY: Final = 0.8
_LEAST_LENGTH: Final = 500

# It tells every candidate it looks at, and a traceback for what we handle.
logging.getLogger("readability.readability").setLevel(logging.CRITICAL)


def find_article(document: HtmlElement) -> HtmlElement:
    """Return the article of a page as a tree of its own; changes `document`, which keeps what is around the article.

    The time is that of readability-lxml, which is not linear for every page: run it where time is limited.
    """
    _prepare(document)
    try:
        article = _Reading(document).article()
    except (Unparseable, etree.LxmlError, AttributeError, TypeError, ValueError, IndexError):
        article = None  # the library fails at some broken pages; all there is to read is better than nothing
    return all_there_is(document) if article is None else article


def all_there_is(document: HtmlElement) -> HtmlElement:
    """Return a copy of a page's body without what stands around an article: navigation, head and foot, forms."""
    body = copy.deepcopy(document.find("body"))
    assert body is not None
    drop_all(each for each in body.iter(*_AROUND) if each.tag != "header" or each.find(".//p") is None)
    return body


def _prepare(document: HtmlElement) -> None:
    """Take from a page what nobody sees and what makes the library slow."""
    drop_all(each for each in document.iter("*") if each.tag in _NO_ARTICLE or _is_hidden(each))
    drop_all(each for each in document.iter("nav", "footer") if each.tag == "nav" or _is_of_page(each))
    drop_all(_menus(document))
    _settle(document)


def _is_hidden(element: HtmlElement) -> bool:
    return element.tag not in {"html", "body"} and (
        element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "") is not None
    )


def _is_of_page(footer: HtmlElement) -> bool:
    return next(footer.iterancestors("article", "main", "blockquote", "section"), None) is None


def _menus(document: HtmlElement) -> list[HtmlElement]:
    """The cells that are the menu of a page laid out as a table: links, and little else; none of a page of links."""
    tables = {
        table for name in _DATA_TABLE for each in document.iter(name) for table in each.iterancestors("table")
    }
    holders = {cell for table in document.iter("table") for cell in table.iterancestors("td")}
    cells = [
        cell
        for cell in document.iter("td")
        if cell not in holders and next(cell.iterancestors("table"), None) not in tables and _is_menu(cell)
    ]
    rest = _length(document) - sum(map(_length, cells)) if cells else 0
    return cells if rest >= _LEAST_LENGTH else []


def _is_menu(cell: HtmlElement) -> bool:
    links = list(cell.iter("a"))
    if len(links) < _MENU_LINKS:
        return False
    return sum(map(_length, links)) >= _MENU_DENSITY * _length(cell)


def _length(element: HtmlElement) -> int:
    """How long a text is, in characters, without white space."""
    return len("".join(element.text_content().split()))


def _settle(document: HtmlElement) -> None:
    """Drop blocks that hold nothing, and let those that hold only pictures be no blocks.

    The library compares each block without text with all that stand beside it, and then drops it: a gallery of two
    thousand pictures took five seconds, and none of them was left (docs/decisions/0008).
    """
    body = document.find("body")
    assert body is not None
    has_text: set[HtmlElement] = set()
    has_picture: set[HtmlElement] = set()
    empty: list[HtmlElement] = []
    for element in reversed(list(body.iter("*"))):
        children = list(element)
        if (element.text and not element.text.isspace()) or any(
            child in has_text or (child.tail and not child.tail.isspace()) for child in children
        ):
            has_text.add(element)
        elif element.tag in _SEEN or any(child in has_picture for child in children):
            has_picture.add(element)
            if element.tag in _BLOCKS:
                element.tag = "span"
        elif element.tag in _BLOCKS:
            empty.append(element)
    drop_all(empty)


class _Reading(Document):  # type: ignore[misc]  # as above: a class without types
    """readability-lxml's algorithm over a tree that is ready; its methods below are replaced, the rest is its own."""

    def __init__(self, document: HtmlElement) -> None:
        super().__init__(document)
        self._quoting: set[HtmlElement] = set()

    def article(self) -> HtmlElement | None:
        self.summary(html_partial=True)
        found: HtmlElement | None = self.html  # where the algorithm leaves what it found
        return found

    def _parse(self, document: HtmlElement) -> HtmlElement:
        return copy.deepcopy(document)

    def get_clean_html(self) -> str:
        """Write what was found: it judges by the length. Nothing is cleaned, which is done once and elsewhere."""
        return etree.tostring(self.html, encoding="unicode", method="html")

    def get_preserved_elements(self, node: HtmlElement) -> dict[HtmlElement, bool]:
        """Keep tables of data too, which it takes for lists of links, and lists of a few words, which it drops."""
        self._quoting = {
            above for quote in node.iter("blockquote") for above in (quote, *quote.iterancestors())
        }
        preserved: dict[HtmlElement, bool] = super().get_preserved_elements(node)
        for items in node.iter("ul"):
            if items.getparent() is not None and self.get_link_density(items) < _FEW_LINKS:
                preserved[items] = True
        for table in node.iter("table"):
            is_data = any(table.find(f".//{name}") is not None for name in _DATA_TABLE)
            if is_data and table.find(".//table") is None and self.get_link_density(table) < 0.6:
                preserved[table] = True
        return preserved

    def is_quote_lead(self, element: HtmlElement) -> bool:
        """Look for quotations in what is known to hold some: else every block would search all that follow it."""
        if not self._quoting or not (element.text_content() or "").rstrip().endswith(":"):
            return False
        return bool(super().is_quote_lead(element))
