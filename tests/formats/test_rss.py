"""RSS 2.0: by the rules of the specification, the Advisory Board's profile and the W3C feed validator."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from poolhouse.formats.links import safe_url
from poolhouse.formats.rss import render_rss
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
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"

_CHANNEL_NEEDS = {"title", "link", "description"}
_CHANNEL_MAY_HAVE = _CHANNEL_NEEDS | {"lastBuildDate", "item", f"{_ATOM}link", _ARCHIVE}
_ITEM_NEEDS = {"title", "link", "guid", "pubDate"}
_ITEM_MAY_HAVE = _ITEM_NEEDS | {"description", "category", _CONTENT, _CREATOR, f"{_ATOM}updated"}
_MAY_REPEAT = {"item", "category", f"{_ATOM}link"}


def _faults(xml: bytes) -> list[str]:
    """What a careful validator would say of an RSS document."""
    rss = etree.fromstring(xml)
    channels = rss.findall("channel")
    if rss.tag != "rss" or rss.get("version") != "2.0" or len(channels) != 1:
        return ["not one channel in rss 2.0"]
    channel = channels[0]
    items = channel.findall("item")
    faults = _child_faults(channel, _CHANNEL_NEEDS, _CHANNEL_MAY_HAVE)
    tags = [child.tag for child in channel]
    if tags[len(tags) - len(items) :] != ["item"] * len(items):
        faults.append("the channel speaks of itself after an item")
    if [link.get("rel") for link in channel.findall(f"{_ATOM}link")].count("self") != 1:
        faults.append("not one atom:link rel=self")
    guids = [guid.text for guid in channel.iter("guid")]
    if len(set(guids)) != len(guids):
        faults.append("a guid twice")
    for item in items:
        faults += _item_faults(item)
    for date in (*channel.iter("pubDate"), *channel.iter("lastBuildDate")):
        if not _is_date_in_gmt(date.text or ""):
            faults.append(f"{date.text} is no date in GMT")
    return faults


def _is_date_in_gmt(text: str) -> bool:
    try:
        return text.endswith(" GMT") and parsedate_to_datetime(text).utcoffset() == timedelta(0)
    except ValueError:
        return False


def _item_faults(item: etree._Element) -> list[str]:
    faults = _child_faults(item, _ITEM_NEEDS, _ITEM_MAY_HAVE)
    tags = [child.tag for child in item]
    if [guid.get("isPermaLink") for guid in item.findall("guid")] != ["false"]:
        faults.append("a guid passes for an address")
    if _CONTENT in tags and "description" not in tags[: tags.index(_CONTENT)]:
        faults.append("no description before content:encoded")
    return faults


def _child_faults(element: etree._Element, needs: set[str], may_have: set[str]) -> list[str]:
    counts = Counter(str(child.tag) for child in element)
    faults = [f"no {tag}" for tag in needs - counts.keys()]
    faults += [f"unknown {tag}" for tag in counts.keys() - may_have]
    faults += [f"{tag} twice" for tag, count in counts.items() if count > 1 and tag not in _MAY_REPEAT]
    faults += [f"{tag} is blank" for tag in needs if not (element.findtext(tag) or "").strip()]
    return faults


@given(documents())
def test_any_document_is_valid_and_keeps_its_texts(document: FeedDocument) -> None:
    xml = render_rss(document)
    assert _faults(xml) == []
    channel = etree.fromstring(xml)[0]
    assert (channel.find(_ARCHIVE) is not None) == document.is_archive
    items = channel.findall("item")
    assert [item.findtext("guid") for item in items] == [entry.id for entry in document.entries]
    for item, entry in zip(items, document.entries, strict=True):
        assert item.findtext("link") == safe_url(entry.url, document.home_url)
        title = safe_url(entry.url, document.home_url) if is_blank(entry.title) else entry.title
        assert item.findtext("title") == in_xml(carried(title))
        content = None if is_blank(entry.content_html) else in_xml(carried_html(entry.content_html))
        assert item.findtext(_CONTENT) == content
        assert "<" not in item.findtext("description", "")
        terms = [in_xml(carried(term)) for term in entry.categories if not is_blank(term)]
        assert [category.text for category in item.findall("category")] == terms


@given(documents())
def test_a_strict_feed_reader_has_no_complaint(document: FeedDocument) -> None:
    read = feedparser.parse(
        BytesIO(render_rss(document)), response_headers={"content-type": FeedFormat.RSS.media_type}
    )
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "rss20"
    assert [entry.id for entry in read.entries] == [entry.id for entry in document.entries]


def test_a_feed_reader_sees_what_was_meant() -> None:
    document = plain_document()
    read = feedparser.parse(BytesIO(render_rss(document)))
    assert (read.feed.title, read.feed.subtitle, read.feed.link) == (
        "Bookmarks",
        "What Anna keeps",
        document.home_url,
    )
    assert tuple(read.feed.updated_parsed)[:6] == (2026, 11, 23, 18, 30, 2)
    first, meant = read.entries[0], document.entries[0]
    assert (first.link, first.title, first.author) == (meant.url, meant.title, meant.author)
    assert first.content[0].value == meant.content_html
    assert first.summary == "Note  1  with a  link"
    assert [tag.term for tag in first.tags] == ["cooking", "to read"]
    assert (first.published, first.updated) == ("Mon, 02 Nov 2026 08:00:00 GMT", "2026-11-02T09:05:07Z")


def test_paging_and_archives_are_rfc_5005s() -> None:
    document = replace(
        plain_document(), is_archive=True, next_url="https://a.example/2", current_url="https://a.example/"
    )
    channel = etree.fromstring(render_rss(document))[0]
    assert channel.find(_ARCHIVE) is not None
    assert [(link.get("rel"), link.get("href")) for link in channel.findall(f"{_ATOM}link")] == [
        ("self", document.self_url),
        ("next", "https://a.example/2"),
        ("current", "https://a.example/"),
    ]


@pytest.mark.parametrize("url", DANGEROUS_ADDRESSES)
def test_a_dangerous_address_gives_way_to_the_pools_page(url: str) -> None:
    document = plain_document(1)
    document = replace(document, entries=(replace(document.entries[0], url=url),))
    assert etree.fromstring(render_rss(document)).findtext("channel/item/link") == document.home_url


@pytest.mark.parametrize(
    ("content_html", "description"),
    [
        ("<p>short</p>", "short"),
        ("<p>" + "a" * 200 + "</p>", "a" * 200),
        ("a" * 201, "a" * 200 + " …"),
        ("a" * 197 + "&amp;b", "a" * 197 + " …"),
        ("a" * 10 + '<img src="' + "b" * 1000, "a" * 10 + " …"),
        ('<img src="https://example.org/x.png">', "Page 1: salt &amp; pepper"),
        ('<p>\u200b</p><img src="https://example.org/x.png">', "Page 1: salt &amp; pepper"),
        ("1 &lt; 2", "1 &lt; 2"),
    ],
)
def test_the_description_is_the_first_words_as_html(content_html: str, description: str) -> None:
    document = plain_document(1)
    document = replace(document, entries=(replace(document.entries[0], content_html=content_html),))
    assert etree.fromstring(render_rss(document)).findtext("channel/item/description") == description


def test_an_entry_without_content_has_its_title_alone() -> None:
    document = plain_document(1)
    document = replace(document, entries=(replace(document.entries[0], content_html=""),))
    item = etree.fromstring(render_rss(document)).find("channel/item")
    assert item is not None
    assert item.find("description") is None
    assert item.find(_CONTENT) is None


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        (b"<title>Bookmarks</title>", b"", "no title"),
        (b"<title>Bookmarks</title>", b"<title> </title>", "title is blank"),
        (b"<title>Bookmarks</title>", b"<title>a</title><title>b</title>", "title twice"),
        (b"</channel>", b"<title>a</title></channel>", "the channel speaks of itself after an item"),
        (b'rel="self"', b'rel="other"', "not one atom:link rel=self"),
        (b"-000000000002", b"-000000000001", "a guid twice"),
        (b' isPermaLink="false"', b"", "a guid passes for an address"),
        (b"<dc:creator>", b"<author/><dc:creator>", "unknown author"),
        (
            b"Mon, 23 Nov 2026 18:30:02 GMT",
            b"yesterday GMT",
            "yesterday GMT is no date in GMT",
        ),
    ],
)
def test_the_checker_notices(said: bytes, instead: bytes, fault: str) -> None:
    xml = render_rss(plain_document())
    assert said in xml
    assert fault in _faults(xml.replace(said, instead))
