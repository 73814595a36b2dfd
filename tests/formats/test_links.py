"""Addresses in feeds: legal, and none that runs as a program."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.links import legal_url, relations, safe_url
from tests.formats.documents import (
    ADDRESSES,
    DANGEROUS_ADDRESSES,
    addresses,
    carried,
    hostile_texts,
    plain_document,
)

_HOME = "https://pools.example/"
_URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")


@pytest.mark.parametrize("url", ADDRESSES)
def test_legal_addresses_stay_as_they_are(url: str) -> None:
    assert legal_url(url) == safe_url(url, _HOME) == url


@pytest.mark.parametrize("url", DANGEROUS_ADDRESSES)
def test_dangerous_addresses_give_way(url: str) -> None:
    assert safe_url(url, _HOME) == _HOME


@pytest.mark.parametrize(
    ("url", "legal"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/é?ü#ñ", "https://example.org/%C3%A9?%C3%BC#%C3%B1"),
        ("https://example.org/?a[]=1", "https://example.org/?a%5B%5D=1"),
        ("https://[::1]/[x]", "https://[::1]/%5Bx%5D"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%zz%41", "https://example.org/%25zz%41"),
        ("https://example.org/#a#b", "https://example.org/#a%23b"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        (" https://example.org/\n\x00x ", "https://example.org/x"),
        ("magnet:?dn=a{b}|c", "magnet:?dn=a%7Bb%7D%7Cc"),
    ],
)
def test_illegal_characters_are_encoded_where_they_stand(url: str, legal: str) -> None:
    assert safe_url(url, _HOME) == legal


@given(addresses())
def test_every_address_becomes_legal_once_and_for_all(url: str) -> None:
    safe = safe_url(url, _HOME)
    assert _URI_CHARACTERS.fullmatch(safe)
    assert safe.count("#") <= 1
    assert legal_url(safe) == safe_url(safe, "https://other.example/") == safe
    assert not re.match(r"(?i)(?:[a-z][a-z0-9+.-]*:)*(?:javascript|vbscript|data):", safe)


@given(hostile_texts())
def test_an_encoded_address_decodes_to_what_it_was(text: str) -> None:
    path = re.sub(r"[\t\n\r]", "", carried(text)).rstrip()
    if "%" not in path:
        expected = f"https://example.org/x{path}".encode()
        assert unquote_to_bytes(safe_url(f"https://example.org/x{text}", _HOME)) == expected


@given(st.none() | st.just("https://pools.example/older page"))
def test_relations_are_rfc_5005s(url: str | None) -> None:
    document = replace(plain_document(), next_url=url, previous_url=url, archive_url=url)
    document = replace(document, newer_archive_url=url, current_url=url)
    rels = ["next", "previous", "prev-archive", "next-archive", "current"] if url else []
    assert relations(document) == [(rel, "https://pools.example/older%20page") for rel in rels]
