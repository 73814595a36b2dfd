"""Feed documents for the tests: plain ones, and any that hostile hands could fill; and what of a text survives."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from hypothesis import strategies as st

from poolhouse.types import FeedDocument, FeedEntry

_HOSTILE_PIECES = [
    "<script>alert(1)</script>", "]]>", "<![CDATA[", "]\x00]>", "&amp;", "&lt;b&gt;", "&#0;", "&nbsp;", "&",
    "<", ">", '"', "'",
    "\x00", "\x08", "\x0b", "\x1b[31m", "\x7f", "\x85", "\r", "\r\n", "\n", "\t", "\ud800", "\udfff",
    "\ud83d\ude00", "\ufffe",
    "\uffff", "\ufffd", "\ufeff", "\U0001f600", "\U0010ffff", "\u202e", "\u05e9\u05dc\u05d5\u05dd", "é",
    "\u2028", "\\", "\\u0000",
    "%00", "a word", " ", "--", "<!--", "?>", "{{", "${",
]  # fmt: skip

ADDRESSES = [
    "https://example.org/", "http://example.org/a%20b?q=1&r=2#part",
    "https://user@example.org:8443/~x/(y)!$'*+,;=:@",
    "https://[2001:db8::1]/", "ftp://example.org/file", "gemini://example.org/",
    "magnet:?xt=urn:btih:c12fe1c06bba254a",
    "mailto:ann@example.org", "xmpp:ann@example.org",
]  # fmt: skip
"""Addresses that are legal as they stand."""

DANGEROUS_ADDRESSES = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x00javascript:alert(1)", "java\x00script:alert(1)", "\u00adjavascript:alert(1)",
    "java\ud800script:alert(1)",
    "javascript\x85:alert(1)", "javascript&colon;alert(1)", "vbscript:msgbox",
    "data:text/html,<script>alert(1)</script>",
    "feed:javascript:alert(1)", "view-source:javascript:alert(1)", "blob:https://example.org/1", "/relative",
    "//example.org/",
    "", "https:", "https:///path", "http:example.org", "https://#part", "example.org/page",
]  # fmt: skip
"""Addresses that no feed may carry."""


def hostile_texts() -> st.SearchStrategy[str]:
    """Anything a page, a mail or a person may put into a text."""
    return st.lists(st.sampled_from(_HOSTILE_PIECES) | st.text(st.characters(), max_size=4), max_size=6).map(
        "".join
    )


def addresses() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(ADDRESSES),
        st.sampled_from(DANGEROUS_ADDRESSES),
        hostile_texts(),
        st.builds("https://example.org/{}".format, hostile_texts()),
        st.builds("{}:{}".format, st.sampled_from(["mailto", "magnet", "feed", "https"]), hostile_texts()),
    )


def times() -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 - the zone comes next
        lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
    )


def identifiers() -> st.SearchStrategy[str]:
    return st.uuids().map("urn:uuid:{}".format)


def entries() -> st.SearchStrategy[FeedEntry]:
    return st.builds(
        FeedEntry,
        id=identifiers(),
        url=addresses(),
        title=hostile_texts(),
        content_html=hostile_texts(),
        author=hostile_texts(),
        published=times(),
        updated=times(),
        categories=st.lists(hostile_texts(), max_size=3).map(tuple),
    )


def documents() -> st.SearchStrategy[FeedDocument]:
    """Any document. Its own addresses are ours, so they are absolute, but they may hold odd characters."""
    own_addresses = st.builds("https://pools.example/{}".format, hostile_texts())
    return st.builds(
        FeedDocument,
        id=identifiers(),
        title=hostile_texts(),
        subtitle=hostile_texts(),
        author=hostile_texts(),
        home_url=own_addresses,
        self_url=own_addresses,
        updated=times(),
        entries=st.lists(entries(), max_size=3, unique_by=lambda entry: entry.id).map(tuple),
        next_url=st.none() | own_addresses,
        previous_url=st.none() | own_addresses,
        archive_url=st.none() | own_addresses,
        newer_archive_url=st.none() | own_addresses,
        current_url=st.none() | own_addresses,
        is_archive=st.booleans(),
    )


def plain_document(entry_count: int = 3) -> FeedDocument:
    """A document such as most are, with entries that differ."""
    return FeedDocument(
        id="urn:uuid:00000000-0000-4000-8000-000000000000",
        title="Bookmarks",
        subtitle="What Anna keeps",
        author="anna",
        home_url="https://pools.example/pools/1",
        self_url="https://pools.example/pools/1.feed",
        updated=datetime(2026, 11, 23, 18, 30, 2, tzinfo=UTC),
        entries=tuple(plain_entry(number) for number in range(1, entry_count + 1)),
    )


def plain_entry(number: int) -> FeedEntry:
    return FeedEntry(
        id=f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        url=f"https://example.org/page?number={number}&of=all",
        title=f"Page {number}: salt & pepper",
        content_html=f'<p>Note <b>{number}</b> with a <a href="https://example.org/?a=1&amp;b=2">link</a></p>',
        author="Béla",
        published=datetime(2026, 11, number % 28 + 1, 8, 0, 0, tzinfo=UTC),
        updated=datetime(2026, 11, number % 28 + 1, 9, 5, 7, tzinfo=UTC),
        categories=("cooking", "to read"),
    )


def carried(text: str) -> str:
    """What of a text every format can carry, after an independent reading of the rule."""
    return "".join(character for character in text if _is_carried(character))


def carried_html(text: str) -> str:
    return "".join(character if _is_carried(character) else "\ufffd" for character in text)


def in_xml(text: str) -> str:
    """A text as an XML parser gives it back (XML 1.0 §2.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_surely_visible(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def _is_carried(character: str) -> bool:
    if character in "\t\n\r":
        return True
    return unicodedata.category(character) not in {"Cc", "Cs"} and character not in "\ufffe\uffff"
