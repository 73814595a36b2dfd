"""A copy of a page is one file that shows what the page showed, and neither runs nor fetches anything."""

from __future__ import annotations

import gzip
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from poolhouse.formats.css import css_image_urls
from poolhouse.workers import single_file
from poolhouse.workers.inert_page import POLICY
from poolhouse.workers.single_file import (
    RESOURCE_LIMIT,
    ResourceKind,
    WantedResource,
    assemble_single_file,
    compress,
    plan_single_file,
    plan_style_images,
)
from tests.formats.test_bounded_markup import HOSTILE
from tests.security.markup import PAYLOADS
from tests.workers.pages import SHAPES, page, paragraphs, plain
from tests.workers.test_cleaning import ADDRESSES, MORE
from tests.workers.test_thumbnails import jpeg_head, picture, png_head

URL_OF = "https://pictures.test"

URL = "https://page.example/dir/page"
PNG = b"\x89PNG\r\n\x1a\n and so on"
DATA = "data:image/png;base64,iVBORw0KGgogYW5kIHNvIG9u"
RESOURCES = {
    "https://page.example/dir/a.png": ("image/png", PNG),
    "https://page.example/dir/a.svg": ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "https://page.example/css/s.css": (
        "text/css",
        b"@import 'x'; p { background: url(../dir/a.png) } b { src: url(x) }",
    ),
    "https://page.example/css/not.css": ("text/html", b"p { color: red }"),
}
_ALIVE = """
    script link base iframe frame frameset object embed applet form input select textarea svg math template
    noscript audio
    video source track canvas portal area
"""
ALIVE = frozenset(_ALIVE.split())
_FETCHING = (
    """srcset background poster action formaction data ping srcdoc longdesc cite manifest xlink:href"""
)
FETCHING = frozenset(_FETCHING.split())


def copied(body: bytes | str, *, url: str = URL) -> str:
    """The copy of a page, after a look that nothing in it is alive."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    copy = assemble_single_file(data, declared_charset=None, url=url, resources=RESOURCES)
    assert assemble_single_file(data, declared_charset=None, url=url, resources=RESOURCES) == copy
    check_inert(copy)
    return copy.decode()


def check_inert(copy: bytes) -> None:
    document = LexborHTMLParser(copy)
    policies = document.css("meta[http-equiv]")
    assert [node.attributes.get("content") for node in policies] == [POLICY]
    for node in document.css("*"):
        attributes = {name: value or "" for name, value in node.attributes.items()}
        where = f"<{node.tag} {attributes}>"
        assert node.tag not in ALIVE, where
        assert not [name for name in attributes if name.startswith("on") or name in FETCHING], where
        if "href" in attributes:
            assert node.tag == "a", where
            assert re.match(r"https?://|mailto:|tel:|#", attributes["href"], re.IGNORECASE), where
        if "src" in attributes:
            assert node.tag == "img", where
            assert re.match(r"data:image/(png|jpeg|gif|webp|avif);base64,", attributes["src"]), where
        for css in (attributes.get("style", ""), node.text() if node.tag == "style" else ""):
            assert css_image_urls(css) == [], where
            assert "@import" not in re.sub(r"""'[^']*'|"[^"]*\"""", "", css).lower() or "\\" in css, where


def test_what_a_page_wants() -> None:
    body = page(
        "<link rel=stylesheet href=/css/s.css><link rel='alternate stylesheet' href=no.css><link rel=icon href=no.ico>"
        "<link rel=stylesheet media=print href=no.css><style>p { background: url(b.png) }</style>",
        "<img src=a.png><img src=s.png srcset='m.png 600w, l.png 1200w, x.png 3000w'><img data-src=lazy.png>"
        "<img src='data:image/png;base64,AAAA'><p style='background: url(c.png)'></p>"
        "<video poster=d.png src=no.mp4></video>"
        "<img src=a.png#again><img src=javascript:x><img src='ftp://page.example/x'><script src=no.js></script>",
    )
    wanted = plan_single_file(body, declared_charset=None, url=URL)
    assert [each.kind for each in wanted] == [ResourceKind.STYLE, *[ResourceKind.IMAGE] * 6]
    assert [each.url.removeprefix("https://page.example/") for each in wanted] == [
        *("css/s.css", "dir/b.png", "dir/a.png", "dir/l.png", "dir/lazy.png", "dir/c.png", "dir/d.png")
    ]
    many = "".join(f"<img src={number}.png>" for number in range(RESOURCE_LIMIT * 2))
    assert len(plan_single_file(many.encode(), declared_charset=None, url=URL)) == RESOURCE_LIMIT


def test_what_a_sheet_wants() -> None:
    wanted = plan_style_images(
        b"p { background: url(../i/a.png), url('data:x') }", url="https://page.example/css/s.css"
    )
    assert wanted == (WantedResource("https://page.example/i/a.png", ResourceKind.IMAGE),)


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<img src=a.png alt=A width=5 loading=lazy>", f'<img src="{DATA}" alt="A" width="5">'),
        ("<img src=gone.png alt=A>", '<img alt="A">'),
        ("<img src=a.svg>", "<img>"),
        ("<img src='data:image/svg+xml,<svg/>'>", "<img>"),
        ("<video poster=a.png controls>no<source src=x></video>", f'<img src="{DATA}">'),
        (
            "<p style='color: red; background: url(a.png)'>x</p>",
            f"<p style='color: red; background: url(\"{DATA}\")'>x</p>",
        ),
        ("<p style='background: url(gone.png)'>x</p>", '<p style="background: none">x</p>'),
        (
            "<p class=a id=b title=c data-x=d aria-label=e hidden>x</p>",
            '<p class="a" id="b" title="c" aria-label="e" hidden="">x</p>',
        ),
        (
            "<a href=../x target=_top>x</a>",
            '<a href="https://page.example/x" rel="noopener noreferrer nofollow">x</a>',
        ),
        ("<a href=#x>x</a>", '<a href="#x" rel="noopener noreferrer nofollow">x</a>'),
        (
            "<a href=mailto:a@b.example>x</a>",
            '<a href="mailto:a@b.example" rel="noopener noreferrer nofollow">x</a>',
        ),
        (
            "<form action=/x class=f>a<input name=b><button formaction=x>c</button></form>",
            '<div class="f">a<button>c</button></div>',
        ),
        ("<my-card onclick=x>a</my-card><blink>b</blink>", "<my-card>a</my-card><span>b</span>"),
        (
            "<table bgcolor=red background=a.png><tr><td>x</table>",
            '<table bgcolor="red"><tr><td>x</td></tr></table>',
        ),
        (
            "<picture><source srcset=b.avif type=image/avif><img src=a.png></picture>",
            f'<picture><img src="{DATA}"></picture>',
        ),
    ],
)
def test_what_stays(markup: str, kept: str) -> None:
    assert kept in copied(page("", markup))


def test_style_sheets_come_in_where_they_stood() -> None:
    copy = copied(
        page(
            "<title>T</title><style>a > b { color: red }</style><link rel=stylesheet media=screen href=/css/s.css>"
            "<link rel=stylesheet href=/css/not.css><link rel=stylesheet href=/css/gone.css>",
            "x",
        )
    )
    assert copy.startswith(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>T</title>'
        "<style>a > b { color: red }</style>"
        f'<style media="screen">/**/ p {{ background: url("{DATA}") }} b {{ src: none }}</style><style></style>'
    )


def test_a_sheet_cannot_end_itself() -> None:
    body = b"<style>p { content: '<\\/style><script>x()</script>' }</style><p style='x:</style><script>x()</script>'>x"
    assert "<script" not in copied(body).replace("'<\\/style><script>x()<\\/script>'", "")


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    images = "<img src=a.png><img src=a.png><img src=a.png>"
    monkeypatch.setattr(single_file, "IMAGES_LIMIT_BYTES", 2 * len(PNG))
    assert copied(images).count(DATA) == 2
    monkeypatch.setattr(single_file, "IMAGE_LIMIT_BYTES", len(PNG) - 1)
    assert copied(images).count(DATA) == 0
    monkeypatch.setattr(single_file, "STYLES_LIMIT", 20)
    assert copied("<style>p{color:red}</style><style>p{color:red}</style>").count("<style>p{") == 1


@pytest.mark.parametrize("head", [png_head(20_000, 20_000), jpeg_head(10_000, 10_000)], ids=["PNG", "JPEG"])
def test_a_picture_that_would_be_unpacked_to_gigabytes_is_left_out(head: bytes) -> None:
    page, small = b'<img src="/large" alt="a bomb"><img src="/small" alt="a pond">', picture()
    resources = {URL_OF + "/large": ("image/png", head), URL_OF + "/small": ("image/png", small)}
    copy = assemble_single_file(
        page, declared_charset="utf-8", url=URL_OF + "/", resources=resources
    ).decode()
    assert copy.count("data:image/png;base64,") == 1
    assert "a bomb" in copy


def test_the_text_of_a_page_is_in_its_copy() -> None:
    text = re.sub(r"<[^>]*>", " ", copied(SHAPES[0].body))
    assert plain(1) in " ".join(text.split())


@pytest.mark.parametrize("payload", [*PAYLOADS, *MORE], ids=lambda payload: ascii(payload)[:40])
def test_what_is_known_to_have_come_alive_elsewhere(payload: str) -> None:
    for markup in (
        payload,
        f"<p>{payload}</p>",
        f"<table>{payload}",
        f'<a title="{payload}">{payload}',
        f"<style>{payload}",
    ):
        copied(markup)
        copied(page(markup, ""))


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: ascii(address)[:40])
def test_addresses_that_run_go(address: str) -> None:
    copy = copied(
        f"<a href='{address}'>x</a><img src=\"{address}\"><p style='background:url(\"{address}\")'>x"
    )
    assert "zqpwn" not in copy


_WORDS = """
    <p> </p> <svg> </svg> <math> <style> </style> <script> </script> <title> </title> <head> <body <html
    <base/href=//x/>
    <table> <td> </table> <form> <select> <template> <noscript> </noscript> <img <iframe> <object> <textarea> <!--
    --> <xmp>
    <link/rel=stylesheet/href=/css/s.css> <meta/http-equiv=refresh/content=0> <video/poster=a.png> <my-el
    <image <frameset>
    href= src= style= onerror=x srcset= class= ' " > < / = url(a.png) url(x) @import javascript: a.png
    data:image/png;base64,AA
    } { ; &lt; &#8; &quot; \x00 \ud800 <marquee> <button> <a </a> <details> \\75rl(x) /* */
"""


@given(st.lists(st.sampled_from([*_WORDS.split(" "), " ", "x"]), max_size=30).map("".join))
@example("<style><!--</style><img src=x onerror=x>-->")
def test_any_markup_makes_an_inert_copy(markup: str) -> None:
    copied(markup)


@given(st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_make_an_inert_copy(body: bytes) -> None:
    copied(body)
    assemble_single_file(
        b"<link rel=stylesheet href=/css/x.css><img src=x>",
        declared_charset=None,
        url=URL,
        resources={
            "https://page.example/css/x.css": ("text/css", body),
            "https://page.example/dir/x": ("", body),
        },
    )


@pytest.mark.parametrize("url", ["", "x", "javascript:x", "https://["])
def test_a_strange_address(url: str) -> None:
    assert plan_single_file(b"<img src=a.png>", declared_charset=None, url=url) == ()
    copied("<a href=x>x</a><img src=a.png>", url=url)


@pytest.mark.parametrize(
    "piece", [*HOSTILE, "<p style='a:url(x)'>", "<img src=a.png>", "word "], ids=lambda piece: piece[:12]
)
def test_what_would_be_slow_makes_a_copy(piece: str) -> None:
    assert len(copied(paragraphs(1) + piece * (500_000 // len(piece)))) > 500


def test_truncated_anywhere() -> None:
    body = page(
        "<link rel=stylesheet href=/css/s.css>", "<p style='background:url(a.png)'>x</p><img src=a.png>"
    )
    for length in range(len(body)):
        copied(body[:length])


def test_the_wrong_encoding() -> None:
    for encoding in ("utf-16", "latin-1", "koi8-r", "shift_jis"):
        copied(paragraphs(1).encode(encoding) + b"\xff\xfe\x00")


def test_compressed_the_same_each_time() -> None:
    document = copied(SHAPES[0].body).encode()
    packed = compress(document)
    assert gzip.decompress(packed) == document
    assert packed == compress(document)
    assert packed[4:8] == bytes(4)
    assert len(packed) < len(document) / 2
