"""Whether anything that people wrote has come alive as markup, read the way the programs do that show it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import feedparser
from ada_url import URL
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words(text: str) -> list[str]:
    return text.split()


ATOM, DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
CONTENT, HISTORY = (
    "{http://purl.org/rss/1.0/modules/content/}",
    "{http://purl.org/syndication/history/1.0}",
)
FEED_ELEMENTS = {
    *(
        f"{ATOM}{name}"
        for name in ("feed", "id", "title", "subtitle", "updated", "published", "author", "name")
    ),
    *(f"{ATOM}{name}" for name in ("link", "entry", "category", "content", "summary")),
    *(
        "rss",
        "channel",
        "title",
        "link",
        "description",
        "lastBuildDate",
        "item",
        "guid",
        "enclosure",
        "pubDate",
        "category",
    ),
    *(f"{DC}creator", f"{CONTENT}encoded", f"{HISTORY}archive"),
}
FRAGMENT_ELEMENTS = frozenset(_words("body p br blockquote a ul li span div b i em strong"))
OUTLINE_ELEMENTS = {"opml", "head", "title", "body", "outline", "dateCreated"}
BOOKMARK_ELEMENTS = frozenset(_words("html head body meta title h1 h3 dl dt dd p a hr"))
RUNS = frozenset(
    _words(
        "javascript jscript vbscript livescript data blob file about view-source jar filesystem chrome intent ms-msdt"
    )
)
_NOT_OURS = frozenset(_words("style object embed base applet frame frameset math foreignobject video audio"))
FRAME_ADDRESS = re.compile(r"/items/[0-9]+/(?:captures/[0-9]+/text|message)(\?images=1)?")
_ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "srcset", "ping", "background")
# what a browser drops from an address before it reads it (WHATWG URL §4.4)
_DROPPED = re.compile(r"[\t\n\r]")


def runs(address: str) -> bool:
    """Whether an address is a program to whoever opens it."""
    read = _DROPPED.sub("", address).strip("".join(map(chr, range(0x21))))
    try:
        return URL(read, "http://pools.test/").protocol.rstrip(":") in RUNS
    except ValueError:
        return bool(re.match(rf"(?:{'|'.join(RUNS)}):", read, re.IGNORECASE))


def elements(document: bytes) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Every element of a page as a browser makes it, templates' content too: name and attributes."""
    page = LexborHTMLParser(document)
    for node in page.css("*"):
        yield node.tag or "", dict(node.attributes)
        if node.tag == "template":
            yield from elements((node.inner_html or "").encode())


def check_page(document: bytes, *, bookmarklets: int = 0) -> None:
    """That nothing on a page of ours runs, frames or leads astray but our own files."""
    running = []
    for name, attributes in elements(document):
        where = f"<{name} {attributes}>"
        assert name not in _NOT_OURS, where
        assert not [each for each in attributes if each.startswith("on") or each in {"style", "srcdoc"}], (
            where
        )
        if name == "iframe":
            check_frame(attributes)
        if name == "script":
            assert (attributes.get("src") or "").startswith("/assets/"), where
        if name == "meta":
            assert not {"http-equiv"} & set(attributes), where
        if name == "form":
            assert (attributes.get("action") or "/").startswith("/"), where
        running += [where for each in _ADDRESSES if runs(attributes.get(each) or "")]
    assert len(running) == bookmarklets, running


def check_frame(attributes: dict[str, str | None]) -> None:
    """That a frame of ours shows a stored document and takes everything from it but opening links elsewhere."""
    assert FRAME_ADDRESS.fullmatch(attributes.get("src") or ""), attributes
    assert attributes.get("sandbox") == "allow-popups allow-popups-to-escape-sandbox", attributes
    assert attributes.get("referrerpolicy") == "no-referrer", attributes


def check_policy_of_stored(policy: dict[str, str], *, target: str = "") -> None:
    """That a document which a stranger wrote runs nothing, sends nothing and loads nothing but what it holds.

    And pictures, where its reader asked for them in the address.
    """
    allowed = set(policy["sandbox"].split())
    assert allowed <= {"allow-popups", "allow-popups-to-escape-sandbox"}, policy
    assert policy["default-src"] == "'none'", policy
    pictures = {"data: http: https:"} if target.endswith("?images=1") else {"data:", "'none'"}
    assert policy.get("img-src", "'none'") in pictures, policy
    for name in ("form-action", "base-uri"):
        assert policy.get(name, "'none'") == "'none'", policy
    assert policy["frame-ancestors"] in {"'none'", "'self'"}, policy
    assert not {"script-src", "connect-src", "frame-src", "object-src"} & set(policy), policy


def policy_of(text: str) -> dict[str, str]:
    """A Content-Security-Policy field, by directive."""
    return dict(part.strip().partition(" ")[::2] for part in text.split(";"))


def check_fragment(document: str) -> None:
    """That HTML in a feed holds text, and links that lead to the web or to a mailbox, and nothing else."""
    page = LexborHTMLParser(f"<!doctype html><body>{document}")
    assert page.body is not None
    for node in page.body.css("*"):
        assert node.tag in FRAGMENT_ELEMENTS, document
        assert set(node.attributes) <= ({"href", "rel"} if node.tag == "a" else set()), document
        assert re.match("https?:|mailto:|tel:", node.attributes.get("href") or "https:"), document


def check_xml(document: bytes, known: set[str]) -> etree._Element:
    """That a document is well-formed and holds no element but those of its format."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    assert {str(each.tag) for each in root.iter()} <= known
    return root


def check_feed(document: bytes) -> int:
    """That a feed in XML is one, to a strict parser and to feedparser, and that no link of it runs; its entries."""
    root = check_xml(document, FEED_ELEMENTS)
    for element in root.iter(f"{ATOM}link"):
        assert not runs(element.get("href", ""))
    for element in root.iter("link", "guid", f"{ATOM}id"):
        assert not runs(element.text or "")
    for element in root.iter(f"{CONTENT}encoded", f"{ATOM}content"):
        check_fragment(element.text or "")
    assert all(element.get("type") == "text" for element in root.iter(f"{ATOM}title", f"{ATOM}subtitle"))
    read = feedparser.parse(document)
    assert not read.bozo
    for entry in read.entries:
        assert not runs(entry.link)
        assert all(not runs(link.href) for link in entry.links)
    return len(read.entries)


def check_json_feed(document: bytes) -> int:
    """That a JSON feed is one, and that nothing of it runs; its entries."""
    feed = json.loads(document)
    for item in feed["items"]:
        check_fragment(item["content_html"])
        assert not runs(item["url"])
    return len(feed["items"])


def check_bookmark_file(document: bytes) -> None:
    """That a bookmark file holds folders and links that open pages, and nothing else."""
    for name, attributes in elements(document):
        assert name in BOOKMARK_ELEMENTS, f"<{name} {attributes}>"
        assert not [each for each in attributes if each.startswith("on") or each == "style"], attributes
        if name == "meta":
            assert set(attributes) <= {"http-equiv", "content", "charset"}, attributes
        assert not runs(attributes.get("href") or ""), attributes
