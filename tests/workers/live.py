"""Whether anything in a piece of HTML is alive: read as two libraries read it, which do not agree on what is broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALIVE = """
    script style iframe frame frameset object embed applet base meta link form input button select textarea svg math
    template noscript audio video source track portal canvas dialog marquee xmp noembed noframes plaintext title
"""
ALIVE = frozenset(_ALIVE.split())
ADDRESSES = frozenset({"href", "src", "cite"})
# what a browser drops from an address before it reads it (WHATWG URL §4.4)
_DROPPED = re.compile(r"[\t\n\r]")
_HARMLESS = re.compile(r"https?://[^/]|data:image/(?:png|jpeg|gif|webp|avif);base64,", re.IGNORECASE)


def elements(fragment: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every element that either library finds: name and attributes."""
    for node in LexborHTMLParser(f"<!doctype html><body>{fragment}").css("body *"):
        yield node.tag or "", {name: value or "" for name, value in node.attributes.items()}
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = lxml_html.document_fromstring(f"<!doctype html><body><div>{fragment}".encode(), parser=parser)
    for element in root.iterdescendants("*"):
        if element.tag not in {"head", "body"}:
            yield element.tag, {str(name): str(value) for name, value in element.attrib.items()}


def check_dead(fragment: str) -> int:
    """That nothing runs, fetches what it should not, styles or leads astray; the number of elements."""
    count = 0
    for name, attributes in elements(fragment):
        count += 1
        where = f"<{name} {attributes}> in {fragment[:2_000]}"
        assert name not in ALIVE, where
        assert not [
            each for each in attributes if each.startswith("on") or each in {"style", "id", "class"}
        ], where
        assert "srcset" not in attributes, where
        for address in ADDRESSES & attributes.keys():
            value = _DROPPED.sub("", attributes[address]).strip("".join(map(chr, range(0x21))))
            assert _HARMLESS.match(value), where
            assert address == "src" or not value.startswith("data:"), where
        if name == "a":
            assert attributes.get("rel") == "noopener noreferrer nofollow", where
    return count
