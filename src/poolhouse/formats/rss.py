"""RSS 2.0 as the RSS Advisory Board's profile and the W3C feed validator want it, with RFC 5005 paging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poolhouse.formats.dates import rfc822, rfc3339
from poolhouse.formats.fragments import FeedWriter
from poolhouse.formats.links import legal_url, relations, safe_url
from poolhouse.formats.text import encode, encode_html, first_visible, is_blank
from poolhouse.formats.xmltext import XML_DECLARATION, escape, escape_attribute, escape_bytes

if TYPE_CHECKING:
    from poolhouse.types import FeedDocument, FeedEntry

_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:fh="http://purl.org/syndication/history/1.0"'
)
_SUMMARY_CHARACTERS = 200
_TAG = re.compile(r"<[^>]*+(?:>|\Z)")
_CUT_REFERENCE = re.compile(r"&[#0-9A-Za-z]{0,32}\Z")


def render_rss(document: FeedDocument) -> bytes:
    """Return the document as RSS 2.0; the same document gives the same bytes."""
    return RSS.render(document)


def render_rss_head(document: FeedDocument) -> bytes:
    """Return what stands before the first item; the profile wants all that is the channel's own there."""
    title = first_visible(document.title, document.home_url)
    parts = [
        f'{XML_DECLARATION}<rss version="2.0" {_NAMESPACES}>\n<channel>\n<title>{escape(title)}</title>\n',
        f"<link>{escape(legal_url(document.home_url))}</link>\n",
        f"<description>{escape(first_visible(document.subtitle, title))}</description>\n",
        f"<lastBuildDate>{rfc822(document.updated)}</lastBuildDate>\n",
        f'<atom:link rel="self" type="application/rss+xml" href="{escape(legal_url(document.self_url))}"/>\n',
    ]
    parts += [f'<atom:link rel="{rel}" href="{escape(url)}"/>\n' for rel, url in relations(document)]
    if document.is_archive:
        parts.append("<fh:archive/>\n")
    return encode("".join(parts))


def render_rss_item(entry: FeedEntry, home_url: str) -> bytes:
    """Return one `item` element; `home_url` stands in for an address that may not go out.

    `content:encoded` carries the HTML and comes after a `description` of its first words, as the profile asks.
    RSS has no word for a later change: `atom:updated` says it, where there was one.
    """
    url = safe_url(entry.url, home_url)
    title = first_visible(entry.title, url)
    author = "" if is_blank(entry.author) else f"<dc:creator>{escape(entry.author)}</dc:creator>\n"
    updated = (
        "" if entry.updated == entry.published else f"<atom:updated>{rfc3339(entry.updated)}</atom:updated>\n"
    )
    categories = "".join(
        f"<category>{escape(term)}</category>\n" for term in entry.categories if not is_blank(term)
    )
    # RSS has room for one; the content names them all
    enclosures = "".join(
        f'<enclosure url="{escape(legal_url(each.url))}" length="{each.size_bytes}"'
        f' type="{escape_attribute(each.media_type)}"/>\n'
        for each in entry.enclosures[:1]
    )
    start = (
        f"<item>\n<title>{escape(title)}</title>\n<link>{escape(url)}</link>\n"
        f'<guid isPermaLink="false">{escape(legal_url(entry.id))}</guid>\n'
        f"<pubDate>{rfc822(entry.published)}</pubDate>\n{updated}{author}{categories}"
        f"{enclosures}"
    )
    if is_blank(entry.content_html):
        return encode(f"{start}</item>\n")
    summary = escape(entry.summary) if entry.summary else _summary(entry.content_html)
    description = escape(escape(title) if is_blank(summary) else summary)
    return b"%b%b</content:encoded>\n</item>\n" % (
        encode(f"{start}<description>{description}</description>\n<content:encoded>"),
        escape_bytes(encode_html(entry.content_html)),
    )


def _summary(content_html: str) -> str:
    """Return the first words of some HTML, as HTML without tags; looks no further than it may have to."""
    start = content_html[: 4 * _SUMMARY_CHARACTERS]
    summary = _TAG.sub(" ", start).strip()
    if len(summary) <= _SUMMARY_CHARACTERS and len(start) == len(content_html):
        return summary
    return _CUT_REFERENCE.sub("", summary[:_SUMMARY_CHARACTERS]).rstrip() + " …"


RSS = FeedWriter(head=render_rss_head, entry=render_rss_item, separator=b"", tail=b"</channel>\n</rss>\n")
