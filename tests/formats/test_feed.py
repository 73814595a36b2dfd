"""Any format: the table of writers, and documents cut to size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from poolhouse.formats.atom import render_atom
from poolhouse.formats.feed import WRITERS, render, render_within
from poolhouse.formats.jsonfeed import render_jsonfeed
from poolhouse.formats.rss import render_rss
from poolhouse.types import FeedDocument, FeedFormat
from tests.formats.documents import documents, plain_document

_ATOM = "{http://www.w3.org/2005/Atom}"


def _next_url(feed_format: FeedFormat, data: bytes) -> str | None:
    if feed_format is FeedFormat.JSON:
        next_url: str | None = json.loads(data).get("next_url")
        return next_url
    links = etree.fromstring(data).iter(f"{_ATOM}link")
    return next((link.get("href") for link in links if link.get("rel") == "next"), None)


def _older(count: int) -> str:
    return f"https://pools.example/pools/1.feed?after={count}"


def test_every_format_has_its_writer() -> None:
    document = plain_document()
    assert {feed_format: render(feed_format, document) for feed_format in FeedFormat} == {
        FeedFormat.ATOM: render_atom(document),
        FeedFormat.RSS: render_rss(document),
        FeedFormat.JSON: render_jsonfeed(document),
    }


@pytest.mark.parametrize("feed_format", FeedFormat)
def test_another_process_elsewhere_writes_the_same_bytes(feed_format: FeedFormat) -> None:
    program = (
        "import sys; from poolhouse.formats.feed import render; from poolhouse.types import FeedFormat; "
        "from tests.formats.documents import plain_document; "
        f"sys.stdout.buffer.write(render(FeedFormat({feed_format.value!r}), plain_document()))"
    )
    written = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8"},
    )
    assert written.stdout == render(feed_format, plain_document())


@pytest.mark.parametrize("feed_format", FeedFormat)
def test_a_document_is_made_of_fragments_that_may_be_kept(feed_format: FeedFormat) -> None:
    writer, document = WRITERS[feed_format], plain_document(4)
    kept = writer.fragments(document)
    fewer = replace(document, entries=document.entries[1:3])
    assert writer.assemble(writer.head(fewer), kept[1:3]) == render(feed_format, fewer)


@pytest.mark.parametrize("feed_format", FeedFormat)
@given(document=documents(), limit_bytes=st.integers(0, 6000))
def test_a_cut_document_keeps_its_limit_and_could_hold_no_more(
    feed_format: FeedFormat, document: FeedDocument, limit_bytes: int
) -> None:
    data, count = render_within(feed_format, document, limit_bytes, _older)
    assert count == 0 if not document.entries else 1 <= count <= len(document.entries)
    assert data == render(feed_format, _cut(document, count))
    assert count <= 1 or len(data) <= limit_bytes
    if count < len(document.entries):
        assert len(render(feed_format, _cut(document, count + 1))) > limit_bytes
        assert _next_url(feed_format, data) == _older(count)


def _cut(document: FeedDocument, count: int) -> FeedDocument:
    if count == len(document.entries):
        return document
    return replace(document, entries=document.entries[:count], next_url=_older(count))


@pytest.mark.parametrize("feed_format", FeedFormat)
@pytest.mark.parametrize("limit_bytes", [0, 1000, 2000, 3000, 100_000])
def test_the_reader_is_sent_on_to_the_first_entry_left_out(feed_format: FeedFormat, limit_bytes: int) -> None:
    data, count = render_within(feed_format, plain_document(12), limit_bytes, _older)
    assert _next_url(feed_format, data) == (None if count == 12 else _older(count))
    assert (count == 12) == (limit_bytes == 100_000)


@pytest.mark.parametrize("feed_format", FeedFormat)
def test_without_a_way_to_name_the_rest_the_documents_own_next_stays(feed_format: FeedFormat) -> None:
    document = replace(plain_document(12), next_url="https://pools.example/older")
    data, count = render_within(feed_format, document, 3000)
    assert 1 < count < 12
    assert _next_url(feed_format, data) == "https://pools.example/older"


@pytest.mark.parametrize("feed_format", FeedFormat)
def test_one_entry_is_used_even_where_it_is_too_large(feed_format: FeedFormat) -> None:
    document = plain_document(2)
    large = replace(document.entries[0], content_html="x" * 5000)
    data, count = render_within(
        feed_format, replace(document, entries=(large, document.entries[1])), 2000, _older
    )
    assert count == 1
    assert len(data) > 5000
    assert _next_url(feed_format, data) == _older(1)
