"""What a feed carries of a message's HTML: no pictures, no styles, and no link that does something by being followed.

It is made of what is shown, in one pass: nh3 wrote that, so all values stand in quotation marks, each end has its
start, and to take away from it brings nothing to another place. `feed_safe` of what comes out is the same.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING, Final, NamedTuple

from poolhouse.formats.mime_text import links_in
from poolhouse.workers.mail_allowed import FEED_ATTRIBUTES, feed_safe
from poolhouse.workers.mail_bare_links import without_bare_acting
from poolhouse.workers.mail_links import WORDS_LENGTH, looks_acting

if TYPE_CHECKING:
    from poolhouse.workers.mail_links import LinkList

FEED_BYTES: Final = 200 * 1024
_NEAR: Final = 1_000
_REFERENCE_LENGTH: Final = 8
# The tags that are changed: what has an attribute, what is a link or a picture. All others are part of the text.
_TAG: Final = re.compile(r'<(/a|img|[a-z][a-z0-9]*+(?= ))((?: [^\s"<>=]++="[^"]*+"|)*+)>')
_ATTRIBUTE: Final = re.compile(r' ([^\s"<>=]++)="([^"]*+)"')
_BARE_TAG: Final = re.compile(r"<[^<>]*+>")
_ALLOWED: Final = {name: FEED_ATTRIBUTES["*"] | own for name, own in FEED_ATTRIBUTES.items()}
_ALLOWED["a"] = _ALLOWED["a"] | {"rel"}  # which nh3 has written


def feed_html(shown: str, links: LinkList) -> str:
    """Return what a feed carries of HTML that is shown, at most `FEED_BYTES` of UTF-8; its links are noted in `links`.

    Some 10 µs for each link, 2 for any other tag that has attributes.
    """
    writer = _Writer(links)
    writer.write(shown)
    feed = "".join(writer.out)
    if writer.has_bare_address:
        feed = without_bare_acting(feed)
    return feed if len(feed.encode()) <= FEED_BYTES else _cut(feed)


class _Anchor(NamedTuple):
    """A link that is open: where it leads, and where it begins in the lists of `_Writer`."""

    href: str
    out: int
    texts: int
    alts: int


class _Writer:
    def __init__(self, links: LinkList) -> None:
        self.out: list[str] = []
        self.has_bare_address = False  # outside links
        self._links = links
        self._texts: list[str] = []  # of links, as they are written
        self._alts: list[str] = []  # what the pictures in links are called
        self._open: list[_Anchor] = []  # one within another where a table is between them
        self._kept = cache(_kept)  # a message repeats few tags

    def write(self, shown: str) -> None:
        text, *rest = _TAG.split(shown)
        self.out.append(text)
        self.has_bare_address = "://" in text
        pieces = iter(rest)
        for name, attributes, text in zip(pieces, pieces, pieces, strict=True):
            if name == "a":
                self._start_link(attributes)
            elif name == "/a":
                self._end_link()
            elif name == "img":
                self._write_picture(attributes)
            else:
                self.out.append(self._kept(name, attributes))
            self.out.append(text)
            if self._open:
                self._texts.append(text)
            elif "://" in text:
                self.has_bare_address = True

    def _write_picture(self, attributes: str) -> None:
        alt = dict(_ATTRIBUTE.findall(attributes)).get("alt")
        words = " ".join(unescape(alt).split()) if alt else ""
        self.out.append(f"<span>[{escape(words, quote=False)}]</span>" if words else "<span></span>")
        if self._open and words:
            self._alts.append(words)
        elif "://" in words:
            self.has_bare_address = True

    def _start_link(self, attributes: str) -> None:
        href = unescape(dict(_ATTRIBUTE.findall(attributes)).get("href", ""))
        self._open.append(_Anchor(href, len(self.out), len(self._texts), len(self._alts)))
        self.out.append(_kept("a", attributes))

    def _end_link(self) -> None:
        """End a link; one that acts becomes its words, and not even those where they show an address.

        One that shows an address that acts is taken for it: who counts clicks leads there by another.
        """
        href, start, first_text, first_alt = self._open.pop()
        text = unescape(_BARE_TAG.sub("", "".join(self._texts[first_text:])))
        alts = " ".join(self._alts[first_alt:])
        words, names = " ".join(text.split())[:WORDS_LENGTH], alts[:WORDS_LENGTH]
        said = [url for _, _, url in links_in(f"{text} {alts}")]
        acts = looks_acting(f"{words} {names}", href) or any(looks_acting("", url) for url in said)
        self._links.note(href, words or names, acts=acts)
        if not acts:
            self.out.append("</a>")
        else:
            self.out[start] = "<span>"
            if said:  # programs make links of what looks like one
                self.out[start + 1 :] = ["[…]"]
            self.out.append("</span>")
        if not self._open:
            self._texts.clear()
            self._alts.clear()


def _kept(name: str, attributes: str) -> str:
    """A tag with those of its attributes that a feed has."""
    allowed = _ALLOWED.get(name, FEED_ATTRIBUTES["*"])
    kept = [f' {each}="{value}"' for each, value in _ATTRIBUTE.findall(attributes) if each in allowed]
    return f"<{name}{''.join(kept)}>"


def _cut(feed: str) -> str:
    """The beginning, well formed: what was open is closed again."""
    room = FEED_BYTES - 8 * 1024
    while True:
        beginning = _without_end(feed.encode()[:room].decode("utf-8", "ignore"))
        made = feed_safe(beginning)
        if len(made.encode()) <= FEED_BYTES:
            return made
        room -= 16 * 1024


def _without_end(feed: str) -> str:
    """Cut markup where a tag starts; in a text that is long since then, after a word, so that it is not lost whole."""
    tag = feed.rfind("<")
    if tag > feed.rfind(">") or len(feed) - tag < _NEAR:
        return feed[:tag]
    place = max(feed.rfind(" ", len(feed) - _NEAR), feed.rfind("\n", len(feed) - _NEAR))
    if place < 0:  # no words: at least no reference to a character is cut in two
        place = feed.rfind("&", len(feed) - _REFERENCE_LENGTH)
    return feed[:place] if place > 0 else feed
