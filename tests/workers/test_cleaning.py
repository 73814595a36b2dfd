"""What strangers write is dead when it is shown: whatever they write, and however it is read again."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import nh3
import pytest
from ada_url import URL
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from poolhouse.workers.cleaning import clean_fragment, in_pieces, web_url
from tests.security.markup import PAYLOADS
from tests.workers.live import check_dead

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://page.example/dir/page"


def cleaned(markup: str) -> str:
    """Clean, and what must hold of all that is clean."""
    result = clean_fragment(markup, base_url=BASE)
    check_dead(result)
    assert clean_fragment(result, base_url=BASE) == result
    return result


REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("markup", "result"),
    [
        ("", ""),
        ("<p>a <b>b</b> &amp; <i>c</i></p>", "<p>a <b>b</b> &amp; <i>c</i></p>"),
        ("<a href='../x?a=1&b=2#c'>x</a>", f'<a href="https://page.example/x?a=1&amp;b=2#c" {REL}>x</a>'),
        ("<a href='https://u:p@h.example/'>x</a>", f'<a href="https://h.example/" {REL}>x</a>'),
        ("<a href='mailto:a@b.example' target=_top ping=x>x</a>", f"<a {REL}>x</a>"),
        ("<img src=a.png alt=A srcset='b.png 2x' width=10 height=10% loading=lazy>",
         '<img src="https://page.example/dir/a.png" alt="A" width="10">'),
        ("<img src='data:image/png;base64,AAAA'><img src='data:image/svg+xml;base64,AAAA'>",
         '<img src="data:image/png;base64,AAAA"><img>'),
        ("<img src=//other.example/a.png>", '<img src="https://other.example/a.png">'),
        ("<h2 id=x class=y style='color:red' title=z dir=rtl lang=he>x</h2>", '<h2 dir="rtl" lang="he">x</h2>'),
        ("<table><tr><th scope=col colspan=2>x<tr><td>y</table>",
         '<table><tbody><tr><th scope="col" colspan="2">x</th></tr><tr><td>y</td></tr></tbody></table>'),
        ("<custom-x>a<form>b<input>c</form></custom-x>", "abc"),
        ("a<noscript><img src=x.png></noscript>", 'a<img src="https://page.example/dir/x.png">'),
        ("<pre>\n  a\n</pre>", "<pre>  a\n</pre>"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        ("1 < 2 > 0", "1 &lt; 2 &gt; 0"),
        ("<details open><summary>a</summary>b</details>", '<details open=""><summary>a</summary>b</details>'),
    ],
)  # fmt: skip
def test_what_is_kept(markup: str, result: str) -> None:
    assert cleaned(markup) == result


ADDRESSES = [
    "javascript:zqpwn()",
    "JaVaScRiPt:zqpwn()",
    " javascript:zqpwn()",
    "java\tscript:zqpwn()",
    "java\nscript:zqpwn()",
    "java&#10;script:zqpwn()",
    "&#106;avascript&colon;zqpwn()",
    "&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;zqpwn()",
    "\x01javascript:zqpwn()",
    "javascript&Tab;:zqpwn()",
    "view-source:javascript:zqpwn()",
    "data:text/html,<script>zqpwn()</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "DATA:image/svg+xml;base64,AAAA",
    "data:image/png,<script>",
    "vbscript:zqpwn()",
    "livescript:zqpwn()",
    "blob:https://page.example/x",
    "filesystem:https://page.example/x",
    "file:///etc/hostname",
    "ftp://page.example/",
    "feed:javascript:zqpwn()",
    "https:",
    "http://[::1",
    "https://a b/",
    "x" * 10_000,
]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: ascii(address)[:40])
@pytest.mark.parametrize(
    "element", ["<a href='{}'>x</a>", '<img src="{}">', "<q cite='{}'>x</q>", "<a xlink:href='{}'>"]
)
def test_addresses_that_run_go(element: str, address: str) -> None:
    assert "zqpwn" not in cleaned(element.format(address))


MORE = [
    "<iframe srcdoc='<script>zqpwn()</script>' src=javascript:zqpwn()></iframe>",
    "<svg><script>zqpwn()</script></svg><svg><a xlink:href='javascript:zqpwn()'><text>x</text></a></svg>",
    "<svg><animate onbegin=zqpwn() attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=zqpwn()>",
    "<math href='javascript:zqpwn()'>x</math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=zqpwn() src>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=zqpwn()>'>",
    "<noscript><p title='</noscript><img src=x onerror=zqpwn()>'>",
    "<select><template><style></select></template><img src=x onerror=zqpwn()></style>",
    "<select><style></select><img src=x onerror=zqpwn()></style>",
    "<table><td background='javascript:zqpwn()'><table><a><b><table><a href='javascript:zqpwn()'>",
    "<style>@import 'https://evil.example/x.css'; p { position: fixed }</style><link rel=stylesheet href=x>",
    "<p style='position:fixed;background:url(https://evil.example/)'>x</p>",
    "<base href=https://evil.example/><a href=x>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:zqpwn()'>",
    "<form action=javascript:zqpwn()><button formaction=javascript:zqpwn()>x</button></form>",
    "<video poster=javascript:zqpwn() src=x onerror=zqpwn()><source onerror=zqpwn()></video>",
    "<body onload=zqpwn()><frameset onload=zqpwn()><frame src=javascript:zqpwn()>",
    "<img src=x:x onerror=zqpwn()><img/src/onerror=zqpwn()><img src=x onerror\n=zqpwn()>",
    "<img src='x' onerror&#61;zqpwn()><img \x00 src=x \x0bonerror=zqpwn()>",
    "<textarea><img title='</textarea><img src onerror=zqpwn()>'></textarea>",
    "<title><img title='</title><img src onerror=zqpwn()>'>",
    "<xmp><img title='</xmp><img src onerror=zqpwn()>'></xmp>",
    "<noembed><img title='</noembed><img src onerror=zqpwn()>'></noembed>",
    "<!--[if gte IE 4]><script>zqpwn()</script><![endif]--><!--><img src=x onerror=zqpwn()>-->",
    "<![CDATA[<img src=x onerror=zqpwn()>]]><?xml-stylesheet href='javascript:zqpwn()'?>",
    "<a href='#' onclick=zqpwn() style='x:expression(zqpwn())'>x</a><marquee onstart=zqpwn()>x</marquee>",
    "<object data=javascript:zqpwn()><embed src=javascript:zqpwn()></object><applet code=x></applet>",
    "<div><template shadowrootmode=open><script>zqpwn()</script></template></div>",
    "<p><object><p>x</p></object></p>",
    "<plaintext><script>zqpwn()</script>",
]


@pytest.mark.parametrize("payload", [*PAYLOADS, *MORE], ids=lambda payload: ascii(payload)[:40])
def test_what_is_known_to_have_come_alive_elsewhere(payload: str) -> None:
    for markup in (
        payload,
        f"<p>{payload}</p>",
        f"<table>{payload}",
        f'<a title="{payload}">{payload}',
        payload * 3,
    ):
        cleaned(markup)


def hostile_texts(document: bytes) -> list[str]:
    """What the entries of a feed hold as HTML: the texts of its elements, and what is in them as XHTML."""
    document = re.sub(rb"<!--.*?-->", b"", document, count=1, flags=re.DOTALL)
    try:
        root = etree.fromstring(document.strip(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return [html.unescape(document.decode("utf-8", "replace"))]
    texts = [text for element in root.iter() if (text := element.text) and text.strip()]
    return [*texts, etree.tostring(root, encoding="unicode")]


def test_all_that_feedparser_sanitises(fixtures: Path) -> None:
    files = sorted((fixtures / "html" / "feedparser-sanitize").glob("*.xml"))
    assert len(files) == 372
    count = 0
    for file in files:
        for text in hostile_texts(file.read_bytes()):
            cleaned(text)
            count += bool(re.search(r"<\w", text))
    assert count > 500, "hardly any markup was found in the files, so this proves nothing"


_WORDS = """
    <p> </p> <b> </b> <a </a> <svg> </svg> <math> <mtext> <mglyph> <style> </style> <script> </script> <title> </title>
    <table> <tr> <td> </table> <form> </form> <select> </select> <template> </template> <noscript> </noscript> <img
    <iframe <object> </object> <textarea> </textarea> <!-- --> --!> <![CDATA[ ]]> <xmp> <noembed> <plaintext> <br/>
    href= src= onerror=x style=x title= ' " > < / = & &lt; &#60; javascript: data:image/png;base64,AAAA https://x/ a.png
    <foreignObject> <annotation-xml <button> <li> <details> <ruby> <rt> <body <html <frameset> <ul> \x00 \ud800 \xa0
"""
soup = st.lists(st.sampled_from([*_WORDS.split(" "), " ", "\n", "x"]), max_size=25).map("".join)


@given(soup)
@example("<p><svg><p>x")
@example("<p><object><p>x</p></object></p>")
def test_any_markup_is_dead_and_stays_as_it_is(markup: str) -> None:
    cleaned(markup)


@given(st.text())
def test_any_text_is_dead(text: str) -> None:
    cleaned(text)


@pytest.mark.parametrize("base", ["", "x", "javascript:x", "https://[", "mailto:x@y.example"])
def test_a_strange_base(base: str) -> None:
    result = clean_fragment("<a href='x'>x</a><a href='https://page.example/'>y</a>", base_url=base)
    assert result == f'<a {REL}>x</a><a href="https://page.example/" {REL}>y</a>'


def test_nested_without_end_is_no_trouble() -> None:
    for piece in ("<div>", "<b>", "<table><td>", "<p><b id=x>", "<ul><li>", "<a href=x>"):
        result = clean_fragment(piece * 100_000 + "the text", base_url=BASE)
        assert "the text" in result
        check_dead(result)


def test_ten_megabytes_in_a_line() -> None:
    assert len(clean_fragment("word " * 2_000_000, base_url=BASE)) > 8_000_000


_PIECES = """
    a b.c A xn-- xn--a . .. / // ? # % %2e %2E %2f %41 %4 %00 : :80 :443 @ u:p@ 0x1 1 127.1 - -- _ ~ ! $ & ( ) * + , ; =
    ' " < > ^ | ` { } [ ] \\ \t \x7f \xa0 \xad é \u017f \u212a example org com. localhost
"""
_written = st.tuples(
    st.sampled_from(
        ["https://", "http://", "https://n.example", "http://a.n.example/b", "HTTPS://", "https:/", ""]
    ),
    st.lists(st.sampled_from([*_PIECES.split(), " ", "x", "/"]), max_size=12).map("".join),
).map("".join)


@given(_written)
@example("https://n.example/a/./b")
@example("https://n.example/a/%2E%2e/b")
@example("https://n.example/?a='")
@example("https://1.2.3/")
@example("https://n.example:443/")
@example(f"https://{'a' * 300}.example/")
def test_addresses_are_written_as_the_standard_says_by_every_way(written: str) -> None:
    """Most addresses are what they should be, and are not parsed: that must be the answer of who parses them."""
    try:
        url = URL(written)
    except ValueError:
        assert web_url(None, written) is None
        return
    if url.username or url.password:
        url.username = url.password = ""
    assert web_url(None, written) == (url.href if url.protocol in {"http:", "https:"} else None)


_words = st.sampled_from(
    [
        "x",
        " ",
        "&",
        ";",
        "&amp;",
        "&lt;b",
        "&nbsp",
        "&#12",
        "&CounterClockwiseContourIntegral;",
        "\xa0",
        "y" * 39,
    ]
)


@given(
    st.lists(st.tuples(_words, st.sampled_from([1, 30, 3_000])), max_size=12), st.sampled_from(["", "<p>"])
)
def test_a_long_text_in_pieces_is_the_same_text(words: list[tuple[str, int]], before: str) -> None:
    markup = before + "".join(word * times for word, times in words) + "<i>z</i>"
    assert nh3.clean(in_pieces(markup)) == nh3.clean(markup)


def test_a_long_text_is_in_pieces_and_a_long_address_is_not() -> None:
    assert in_pieces(f"<p>{'&amp; ' * 2_000}</p>").count("<!---->") == 2
    for markup in ("<p>short &amp; good</p>", f'<a href="https://n.example/?{"a&amp;" * 2_000}">x</a>'):
        assert in_pieces(markup) == markup
