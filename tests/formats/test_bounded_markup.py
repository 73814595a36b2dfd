"""No page is too deep, too large or too strange for what reads it next; and of a plain page nothing is changed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

from poolhouse.formats.bounded_markup import (
    ATTRIBUTE_LIMIT,
    DEPTH_LIMIT,
    MARKUP_LIMIT,
    TAG_LIMIT,
    VALUE_LIMIT,
    bounded_markup,
)
from poolhouse.formats.html_tokens import Token, html_tokens

if TYPE_CHECKING:
    from types import FrameType

    from lxml.etree import _Element
    from selectolax.lexbor import LexborNode

IMPLIED = 8
"""What a library adds of its own to what the tags say: html, body, and a table's parts."""

ADDED_IN_TABLES = 3
"""A library that finds `<table><td>` adds `tbody` and `tr`."""


@pytest.mark.parametrize(
    "page",
    [
        "",
        "plain text, 1 < 2 && 3 > 2 &amp; so on",
        '<!DOCTYPE html>\n<html lang="en"><head><title>A & B</title><meta charset=utf-8></head>\n'
        "<body><p>One<br>two</p><ul><li>a</li></ul></body></html>\n",
        '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        "<p><a href=x/y/>x</a> <img src='a.png' alt=\"a > b\"/></p>",
        "<my-card slot=x><p>x</p></my-card>",
        '<style>p > b { color: red }</style><script type=\'application/ld+json\'>{"a": "<b>"}</script>',
        "<noscript><img src=x></noscript><template><p>x</p></template>",
        "<dl><dt>a</dt><dd>b</dd></dl><h1>a</h1><pre>\n a\n</pre>",
        "left open <div> to the <b>end",
    ],
)
def test_what_is_well_nested_comes_back_as_it_is(page: str) -> None:
    assert bounded_markup(page) == page


@pytest.mark.parametrize(
    ("page", "bounded"),
    [
        ("<li>a<li>b", "<li>a</li><li>b"),
        ("<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>"),
        ("<p><b>a<p>b</b>", "<p><b>a</b></p><p>b"),
        ("<b><i>a</b>b</i>", "<b><i>a</i></b>b"),
        ("<b><div>a</b>b</div>c", "<b><div>ab</div>c"),
        ("<div><table><td>a</div></table>b</div>", "<div><table><td>a</td></table>b</div>"),
        ("<table><tr><td>a<tr><td>b</table>", "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        ("<h1>a</h2>b", "<h1>a</h1>b"),
        ("a</div>b</p>c</x>", "abc"),
        ("<div/>a</div>b", "<div>a</div>b"),
        ("<div a=b/>c</div>", "<div a=b/>c</div>"),
        ("a<!-- <p> -->b<!-->c<!--->d<!-- e --!>f<?php x ?>g</ x>h<![CDATA[i]]>j", "abcdfghj"),
        ("a<!-- open <p>b", "a"),
        ("a<p title='open>b", "a"),
        ("a<b", "a"),
        ("a<script>b</script>c<SCRIPT SRC=x></script >d", "acd"),
        ("a<svg><style><p>b</style></svg>c<svg/>d<svg>e", "acde"),
        ("a<math><mi>x</mi></math>", "a<mi>x</mi>"),
        ("<select><option>a</select>b<textarea><p>c</textarea>d<iframe><p>e</iframe>", "abd"),
        ("<xmp><b>&amp;</xmp>", "&lt;b>&amp;"),
        ("<style>a", "<style>a</style>"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        ("<\x00p>a<p\x00>b<1>c<a@b>d", "<\ufffdp>ab<1>cd"),
        ('<a =">b<p>c', '<a =">b<p>c'),
        ("<picture><source srcset=a/><img></picture>", "<picture><source srcset=a/ /><img></picture>"),
        ("a<wbr>b<image src=x>", "ab"),
        ("<body><body class=x>a</body>b</body></html>", "<body>a</body>b"),
    ],
)
def test_what_is_not_is_made_so(page: str, bounded: str) -> None:
    assert bounded_markup(page) == bounded
    assert bounded_markup(bounded) == bounded


def test_too_deep_loses_its_tags_and_keeps_its_text() -> None:
    page = "".join(f"<div>{number} " for number in range(1_000)) + "</div>" * 999 + "<p>after</p></div><p>end"
    bounded = bounded_markup(page)
    assert bounded.count("<div>") == bounded.count("</div>") == DEPTH_LIMIT
    assert re.sub("<[^>]*>", " ", bounded).split() == [*map(str, range(1_000)), "after", "end"]
    assert bounded.endswith("</div><p>end"), "the end of what is too deep ends nothing else"
    words = bounded_markup("<div>" * DEPTH_LIMIT + "<p>one</p><p>two<div>three</div>four")
    assert re.sub("<[^>]*>", "", words).split() == ["one", "two", "three", "four"]


def test_only_so_much_is_open_again_in_every_paragraph() -> None:
    page = "".join(f"<b id={number}>" for number in range(100)) + "<p>x" * 1_000
    assert bounded_markup(page).count("<b") == 16


def test_too_many_tags_become_their_text() -> None:
    bounded = bounded_markup("<p>a</p>" * (TAG_LIMIT + 5))
    assert bounded.count("<p>") == TAG_LIMIT
    assert bounded.endswith("</p> a a a a a")


def test_a_tag_keeps_so_many_attributes_and_none_too_long() -> None:
    many = "".join(f" a{number}='{number}'" for number in range(ATTRIBUTE_LIMIT * 2))
    assert bounded_markup(f"<p{many}>x").count("='") == ATTRIBUTE_LIMIT
    long = "x" * (VALUE_LIMIT + 1)
    assert bounded_markup(f"<p title='{long}' lang=en>x") == "<p lang=en>x"
    image = f"<img alt=a src='data:image/png;base64,{long}'/>"
    assert bounded_markup(image) == image


def test_a_page_is_read_to_its_limit() -> None:
    assert len(bounded_markup("a" * (MARKUP_LIMIT + 1))) == MARKUP_LIMIT


def test_tokens() -> None:
    tokens = list(html_tokens("a<P Class=x b='>'>c</p ><style><p></STYLE >d"))
    assert tokens == [
        "a",
        Token("p", is_closing=False, source="<P Class=x b='>'>"),
        "c",
        Token("p", is_closing=True, source="</p >"),
        Token("style", is_closing=False, source="<style>", content="<p>"),
        "d",
    ]
    assert isinstance(tokens[1], Token)
    assert list(tokens[1].attributes()) == [("class", "x", " Class=x"), ("b", "'>'", " b='>'")]


NAMES = """
    div p b i a span table tr td th tbody caption ul li dl dd h1 svg math select option style title script template
    form button object noscript br img textarea frameset plaintext body head html ruby rt article font nobr
    source wbr track embed image keygen param area input
"""
_tags = st.builds(
    lambda name, before, after: f"<{before}{name}{after}>",
    st.sampled_from(NAMES.split()),
    st.sampled_from(["", "", "/"]),
    st.sampled_from(["", "", " id=1", " id=2", "/", " a='<div>'", ' ="', " b='>"]),
)
_pieces = st.one_of(
    _tags,
    st.sampled_from(
        ["x", " ", "<!--", "-->", "<", ">", "'", '"', "</", "<![CDATA[", "]]>", "\x00", "\ud800"]
    ),
)
soup = st.lists(st.tuples(_pieces, st.sampled_from([1, 1, 1, 2, 40, 300])), max_size=25).map(
    lambda pieces: "".join(piece * times for piece, times in pieces)
)


@given(soup)
@example("<div></div>" * 3 + "<table><td>" * 300)
@example("<select><style></select>" + "<div>" * 500 + "</style>" + "<div>" * 500)
@example("<svg><p><style><!--</style>" + "<div>" * 500 + "-->")
@example('<a =">' + "<div>" * 500 + '">')
@example("<script><!--<script></script>" + "<div>" * 500 + "--></script>" + "<div>" * 500)
@example("<picture>" + "<source a=b/>" * 300)
@example("<p><b id=1><b id=2>" * 300 + "<p>" * 300)
def test_no_library_finds_it_deeper(page: str) -> None:
    bounded = bounded_markup(page)
    assert bounded_markup(bounded) == bounded
    limit = DEPTH_LIMIT + IMPLIED + ADDED_IN_TABLES * min(DEPTH_LIMIT, bounded.count("<table"))
    root = LexborHTMLParser(bounded).root
    assert root is None or lexbor_depth(root) <= limit
    try:
        document = lxml_html.document_fromstring(
            bounded.encode(), parser=lxml_html.HTMLParser(encoding="utf-8")
        )
    except lxml_html.etree.ParserError:
        return
    assert lxml_depth(document) <= limit


def lexbor_depth(root: LexborNode) -> int:
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.iter(include_text=False)]
    return deepest


def lxml_depth(root: _Element) -> int:
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node]
    return deepest


@given(st.text(st.characters()))
def test_any_text_gives_some(text: str) -> None:
    bounded_markup(text)


HOSTILE = [
    "<div>",
    "</div>",
    "<p>",
    "<b><p>",
    "<svg>",
    "<svg></svg>",
    "<table><td>",
    "<li>",
    "<!--",
    "<!-- -->",
    "<a href='x'>",
    "<a ",
    '<a ="',
    "<style>",
    "<style></style>",
    "<title></titl>",
    "<",
    "</",
    "<x/>",
    "=' ",
    "<i></b>",
    "<a" + " b" * 400 + ">",
]


@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: piece[:12])
def test_twice_the_page_is_twice_the_work(piece: str) -> None:
    """Lines of Python that run: exact on any machine."""
    once, twice = (lines_run(piece * (2_000 * times)) for times in (1, 2))
    assert twice <= 2.2 * once + 500


def lines_run(page: str) -> int:
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # returns itself, which no type can say
    try:
        bounded_markup(page)
    finally:
        sys.settrace(before)
    return count


@settings(max_examples=5)
@given(st.sampled_from(HOSTILE))
def test_a_million_characters_are_no_trouble(piece: str) -> None:
    """What a regular expression does is no line of Python; what is not linear in it does not end here."""
    bounded_markup(piece * (1_000_000 // len(piece)))
