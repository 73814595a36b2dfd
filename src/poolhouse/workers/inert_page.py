"""A page that does nothing: of its elements and attributes those that are listed here stay, and only those."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lxml import etree

from poolhouse.formats.raster import inert_data_url
from poolhouse.formats.text import clean
from poolhouse.workers.cleaning import web_url
from poolhouse.workers.markup import drop_all

if TYPE_CHECKING:
    from ada_url import URL
    from lxml.html import HtmlElement

POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What the copy says to a browser itself, wherever it is opened; the server that sends it says more."""

_GONE: Final = """
    script link base object embed applet param noscript template portal frame frameset iframe noembed noframes audio
    canvas source track area input keygen bgsound basefont meta svg math slot
"""
_KEPT: Final = """
    a abbr acronym address article aside b bdi bdo big blockquote body br button caption center cite code col colgroup
    data dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6 head header
    hgroup hr html i img ins kbd label legend li main mark menu meter nav nobr ol output p picture pre progress q rp rt
    ruby s samp search section small span strike strong style sub summary sup table tbody td tfoot th thead time title
    tr tt u ul var wbr
"""
_RENAMED: Final = {"form": "div", "image": "span"}
_ATTRIBUTES: Final = """
    abbr align alt axis bgcolor border cellpadding cellspacing char class clear color cols colspan compact datetime dir
    disabled face frame headers height hidden high hspace id lang low max media min name nowrap open optimum reversed
    role rowspan rules scope size span start style title type valign value vspace width
"""
_CUSTOM: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_PLAIN_ATTRIBUTES: Final = frozenset(_ATTRIBUTES.split())
_GONE_TAGS: Final = frozenset(_GONE.split())
_KEPT_TAGS: Final = frozenset(_KEPT.split())
_LINK: Final = re.compile(r"(?:mailto|tel):[^\s\"'<>]{1,2000}", re.IGNORECASE)


def make_inert(document: HtmlElement, base: URL) -> None:
    """Take from a page all that runs, fetches, sends or leads astray; what it shows is in it already.

    Links become absolute http(s) addresses; those within the page stay so.
    """
    viewport = next((each.get("content") for each in document.iter("meta") if _is_viewport(each)), None)
    drop_all(each for each in document.iter("*") if each.tag in _GONE_TAGS)
    for element in document.iter("*"):
        _tame(element, base)
    head = document.find("head")
    if head is None:
        head = etree.Element("head")
        document.insert(0, head)
    _put_first(head, viewport)


def _is_viewport(meta: HtmlElement) -> bool:
    return (meta.get("name") or "").strip().lower() == "viewport"


def _put_first(head: HtmlElement, viewport: str | None) -> None:
    said = [{"charset": "utf-8"}, {"http-equiv": "Content-Security-Policy", "content": POLICY}]
    if viewport:
        said.append({"name": "viewport", "content": clean(viewport)[:200]})
    for place, attributes in enumerate(said):
        head.insert(place, etree.Element("meta", attributes))


def _tame(element: HtmlElement, base: URL) -> None:
    tag = element.tag
    if tag not in _KEPT_TAGS and not _CUSTOM.fullmatch(tag):
        element.tag = _RENAMED.get(tag, "span")
    before = element.attrib.items()
    judged = [(name, _judged(element.tag, name, value, base)) for name, value in before]
    if judged != before:
        element.attrib.clear()  # one by one would not do: lxml reads names that it cannot find again, such as "{x"
        for name, kept in judged:
            if kept is not None:
                element.set(name, kept)
    if tag == "a" and element.get("href") is not None:
        element.set("rel", "noopener noreferrer nofollow")


def _judged(tag: str, name: str, value: str, base: URL) -> str | None:
    if name == "href" and tag == "a":
        return _link(value, base)
    if name == "src" and tag == "img":
        return inert_data_url(value)
    return value if name in _PLAIN_ATTRIBUTES or name.startswith("aria-") else None


def _link(value: str, base: URL) -> str | None:
    value = value.strip()
    if value.startswith("#"):
        return value
    return value if _LINK.fullmatch(value) else web_url(base, value)
