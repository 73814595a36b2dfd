"""JSON Feed: valid by a schema of the specification, and clean UTF-8, whatever is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, ValidationError

from poolhouse.formats.jsonfeed import render_jsonfeed
from poolhouse.formats.links import safe_url
from poolhouse.formats.text import is_blank
from tests.formats.documents import (
    DANGEROUS_ADDRESSES,
    carried,
    carried_html,
    documents,
    plain_document,
)

if TYPE_CHECKING:
    from poolhouse.types import FeedDocument

_VALIDATOR = Draft202012Validator(
    json.loads((Path(__file__).parent / "schemas" / "jsonfeed.json").read_bytes())
)


def _parsed(document: FeedDocument) -> dict[str, Any]:
    feed: dict[str, Any] = json.loads(render_jsonfeed(document))
    _VALIDATOR.validate(feed)
    return feed


@given(documents())
def test_any_document_is_valid_and_keeps_its_texts(document: FeedDocument) -> None:
    feed = _parsed(document)
    assert feed.get("next_url") is None or document.next_url is not None
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in document.entries]
    for item, entry in zip(feed["items"], document.entries, strict=True):
        assert item["url"] == safe_url(entry.url, document.home_url)
        assert item["content_html"] == carried_html(entry.content_html)
        assert item["title"] == carried(item["url"] if is_blank(entry.title) else entry.title)
        author = [] if is_blank(entry.author) else [{"name": carried(entry.author)}]
        assert item.get("authors", []) == author
        assert item.get("tags", []) == [carried(term) for term in entry.categories if not is_blank(term)]


@given(documents())
def test_no_text_holds_what_strict_readers_refuse(document: FeedDocument) -> None:
    text = render_jsonfeed(document).decode()  # strict: lone surrogates would raise
    assert carried(text) == text
    strings: list[str] = []
    json.loads(
        text, object_pairs_hook=lambda pairs: strings.extend(v for _, v in pairs if isinstance(v, str))
    )
    assert all(carried(string) == string for string in strings)


def test_every_name_means_what_it_should() -> None:
    document = replace(plain_document(1), next_url="https://pools.example/older")
    entry = document.entries[0]
    assert _parsed(document) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Bookmarks",
        "description": "What Anna keeps",
        "home_page_url": document.home_url,
        "feed_url": document.self_url,
        "next_url": "https://pools.example/older",
        "authors": [{"name": "anna"}],
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "content_html": entry.content_html,
                "date_published": "2026-11-02T08:00:00Z",
                "date_modified": "2026-11-02T09:05:07Z",
                "tags": ["cooking", "to read"],
                "authors": [{"name": "Béla"}],
            }
        ],
    }


def test_what_is_blank_is_left_out() -> None:
    entry = replace(plain_document(1).entries[0], author="\x00", categories=("\u200b",), title=" ")
    feed = _parsed(replace(plain_document(), subtitle="", author=" ", title="\x07", entries=(entry,)))
    assert feed.keys() == {"version", "title", "home_page_url", "feed_url", "items"}
    assert feed["title"] == feed["home_page_url"]
    assert feed["items"][0]["title"] == entry.url
    assert not feed["items"][0].keys() & {"authors", "tags"}


@pytest.mark.parametrize("url", DANGEROUS_ADDRESSES)
def test_a_dangerous_address_gives_way_to_the_pools_page(url: str) -> None:
    document = plain_document(1)
    document = replace(document, entries=(replace(document.entries[0], url=url),))
    assert _parsed(document)["items"][0]["url"] == document.home_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", "https://jsonfeed.org/version/1"),
        ("title", None),
        ("home_page_url", "/relative"),
        ("authors", []),
        ("authors", [{}]),
        ("next_link", "https://pools.example/"),
        ("items", [{"content_html": ""}]),
        ("items", [{"id": "1"}]),
        ("items", [{"id": "1", "content_html": "", "date_published": "2026-11-02"}]),
    ],
)
def test_the_schema_notices(name: str, value: object) -> None:
    feed = _parsed(plain_document())
    with pytest.raises(ValidationError):
        _VALIDATOR.validate(feed | {name: value})
