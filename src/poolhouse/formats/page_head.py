"""What an HTML page says of itself in its head: title, description, author, icons.

`head_tags` goes first; what it leaves, the HTML library reads for attributes and entities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ada_url import URL, join_url
from selectolax.lexbor import LexborHTMLParser

from poolhouse.formats.charsets import decode_html
from poolhouse.formats.head_tags import head_tags
from poolhouse.formats.text import clean, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from selectolax.lexbor import LexborNode

PREFIX_BYTES: Final = 1_048_576
"""How much of a page is looked at: large sites put half a megabyte of script before their title."""

TITLE_LIMIT: Final = 500
DESCRIPTION_LIMIT: Final = 2_000
AUTHOR_LIMIT: Final = 200
ICON_LIMIT: Final = 3

_URL_LIMIT: Final = 2_048
_ICON_SIZE: Final = re.compile(r"(\d{1,4})x\d", re.IGNORECASE)

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """What a head says, as plain text in one line each, without controls; "" for what it does not say.

    `icon_urls` are absolute http(s) addresses, best first, and never empty: the site's /favicon.ico is the last.
    `canonical_url` is an absolute http(s) address or None.
    """

    title: str
    description: str
    author: str
    icon_urls: tuple[str, ...]
    canonical_url: str | None


def read_page_head(body: bytes, *, declared_charset: str | None, base_url: str) -> PageHead:
    """Read the head of an HTML page from its first bytes; never raises for what `body` holds.

    `declared_charset` is what the Content-Type said. `base_url`, http(s), is where the page came from. Time and memory
    are linear in the first `PREFIX_BYTES` of `body`; the limits above are in characters.
    """
    text = decode_html(
        body[:PREFIX_BYTES], declared_charset=declared_charset, is_whole=len(body) < PREFIX_BYTES
    )
    head = LexborHTMLParser(f"<!doctype html><head>{''.join(head_tags(text))}")
    metas = _metas(head)
    base_url = next(_links(head, "base[href]", base_url), base_url)
    return PageHead(
        title=_first([_title(head), *_named(metas, "og:title", "twitter:title")], TITLE_LIMIT),
        description=_first(
            _named(metas, "description", "og:description", "twitter:description"), DESCRIPTION_LIMIT
        ),
        author=_first(
            (name for name in _named(metas, "author", "article:author") if "://" not in name), AUTHOR_LIMIT
        ),
        icon_urls=_icon_urls(head, base_url),
        canonical_url=next(_links(head, 'link[rel~="canonical" i][href]', base_url), None),
    )


def sniff_icon(body: bytes) -> str | None:
    """Return the media type of an icon by its first bytes, or None for what is not shown: SVG runs scripts."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _MAGIC if body.startswith(magic)), None)


def _metas(head: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in head.css("meta[content]"):
        attributes = node.attributes
        for key in (attributes.get("name"), attributes.get("property")):
            if key:
                found.setdefault(key.strip().lower(), attributes.get("content") or "")
    return found


def _title(head: LexborHTMLParser) -> str:
    node = head.css_first("title")
    return node.text() if node is not None else ""


def _named(metas: dict[str, str], *names: str) -> list[str]:
    return [metas[name] for name in names if name in metas]


def _first(values: Iterable[str], limit: int) -> str:
    for value in values:
        line = " ".join(clean(value).split())
        if not is_blank(line):
            return line[:limit].rstrip()
    return ""


def _icon_urls(head: LexborHTMLParser, base_url: str) -> tuple[str, ...]:
    selector = 'link[rel~="icon" i][href], link[rel~="apple-touch-icon" i][href]'
    nodes = sorted(head.css(selector), key=_icon_rank)
    urls = [url for node in nodes if (url := _resolved(base_url, node.attributes.get("href"))) is not None]
    own = join_url(base_url, "/favicon.ico")
    return (*list(dict.fromkeys(url for url in urls if url != own))[:ICON_LIMIT], own)


def _icon_rank(node: LexborNode) -> tuple[bool, int]:
    """Order icons so that the smallest one of 32 pixels or more comes first, then larger, then smaller ones."""
    attributes = node.attributes
    kind = (attributes.get("type") or "").lower() + (attributes.get("href") or "")[-4:].lower()
    size = _ICON_SIZE.search(attributes.get("sizes") or "")
    pixels = (
        int(size[1]) if size is not None else 180 if "touch" in (attributes.get("rel") or "").lower() else 48
    )
    return "svg" in kind, pixels if pixels >= 32 else 10_000 - pixels


def _links(head: LexborHTMLParser, selector: str, base_url: str) -> Iterator[str]:
    for node in head.css(selector):
        url = _resolved(base_url, node.attributes.get("href"))
        if url is not None:
            yield url


def _resolved(base_url: str, reference: str | None) -> str | None:
    if not reference or len(reference) > _URL_LIMIT:
        return None
    try:
        url = URL(reference, base_url)
    except ValueError:
        return None
    return url.href if url.protocol in {"http:", "https:"} else None
