"""A message's HTML made fit to be shown, followed, searched, and passed on in a feed.

What is hidden goes first: newsletters hide a line for the list of messages there. Then nh3 writes anew what is allowed,
so that a newsletter still looks like itself; scripts, forms, frames, style sheets and everything that could load or
move by itself do not come through. The frame that shows it is shut in as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from lxml import etree

from poolhouse.formats.bounded_markup import bounded_markup
from poolhouse.formats.raster import inert_data_url
from poolhouse.formats.text import clean
from poolhouse.workers.cleaning import web_url
from poolhouse.workers.lines import text_lines
from poolhouse.workers.mail_allowed import shown_html
from poolhouse.workers.mail_feed import feed_html
from poolhouse.workers.mail_hidden import drop_hidden, drop_unsized, is_tiny
from poolhouse.workers.mail_links import LinkList
from poolhouse.workers.markup import drop_all, parse_fragment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

    from poolhouse.types.message import MessageLink


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_LIMIT: Final = 200_000
_FEW_TAGS: Final = 300
_DEPTH_LIMIT: Final = 150
_DATA_LIMIT: Final = 200 * 1024
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_TAG_LENGTH: Final = 2_000
_BRACKET_IN_VALUE: Final = re.compile(r"""=\s*+(?:"[^"<>]*+[<>]|'[^'<>]*+[<>])""")
_VOID: Final = _names(
    "area base basefont br col embed frame hr img input keygen link meta param source track wbr"
)

_MAIL_FIELDS: Final = frozenset({"to", "subject", "body", "cc", "in-reply-to"})
_SOURCES: Final = frozenset({"src", "srcset", "data-remote", "lowsrc", "dynsrc"})
# what parsers do not agree on, or read as text up to an end of its own
_RAW: Final = (
    "noscript",
    "xmp",
    "plaintext",
    "listing",
    "svg",
    "math",
    "template",
    "iframe",
    "noembed",
    "noframes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedMail:
    """What was made of a message's HTML: as `types.MessageBodies` and `types.MessageFacts` have it."""

    html: str
    feed_html: str
    text: str
    links: tuple[MessageLink, ...] = ()
    warnings: tuple[str, ...] = ()
    remote_image_count: int = 0


def clean_message_html(
    markup: str, part_paths: Mapping[str, str], *, is_text_wanted: bool = True
) -> CleanedMail:
    """Make HTML of a message fit; never raises for what it holds.

    `part_paths` are the paths of the message's parts by their Content-IDs and Content-Locations: pictures that name one
    become `src="part:PATH"`, pictures from elsewhere `data-remote="URL"`, those too small to be seen nothing at all.
    Some 5 ms for a newsletter of 58 kB, 10 where it is all small tables, links and pictures.
    """
    body = _body_of(markup)
    elements = list(body.iter(etree.Element))  # held, or lxml would make each anew for all that looks at it
    drop_hidden(elements)
    pictures = _settle_images(body, part_paths)
    drop_unsized(body)
    _settle_links(body)
    settled = etree.tostring(body, encoding="unicode", method="html")
    shown = shown_html(settled, has_own_pictures=pictures.own > 0)
    noted = LinkList()
    return CleanedMail(
        html=shown,
        feed_html=feed_html(shown, noted),
        text=text_lines(body)[:TEXT_LIMIT] if is_text_wanted else "",
        links=noted.links,
        warnings=noted.warnings,
        remote_image_count=pictures.elsewhere,
    )


def _body_of(markup: str) -> _Element:
    text = clean(markup)
    if _may_be_long(text) or (text.count("<") > _FEW_TAGS and not _is_shallow(text)):
        text = bounded_markup(text)
    body = parse_fragment(text)
    etree.strip_elements(body, *_RAW, with_tail=False)
    return body


def _may_be_long(markup: str) -> bool:
    """Whether one tag may be long: libxml2 takes quadratic time for its attributes. Some 5 µs a kilobyte.

    A bracket within a value, or within a tag, counts as that too: where such a tag ends is for a parser to say.
    """
    if _BRACKET_IN_VALUE.search(markup):
        return True
    for piece in markup.split("<")[1:]:
        end = piece.find(">")
        if end > _TAG_LENGTH or (end < 0 and (piece[:1].isalpha() or piece[:1] == "/")):
            return True
    return False


def _is_shallow(markup: str) -> bool:
    """Whether no parser can find it deep: counted as if only end tags closed anything. Some 0.2 µs a tag."""
    depth = 0
    for slash, name in _TAG.findall(markup):
        if slash:
            depth -= depth > 0
        elif name.lower() not in _VOID:
            depth += 1
            if depth > _DEPTH_LIMIT:
                return False
    return True


class _Pictures(NamedTuple):
    """How many are the message's own, and how many are elsewhere."""

    own: int
    elsewhere: int


def _settle_images(body: _Element, part_paths: Mapping[str, str]) -> _Pictures:
    """Say of each picture where it is; those that nobody could see, and those that are nowhere, go."""
    doomed = []
    own = elsewhere = 0
    for image in body.iter("img"):
        source = (image.get("src") or "").strip()
        for name in _SOURCES.intersection(image.keys()):
            del image.attrib[name]
        if is_tiny(image):
            doomed.append(image)
        elif address := _own_address(source, part_paths):
            image.set("src", address)
            own += 1
        elif address := web_url(None, source):
            image.set("data-remote", address)
            elsewhere += 1
        else:
            doomed.append(image)
    drop_all(doomed)
    return _Pictures(own, elsewhere)


def _own_address(source: str, part_paths: Mapping[str, str]) -> str | None:
    """The address of a picture that stands in the markup itself or is a part of the message."""
    if source[:5].lower() == "data:":
        return inert_data_url(source) if len(source) <= _DATA_LIMIT else None
    path = _part_path(source, part_paths)
    return f"part:{path}" if path else None


def _part_path(source: str, part_paths: Mapping[str, str]) -> str | None:
    if source[:4].lower() == "cid:":
        name = source[4:].partition("?")[0]
        return part_paths.get(unquote(name)) or part_paths.get(name)
    return part_paths.get(source)


def _settle_links(body: _Element) -> None:
    """Leave links to the web, and those that write or call; the others are their words."""
    for anchor in body.iter("a"):
        href = anchor.get("href")
        if href is None:
            continue
        scheme = href.strip().partition(":")[0].lower()
        if scheme == "tel":
            continue
        url = _safe_mailto(href) if scheme == "mailto" else web_url(None, href.strip())
        if url is None:
            del anchor.attrib["href"]
        elif url != href:
            anchor.set("href", url)


def _safe_mailto(href: str) -> str:
    """A `mailto:` that fills in no more than RFC 6068 §4 calls safe, and whom a reply goes to as well.

    Some programs attach the file that `attach` names, and who does not look sends a copy to whom `bcc` names.
    """
    if "?" not in href:
        return href
    address, _, query = href.partition("?")
    kept = [each for each in query.split("&") if unquote(each.partition("=")[0]).lower() in _MAIL_FIELDS]
    return f"{address}?{'&'.join(kept)}" if kept else address
