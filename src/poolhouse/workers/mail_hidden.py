"""What a message's HTML hides from whoever looks at it: words for the list of messages, pictures that count readers.

`mso-hide` says nothing here: it hides from Outlook alone, and buttons carry it that all others are to see.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from lxml import etree

from poolhouse.formats.css import css_unescaped
from poolhouse.workers.markup import drop_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

# Possessive all of them: a sender may write two million spaces.
_ZERO: Final = r"\s*+:\s*+0++(?:\.0++|)?+\s*+(?:px|pt|em|rem|%|)?+\s*+(?:;|!|$)"
_HIDDEN: Final = re.compile(
    rf"display\s*+:\s*+none|visibility\s*+:\s*+hidden|(?:opacity|max-height|max-width){_ZERO}", re.IGNORECASE
)
_CLIPPED: Final = re.compile(r"overflow\s*+:\s*+hidden", re.IGNORECASE)
_FLAT: Final = re.compile(rf"(?:^|[;\s])(?:width|height){_ZERO}", re.IGNORECASE)
_UNSIZED: Final = re.compile(rf"font-size{_ZERO}", re.IGNORECASE)
_SIZED: Final = re.compile(r"(?:^|[;\s])font(?:-size|)?+\s*+:", re.IGNORECASE)
_TINY: Final = re.compile(r"\s*+(?:0++|1)(?:\.0++|)?+\s*+(?:px|)?+\s*+")
_TINY_STYLE: Final = re.compile(
    r"(?:^|[;\s])(?:width|height)\s*+:\s*+(?:0++|1)(?:\.0++|)?+\s*+(?:px|)?+\s*+(?:;|!|$)", re.IGNORECASE
)
_HARMLESS_CALL: Final = re.compile(r"(?:rgba?|hsla?|calc)\(", re.IGNORECASE)
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def drop_hidden(elements: Sequence[_Element]) -> None:
    """Drop what of a body's elements is not shown at all, with all in it; the first of them is the body, which stays.

    Styles become plain, and none names a file: what is judged is what will be shown. A message repeats its few styles:
    each is judged once.
    """
    hides = cache(_hides)
    without_calls = cache(_without_calls)
    doomed = []
    for element in elements:
        style = element.get("style")
        if style and ("/*" in style or "\\" in style):
            style = _made_plain(element, style)
        if style and ("(" in style or "\\" in style):
            style = without_calls(style)
            element.set("style", style)
        if (style and hides(style)) or element.get("hidden") is not None:
            doomed.append(element)
    drop_all(each for each in doomed if each is not elements[0])


def drop_unsized(body: _Element) -> None:
    """Drop text of no size, unless something in it has a size again: builders of newsletters (MJML) wrap all in that.

    Pictures have a size, so whoever calls has dropped those that are not shown. Linear.
    """
    has_no_size = cache(_UNSIZED.search)
    unsized = {
        each for each in body.iter(etree.Element) if (style := each.get("style")) and has_no_size(style)
    }
    if not unsized:
        return
    kept: set[_Element] = set()
    for element in body.iter(etree.Element):
        if element not in unsized and _has_size(element):
            holder: _Element | None = element
            while holder is not None and holder not in kept:
                kept.add(holder)
                holder = holder.getparent()
    drop_all(unsized - kept - {body})


def is_tiny(image: _Element) -> bool:
    """Whether nobody could see a picture: what counts who reads."""
    for name in ("width", "height"):
        if (size := image.get(name)) and _TINY.fullmatch(size):
            return True
    style = image.get("style")
    return style is not None and _TINY_STYLE.search(style) is not None


def _hides(style: str) -> bool:
    if _HIDDEN.search(style) is not None:
        return True
    return _CLIPPED.search(style) is not None and _FLAT.search(style) is not None


def _has_size(element: _Element) -> bool:
    if element.tag == "img" or (element.tag == "font" and element.get("size")):
        return True
    return _SIZED.search(element.get("style") or "") is not None


def _without_calls(style: str) -> str:
    """A plain style without what could load a file: what calls anything but a colour or a sum, or may do so.

    A semicolon in a string or in brackets is taken for an end too: then more goes, and what stays calls nothing else.
    """
    return ";".join(
        each
        for each in style.split(";")
        if "\\" not in each and each.count("(") == len(_HARMLESS_CALL.findall(each))
    )


def _made_plain(element: _Element, style: str) -> str:
    """A style without comments and escapes, which its element is given for good."""
    style = css_unescaped(_COMMENT.sub("", style))
    del element.attrib["style"]
    try:
        element.set("style", style)
    except ValueError:  # an escape that stands for a control
        return ""
    return style
