"""A page as a tree of lxml: bounded first, parsed once, and what is said of its images brought to where it belongs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ada_url import URL
from lxml import etree, html

from poolhouse.formats.bounded_markup import MARKUP_LIMIT, bounded_markup
from poolhouse.formats.charsets import decode_html
from poolhouse.formats.srcset import best_of_srcset
from poolhouse.formats.text import clean
from poolhouse.workers.cleaning import web_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element
    from lxml.html import HtmlElement

LAZY_SOURCES: Final = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-src",
    "data-url",
    "data-hi-res-src",
)
"""Where pages put an image's address until a script of theirs finds it in sight; the first that is there counts."""

LAZY_SETS: Final = ("data-srcset", "data-lazy-srcset")

_REFERENCE: Final = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,8}));?")
_NOSCRIPT_LIMIT: Final = 500
_BYTES_A_CHARACTER: Final = 4


def page_text(body: bytes, *, declared_charset: str | None) -> str:
    """Return the text of a page, as much of it as is read; never raises. `declared_charset`: the Content-Type's."""
    limit = MARKUP_LIMIT * _BYTES_A_CHARACTER
    text = decode_html(body[:limit], declared_charset=declared_charset, is_whole=len(body) <= limit)
    return text[:MARKUP_LIMIT]


def parse_page(text: str) -> HtmlElement:
    """Return the `html` element of any text, within the limits of `bounded_markup`; never raises for what it holds."""
    return _parsed(bounded_markup(clean(text)), html.HTMLParser)


def parse_fragment(markup: str) -> _Element:
    """Return the body that holds a fragment which is within the limits already: what `clean_fragment` returned.

    Its elements are etree's own, without the methods of lxml.html, which asks Python for the class of each.
    """
    body = _parsed(f"<!doctype html><html><body>{markup}</body></html>", etree.HTMLParser).find("body")
    assert body is not None
    return body


def base_url(document: HtmlElement | None, url: str) -> URL:
    """Return what a document's relative addresses are relative to: its `base`, else `url` where it came from."""
    try:
        base = URL(url)
    except ValueError:
        base = URL("about:blank")  # to which nothing is relative
    for element in document.iter("base") if document is not None else ():
        if (href := element.get("href")) and (found := web_url(base, href)) is not None:
            return URL(found)
    return base


def _parsed(markup: str, parser_class: type[etree.HTMLParser]) -> _Element:
    if "&#" in markup:
        markup = _REFERENCE.sub(_without_control, markup)
    # A parser each: one that met a damaged page is not used again.
    parser = parser_class(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        document = html.document_fromstring(markup.encode() or b"<html></html>", parser=parser)
    except etree.ParserError:  # nothing in it but white space
        document = html.document_fromstring(b"<html></html>", parser=parser)
    if document.find("body") is None:
        etree.SubElement(document, "body")
    return document


def _without_control(reference: re.Match[str]) -> str:
    """Leave a reference to a character unless lxml, which reads any, would refuse to write it."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code <= 0x10FFFF and clean(chr(code)) else "\ufffd"


def drop_all(doomed: Iterable[_Element]) -> None:
    """Take elements off their page and leave the text after them; linear, where `drop_tree` of each is not."""
    gone = set(doomed)
    for parent in {each.getparent() for each in gone}:
        if parent is None:
            continue
        before: _Element | None = None
        pieces = [parent.text or ""]
        for child in list(parent):
            if child in gone:
                pieces.append(child.tail or "")
                child.tail = None
                parent.remove(child)
            else:
                _put_text(parent, before, pieces)
                before, pieces = child, [child.tail or ""]
        _put_text(parent, before, pieces)


def _put_text(parent: _Element, before: _Element | None, pieces: list[str]) -> None:
    if len(pieces) > 1 and before is None:
        parent.text = "".join(pieces)
    elif len(pieces) > 1 and before is not None:
        before.tail = "".join(pieces)


def find_images(document: HtmlElement) -> None:
    """Give each image its address in `src`: of a set the one that is large enough, and not the stand-in of a script.

    Images that are only for browsers without scripts take the place of what a script would have shown instead.
    """
    noscripts = [each for each in document.iter("noscript") if each.find(".//img") is not None]
    for noscript in noscripts[:_NOSCRIPT_LIMIT]:
        if noscript.getparent() is not None:
            _reveal(noscript)
    drop_all(document.iter("noscript"))
    for image in document.iter("img"):
        source = _source(image)
        if source:
            image.set("src", source)


def _reveal(noscript: HtmlElement) -> None:
    """Put the images of a `noscript` on the page, in the place of an image without an address before it."""
    before = noscript.getprevious()
    stand_in = before if before is not None and not (before.text_content() or "").strip() else None
    if stand_in is not None:
        images = [stand_in] if stand_in.tag == "img" else list(stand_in.iter("img"))
        if len(images) == 1 or (not images and "lazy" in (stand_in.get("class") or "").lower()):
            stand_in.drop_tree()
    noscript.drop_tag()


def _source(image: HtmlElement) -> str:
    own = image.get("src") or ""
    lazy = next((value for name in LAZY_SOURCES if (value := image.get(name))), "")
    sets = [image.get(name) or "" for name in (*LAZY_SETS, "srcset")]
    picture = image.getparent()
    if picture is not None and picture.tag == "picture":
        sets += [
            source.get("srcset") or source.get("data-srcset") or "" for source in _plain_sources(picture)
        ]
    best = next((url for text in sets if (url := best_of_srcset(text)) and not url.startswith("data:")), "")
    return (best or lazy or own).strip()


def _plain_sources(picture: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the sources of a picture that every browser can show; those for narrow windows come last."""
    known = {"", "image/jpeg", "image/png", "image/webp", "image/gif"}
    yield from (each for each in picture.iterchildren("source") if (each.get("type") or "").lower() in known)
