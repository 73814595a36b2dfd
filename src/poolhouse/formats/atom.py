"""Atom 1.0 (RFC 4287) with the paging and archives of RFC 5005."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.formats.dates import rfc3339
from poolhouse.formats.fragments import FeedWriter
from poolhouse.formats.links import legal_url, relations, safe_url
from poolhouse.formats.text import encode, encode_html, first_visible, is_blank
from poolhouse.formats.xmltext import XML_DECLARATION, escape, escape_attribute, escape_bytes

if TYPE_CHECKING:
    from poolhouse.types import FeedDocument, FeedEntry


def render_atom(document: FeedDocument) -> bytes:
    """Return the document as Atom; the same document gives the same bytes."""
    return ATOM.render(document)


def render_atom_head(document: FeedDocument) -> bytes:
    """Return what stands before the first entry.

    There is always an author, as RFC 4287 §4.1.1 asks where an entry has none; no `generator`, since its version
    would change every feed with every release.
    """
    title = first_visible(document.title, document.home_url)
    parts = [
        XML_DECLARATION,
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">\n',
        f"<id>{escape(legal_url(document.id))}</id>\n",
        f'<title type="text">{escape(title)}</title>\n',
        ""
        if is_blank(document.subtitle)
        else f'<subtitle type="text">{escape(document.subtitle)}</subtitle>\n',
        f"<updated>{rfc3339(document.updated)}</updated>\n",
        f"<author><name>{escape(first_visible(document.author, title))}</name></author>\n",
        f'<link rel="self" type="application/atom+xml" href="{escape(legal_url(document.self_url))}"/>\n',
        f'<link rel="alternate" type="text/html" href="{escape(legal_url(document.home_url))}"/>\n',
    ]
    parts += [f'<link rel="{rel}" href="{escape(url)}"/>\n' for rel, url in relations(document)]
    if document.is_archive:
        parts.append("<fh:archive/>\n")
    return encode("".join(parts))


def render_atom_entry(entry: FeedEntry, home_url: str) -> bytes:
    """Return one `entry` element (RFC 4287 §4.1.2); `home_url` stands in for an address that may not go out."""
    url = safe_url(entry.url, home_url)
    author = "" if is_blank(entry.author) else f"<author><name>{escape(entry.author)}</name></author>\n"
    categories = "".join(
        f'<category term="{escape_attribute(term)}"/>\n' for term in entry.categories if not is_blank(term)
    )
    summary = "" if is_blank(entry.summary) else f'<summary type="text">{escape(entry.summary)}</summary>\n'
    enclosures = "".join(
        f'<link rel="enclosure" type="{escape_attribute(each.media_type)}" length="{each.size_bytes}"'
        f' title="{escape_attribute(each.name)}" href="{escape(legal_url(each.url))}"/>\n'
        for each in entry.enclosures
    )
    start = encode(
        f"<entry>\n<id>{escape(legal_url(entry.id))}</id>\n"
        f'<title type="text">{escape(first_visible(entry.title, url))}</title>\n'
        f'<link rel="alternate" href="{escape(url)}"/>\n'
        f"<published>{rfc3339(entry.published)}</published>\n<updated>{rfc3339(entry.updated)}</updated>\n"
        f'{author}{categories}{enclosures}{summary}<content type="html">'
    )
    return b"%b%b</content>\n</entry>\n" % (start, escape_bytes(encode_html(entry.content_html)))


ATOM = FeedWriter(head=render_atom_head, entry=render_atom_entry, separator=b"", tail=b"</feed>\n")
