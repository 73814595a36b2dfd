"""Texts: exactly what no feed can carry goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from lxml import etree

from poolhouse.formats.text import clean, encode, encode_html, first_visible, is_blank
from poolhouse.formats.xmltext import escape, escape_attribute, escape_bytes
from tests.formats.documents import carried, carried_html, hostile_texts, in_xml, is_surely_visible


@given(hostile_texts())
def test_only_what_no_feed_carries_is_dropped(text: str) -> None:
    assert encode(text).decode() == clean(text) == carried(text)
    assert encode_html(text).decode() == carried_html(text)


def test_every_character_is_either_carried_or_dropped_by_the_rule() -> None:
    every = "".join(map(chr, range(0x110000)))
    assert clean(every) == carried(every)
    assert encode_html(every).decode() == carried_html(every)


@given(hostile_texts())
def test_escaped_text_comes_back_from_an_xml_parser(text: str) -> None:
    xml = etree.fromstring(b'<t a="%b">%b</t>' % (encode(escape_attribute(text)), encode(escape(text))))
    assert (xml.text or "") == in_xml(carried(text))
    assert xml.get("a") == in_xml(carried(text)).replace("\n", " ").replace("\t", " ")
    assert escape_bytes(encode(text)) == encode(escape(text))


def test_dropping_a_character_from_html_joins_no_tag() -> None:
    assert encode_html("<\x00script>&\x80lt;") == "<\ufffdscript>&\ufffdlt;".encode()


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\x1f", "\u200b\ufeff", "\ud800", "\u00a0\u2003", "\u202e\n", "\ufffe"]
)
def test_blank(text: str) -> None:
    assert is_blank(text)
    assert first_visible(text, "else") == "else"


@given(hostile_texts())
def test_what_shows_is_not_blank(text: str) -> None:
    if is_surely_visible(text):
        assert not is_blank(text)
        assert first_visible(text, "else") == text
