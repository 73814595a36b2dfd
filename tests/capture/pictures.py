"""Pictures, made by Pillow, and pages that show them in every way that pages do."""

# ruff: noqa: E501 - markup, not code

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from tests.capture.answers import whole
from tests.capture.pages import Page
from tests.capture.words import as_html, first_sentence, last_sentence, marking, paragraphs

if TYPE_CHECKING:
    from collections.abc import Sequence


@cache
def photograph(kind: str, width: int, height: int) -> bytes:
    """A picture of that size in pixels, with something to see in it; `kind` is Pillow's word for the format."""
    slope = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (slope, slope.transpose(Image.Transpose.FLIP_TOP_BOTTOM), slope))
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of that size in one bit a pixel: a few kilobytes that claim to be any number of pixels (W3C PNG §5)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    shape = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", shape) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _shown(
    name: str,
    essay: str,
    markup: str,
    files: dict[str, bytes],
    *,
    head: str = "",
    has_thumbnail: bool | None = None,
    pictures: int = 0,
    unasked: tuple[str, ...] = (),
) -> Page:
    text = paragraphs(essay, name)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Of {essay}</title>{head}</head><body>'
        f"<article><h1>Of {essay}</h1>{as_html(text[:2])}{markup}{as_html(text[2:])}</article></body></html>"
    )
    return Page(
        name=name,
        answers={"": whole(page), **{path: whole(data, "image/x") for path, data in files.items()}},
        says=(first_sentence(essay), marking(name), last_sentence(essay)),
        title=f"Of {essay}",
        has_thumbnail=has_thumbnail,
        pictures=pictures,
        unasked=unasked,
    )


def _lazy() -> Page:
    blank = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    return _shown(
        "lazy",
        "moss",
        f'<figure><img class="lazyload" src="{blank}" data-src="/lazy/a.png" alt="A cushion"></figure>'
        f'<p><img src="{blank}" data-srcset="/lazy/b.png 1x" data-original="/lazy/b.png" alt="Another"></p>'
        '<p><img loading="lazy" src="/lazy/c.png" width="300" height="200" alt="A third"></p>',
        {f"/{letter}.png": photograph("PNG", 300 + n, 200) for n, letter in enumerate("abc")},
        pictures=3,
    )


def _noscript() -> Page:
    return _shown(
        "noscript",
        "lenses",
        '<figure><div class="placeholder"></div><noscript><img src="/noscript/a.jpg" alt="A lens" width="500" '
        'height="400"></noscript></figure><noscript><p>Please switch JavaScript on.</p></noscript>',
        {"/a.jpg": photograph("JPEG", 500, 400)},
        pictures=1,
    )


def _srcset() -> Page:
    return _shown(
        "srcset",
        "trains",
        '<picture><source type="image/webp" srcset="/srcset/s.webp 400w, /srcset/l.webp 1600w" sizes="50vw">'
        '<source srcset="/srcset/s.jpg 400w, /srcset/l.jpg 1600w"><img src="/srcset/s.jpg" alt="A platform"></picture>'
        '<p><img srcset="/srcset/s.jpg, /srcset/l.jpg 2x" src="/srcset/s.jpg" alt="Its clock, again"></p>',
        {
            "/s.webp": photograph("WEBP", 400, 300),
            "/l.webp": photograph("WEBP", 1600, 1200),
            "/s.jpg": photograph("JPEG", 400, 300),
            "/l.jpg": photograph("JPEG", 1600, 1200),
        },
        pictures=2,
    )


def _data() -> Page:
    gif = b64encode(photograph("GIF", 120, 90)).decode()
    svg = b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
    ).decode()
    return _shown(
        "data",
        "wheels",
        f'<p><img src="data:image/gif;base64,{gif}" alt="A nipple"></p>'
        f'<p><img src="data:image/svg+xml;base64,{svg}" alt="Not this"></p>'
        '<p><img src="data:text/html,<script>alert(3)</script>" alt="Nor this"></p>',
        {},
        pictures=1,
    )


def _vector() -> Page:
    return _shown(
        "vector",
        "mills",
        '<svg viewBox="0 0 9 9" width="90"><style>*{fill:red}</style><title>A drawn wheel</title><circle r="4"/><script>'
        'fetch("/track.js")</script><foreignObject><p>smuggled paragraph</p></foreignObject><image href="/vector/x.png"/>'
        '<use href="/vector/sprite.svg#a"/></svg><math><mi>x</mi><annotation-xml encoding="text/html"><p>odd</p>'
        "</annotation-xml></math>",
        {},
        unasked=("/track.js", "/vector/x.png", "/vector/sprite.svg"),
    )


def _bomb() -> Page:
    return _shown(
        "bomb",
        "bread",
        '<p><img src="/bomb/huge.png" alt="Very large"></p>',
        {"/huge.png": bomb(20_000, 20_000)},
        head='<meta property="og:image" content="/bomb/huge.png">',
        has_thumbnail=False,
    )


def _broken() -> Page:
    return _shown(
        "damaged",
        "moss",
        '<p><img src="/damaged/half.jpg" alt="Half"><img src="/damaged/page.png" alt="A page in truth">'
        '<img src="/damaged/gone.png" alt="Gone"><img src="http://[::bad" alt="No address"><img src="" alt="Nothing"></p>',
        {"/half.jpg": photograph("JPEG", 640, 480)[:2_000], "/page.png": b"<html>not a picture</html>"},
        head='<meta property="og:image" content="/damaged/half.jpg">',
        has_thumbnail=None,
    )


def _many() -> Page:
    """Three hundred pictures, of which a copy takes as many as its limits let it."""
    images = "".join(f'<p><img src="/many/{n}.png" alt="Slide {n}"></p>' for n in range(300))
    return _shown(
        "many",
        "lenses",
        images,
        {f"/{n}.png": photograph("PNG", 60 + n % 7, 40) for n in range(300)},
        pictures=1,
    )


def _styled() -> Page:
    """Pictures that are named by style sheets, and one sheet within another."""
    return _shown(
        "styled",
        "trains",
        '<div style="background-image:url(/styled/a.png);height:90px"></div><div class="b"></div>',
        {
            "/a.png": photograph("PNG", 90, 60),
            "/b.png": photograph("PNG", 91, 60),
            "/sheet.css": b"@import url(/styled/more.css); .b{background:url('b.png')} @font-face{font-family:x;"
            b"src:url(/styled/font.woff2)}",
        },
        head='<link rel="stylesheet" href="/styled/sheet.css"><style>h1{list-style:url(/styled/a.png)}</style>',
        pictures=1,
        unasked=("/styled/font.woff2",),
    )


def pictured() -> Sequence[Page]:
    """All of them."""
    makers = (_lazy, _noscript, _srcset, _data, _vector, _bomb, _broken, _many, _styled)
    return [make() for make in makers]
