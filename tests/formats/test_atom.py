"""Atom: valid by RFC 4287's own grammar whatever is in it, and read back as it was meant."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from poolhouse.formats.atom import render_atom
from poolhouse.formats.links import legal_url, safe_url
from poolhouse.formats.text import is_blank
from poolhouse.types import FeedDocument, FeedFormat
from tests.formats.documents import (
    DANGEROUS_ADDRESSES,
    carried,
    carried_html,
    documents,
    in_xml,
    plain_document,
)

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"
_GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / "atom.rng"))


def _parsed(document: FeedDocument) -> etree._Element:
    feed = etree.fromstring(render_atom(document))
    _GRAMMAR.assertValid(feed)
    return feed


def _links(element: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(link.get("rel"), link.get("href")) for link in element.findall(f"{_ATOM}link")]


@given(documents())
def test_any_document_is_valid_and_keeps_its_texts(document: FeedDocument) -> None:
    feed = _parsed(document)
    assert feed.findtext(f"{_ATOM}id") == document.id
    assert feed.findtext(f"{_ATOM}author/{_ATOM}name")
    assert (feed.find(_ARCHIVE) is not None) == document.is_archive
    entries = feed.findall(f"{_ATOM}entry")
    assert [entry.findtext(f"{_ATOM}id") for entry in entries] == [entry.id for entry in document.entries]
    for element, entry in zip(entries, document.entries, strict=True):
        assert _links(element) == [("alternate", safe_url(entry.url, document.home_url))]
        title = safe_url(entry.url, document.home_url) if is_blank(entry.title) else entry.title
        assert element.findtext(f"{_ATOM}title") == in_xml(carried(title))
        assert element.findtext(f"{_ATOM}content") == in_xml(carried_html(entry.content_html))
        terms = [in_xml(carried(term)) for term in entry.categories if not is_blank(term)]
        written = [str(category.get("term")) for category in element.findall(f"{_ATOM}category")]
        assert [term.replace("\n", " ").replace("\t", " ") for term in terms] == written


@given(documents())
def test_a_strict_feed_reader_has_no_complaint(document: FeedDocument) -> None:
    read = feedparser.parse(
        BytesIO(render_atom(document)), response_headers={"content-type": FeedFormat.ATOM.media_type}
    )
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "atom10"
    assert [entry.id for entry in read.entries] == [entry.id for entry in document.entries]


def test_a_feed_reader_sees_what_was_meant() -> None:
    document = plain_document()
    read = feedparser.parse(BytesIO(render_atom(document)))
    assert (read.feed.title, read.feed.subtitle) == ("Bookmarks", "What Anna keeps")
    assert (read.feed.link, read.feed.author) == (document.home_url, "anna")
    assert tuple(read.feed.updated_parsed)[:6] == (2026, 11, 23, 18, 30, 2)
    first, meant = read.entries[0], document.entries[0]
    assert (first.link, first.title, first.author) == (meant.url, meant.title, meant.author)
    assert first.content[0].type == "text/html"
    assert first.content[0].value == meant.content_html
    assert [tag.term for tag in first.tags] == ["cooking", "to read"]
    assert (first.published, first.updated) == ("2026-11-02T08:00:00Z", "2026-11-02T09:05:07Z")


def test_an_archive_document_says_where_it_stands() -> None:
    at = "https://pools.example/pools/1.feed?part="
    document = replace(
        plain_document(),
        is_archive=True,
        next_url=at + "2",
        previous_url=at + "0",
        archive_url=at + "a",
        newer_archive_url=at + "c",
        current_url=at + "now",
    )
    feed = _parsed(document)
    assert feed.find(_ARCHIVE) is not None
    assert _links(feed) == [
        ("self", document.self_url),
        ("alternate", document.home_url),
        ("next", at + "2"),
        ("previous", at + "0"),
        ("prev-archive", at + "a"),
        ("next-archive", at + "c"),
        ("current", at + "now"),
    ]


@pytest.mark.parametrize("url", DANGEROUS_ADDRESSES)
def test_a_dangerous_address_gives_way_to_the_pools_page(url: str) -> None:
    document = plain_document(1)
    document = replace(document, entries=(replace(document.entries[0], url=url),))
    assert _links(_parsed(document).findall(f"{_ATOM}entry")[0]) == [("alternate", document.home_url)]


def test_blank_texts_leave_no_empty_elements() -> None:
    blank = "\u200b\x00 "
    entry = replace(plain_document(1).entries[0], title=blank, author=blank, categories=(blank,))
    document = replace(plain_document(), title=blank, subtitle=blank, author=blank, entries=(entry,))
    feed = _parsed(document)
    assert feed.findtext(f"{_ATOM}title") == feed.findtext(f"{_ATOM}author/{_ATOM}name") == document.home_url
    assert feed.find(f"{_ATOM}subtitle") is None
    element = feed.findall(f"{_ATOM}entry")[0]
    assert element.findtext(f"{_ATOM}title") == legal_url(entry.url)
    assert element.find(f"{_ATOM}author") is None
    assert element.find(f"{_ATOM}category") is None


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b"<updated>2026-11-23T18:30:02Z</updated>", b""),
        (b"<updated>2026-11-23T18:30:02Z</updated>", b"<updated>yesterday</updated>"),
        (b"<id>urn:uuid:00000000-0000-4000-8000-000000000000</id>", b""),
        (b'<title type="text">Bookmarks', b'<title type="plain">Bookmarks'),
        (b'href="https://pools.example/pools/1"', b'href="https://pools.example/^[|"'),
        (b"<author>", b"<author><nick/>"),
        (b"</feed>", b"<item/></feed>"),
    ],
)
def test_the_grammar_notices(said: bytes, instead: bytes) -> None:
    xml = render_atom(plain_document())
    assert xml.count(said) >= 1
    assert not _GRAMMAR.validate(etree.fromstring(xml.replace(said, instead)))
