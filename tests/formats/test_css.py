"""Style sheets keep how a page looks, and lose whatever could fetch something."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poolhouse.formats.css import css_image_urls, css_unescaped, inert_css

PNG = "data:image/png;base64,AAAA"


def inert(css: str) -> str:
    return inert_css(css, {"a.png": PNG}.get)


@pytest.mark.parametrize(
    "css",
    [
        "",
        "p > a:hover::before { color: red; content: '\\201c a;b}' }",
        "@media (min-width: 10em) and (width <= 600px) { .a\\:b { margin: -1.5em calc(1px + 2%) !important } }",
        "@supports (display: grid) { p { display: grid } } @layer a, b;",
        ":root { --a: { x }; --b: 'url'; } p { width: var(--a, 1px) }",
        "a[href^='http'] { transform: translate( 1px ,2px) }",
        "<!-- p { color: #fff } -->",
        f'p {{ background: url("{PNG}") no-repeat }}',
    ],
)
def test_what_fetches_nothing_stays(css: str) -> None:
    assert inert(css) == css


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("p{background:url(a.png)}", f'p{{background:url("{PNG}")}}'),
        ("p{background:URL( 'a.png' )}", f'p{{background:url("{PNG}")}}'),
        ("p{background:u\\72 l(\\61.png)}", f'p{{background:url("{PNG}")}}'),
        ("p{background:url(b.png) x}", "p{background:none x}"),
        ("p{background:url(b.png", "p{background:none"),
        ("p{background:url('b.png", "p{background:none"),
        ("p{background:url(  'b)c' foo)}", "p{background:none}"),
        ("p{background:url(" + " " * 100 + "'b)c')}", "p{background:none}"),
        ("p{background:url(b\\)c.png)}", "p{background:none}"),
        ("p{background:url(data:image/svg+xml;base64,AAAA)}", "p{background:none}"),
        ("p{background:image-set('a.png' 1x, url(b) 2x) y}", "p{background:none y}"),
        ("p{background:-WebKit-Image-Set(url(')') 1x)}", "p{background:none}"),
        ("p{background:src('b')}", "p{background:none}"),
        ("p{width:expression(alert(1))}", "p{width:none}"),
        ("p{-moz-binding:url(x.xml#y)}", "p{-moz-binding:none}"),
        ("@import 'b.css';p{}", "/**/p{}"),
        ("@IMPORT url(b;c.css) screen;p{}", "/**/p{}"),
        ("@\\69mport url(b.css);p{}", "/**/p{}"),
        ("@import 'b", "/**/"),
        ("@@import 'b';import 'c';", "@/**/import 'c';"),
        ("@/* x */import 'c';", "@/**/import 'c';"),
        ("@media print{@import 'b'}p{}", "@media print{/**/}p{}"),
        ("@font-face{font-family:x;src:url(';}b.woff')}p{}", "/**/p{}"),
        ("@font-face/*{*/{a:'}'}p{}", "/**/p{}"),
        ("@namespace x url(b);p{}", "/**/p{}"),
        ("p/* url(b) */a{}/* open", "p/**/a{}/**/"),
        ("p{content:'</style><b>'}", "p{content:'<\\/style><b>'}"),
        ("p{background:url(a.png\0)}", "p{background:none}"),
        ("p{content:'a\\\nb';x:'c\nd:url(b)}", "p{content:'a\\\nb';x:'c\nd:none}"),
    ],
)
def test_what_fetches_goes(css: str, left: str) -> None:
    assert inert(css) == left


def test_escapes() -> None:
    assert css_unescaped("\\26 B\\000026B\\\n\\x\\0 \\d800 \\ffffff") == "&B&Bx\ufffd\ufffd\ufffd"


def test_what_a_sheet_shows() -> None:
    css = "@import 'x'; a{background:url(1.png),url('2.png')} b{mask:url(#m)} c{background:url(1.png) url(data:x)}"
    assert css_image_urls(css) == ["1.png", "2.png"]


_PIECES = "@import @font-face url( URL( image-set( src( u\\72l( ' \" ; { } ( ) /* */ a.png - @ # 1 : </style> \\75 \\"
_READ = re.compile(
    r"""(?P<escape>\\(?:[0-9a-fA-F]{1,6}\s?|.|$))|'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?""", re.DOTALL
)


def as_read(found: re.Match[str]) -> str:
    """A letter for an escape that hides one, else E; D for a string with an image in it, else S."""
    if found["escape"]:
        return read if (read := css_unescaped(found[0])).isalpha() else "E"
    return "D" if "data:" in found[0] else "S"


@given(st.lists(st.sampled_from([*_PIECES.split(), " ", "\n", "\r\n"]), max_size=20).map("".join))
@example("@@import x;import 'y';")
def test_nothing_is_left_that_fetches(css: str) -> None:
    left = inert(css)
    assert inert(left) == left
    assert "</" not in left
    assert css_image_urls(left) == []
    plain = _READ.sub(as_read, left)
    assert not re.search(r"(?<![\w@-])url\((?!D\))", plain, re.IGNORECASE)
    assert not re.search(r"@(import|font-face)(?![\w-])", plain, re.IGNORECASE)


@pytest.mark.parametrize(
    "piece", ["url(", "url('", "'", '"', "(", "/*", "@import ", "@font-face{", "\\", "image-set(", "url( "]
)
def test_a_large_sheet_is_no_trouble(piece: str) -> None:
    inert(piece * (500_000 // len(piece)))
