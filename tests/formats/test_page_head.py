"""What pages say of themselves, as they really write it; and that no page can stop us."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poolhouse.formats.page_head import (
    DESCRIPTION_LIMIT,
    ICON_LIMIT,
    PREFIX_BYTES,
    TITLE_LIMIT,
    PageHead,
    read_page_head,
    sniff_icon,
)

BASE = "https://page.example/a/b"


def read(html: str | bytes, *, charset: str | None = None, base_url: str = BASE) -> PageHead:
    body = html.encode() if isinstance(html, str) else html
    return read_page_head(body, declared_charset=charset, base_url=base_url)


def test_a_whole_head() -> None:
    head = read(
        """<!DOCTYPE html><html lang=en><head><meta charset=utf-8>
        <title>Pools &amp; feeds</title>
        <meta name="Description" content="All about pools.">
        <meta name=author content='A. Writer'>
        <link rel="canonical" href="/pools"><link rel="icon" href="i.png" sizes="32x32">
        </head><body><title>not this</title></body>"""
    )
    assert head == PageHead(
        title="Pools & feeds",
        description="All about pools.",
        author="A. Writer",
        icon_urls=("https://page.example/a/i.png", "https://page.example/favicon.ico"),
        canonical_url="https://page.example/pools",
    )


def test_an_empty_page_says_nothing() -> None:
    assert read(b"") == PageHead(
        title="",
        description="",
        author="",
        icon_urls=("https://page.example/favicon.ico",),
        canonical_url=None,
    )


OG = '<meta property="og:title" content="Og">'
TWITTER = '<meta name="twitter:title" content="Twitter">'


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (f"{OG}{TWITTER}<title>Title</title>", "Title"),
        (f"{TWITTER}{OG}<title> \n </title>", "Og"),
        (f"{TWITTER}{OG}<title>&#8203;</title>", "Og"),
        (f"{TWITTER}<meta property='og:title' content=' '>", "Twitter"),
        ("<title>One</title><title>Two</title>", "One"),
        ("<title>  a \n\t b\u00a0c&nbsp;d  </title>", "a b c d"),
        ("<title>a\x00\x01\x1b\x7f\x85b&#0;&#1;&#128;</title>", "a\ufffdb\ufffd\u20ac"),
        ("<title>a <b>bold</b> &lt;c&gt; <!-- d --></title>", "a <b>bold</b> <c> <!-- d -->"),
        ("<TITLE data-x='>'>Caps</TITLE >", "Caps"),
        ("<title>open to the end", "open to the end"),
        ("<title>a</titles>b</title>", "a</titles>b"),
        ("<title/>self-closed</title>", "self-closed"),
        ("<titles>a</titles><title>b</title>", "b"),
        ("<!-- <title>no</title> --><title>yes</title>", "yes"),
        ("<!--><title>yes</title>-->", "yes"),
        ("<script>'<title>no</title>'; '<body>'</script><title>yes</title>", "yes"),
        ("<style><title>no</style><noscript><title>yes</title></noscript>", "yes"),
        ("<svg><title>no</title></svg><title>yes</title>", "yes"),
        ("<template><title>no</title></template><title>yes</title>", "yes"),
        ("<div class='a > b'><p><title>yes</title>", "yes"),
        ("<meta name='x' content='<title>no</title>'><title>yes</title>", "yes"),
        ("</head><title>no</title>", ""),
        ("<body><title>no</title>", ""),
        ("<script><title>never closed</title>", ""),
        ("<!-- <title>never closed</title>", ""),
        ("<a href='never closed><title>no</title>", ""),
        ("<p ===><title>yes</title>", "yes"),
        ("< title>no</ title><title>yes</title>", "yes"),
    ],
)
def test_titles(html: str, title: str) -> None:
    assert read(html).title == title


@pytest.mark.parametrize(
    ("html", "description"),
    [
        ('<meta name=description content="a"><meta property=og:description content="b">', "a"),
        ('<meta property=og:description content="b"><meta name=description content=" ">', "b"),
        ("<meta name=description content=a><meta name=description content=b>", "a"),
        ("<META NAME=DESCRIPTION CONTENT='a &quot;b&quot; &lt;c>'>", 'a "b" <c>'),
        ("<meta content=no><meta name=description><meta name content>", ""),
        ("<meta name=description content=it's>", "it's"),
    ],
)
def test_descriptions(html: str, description: str) -> None:
    assert read(html).description == description


def test_an_author_is_a_name_not_an_address() -> None:
    assert read("<meta property=article:author content=https://social.example/a>").author == ""
    assert read("<meta property=article:author content='A. Writer'>").author == "A. Writer"


def test_what_is_too_long_is_cut() -> None:
    head = read(f"<title>{'t ' * 5_000}</title><meta name=description content='{'d' * 9_000}'>")
    assert len(head.title) == TITLE_LIMIT - 1
    assert head.title.endswith("t")
    assert len(head.description) == DESCRIPTION_LIMIT


@pytest.mark.parametrize(
    ("html", "icons"),
    [
        ("<link rel=icon href=/i.png>", ["https://page.example/i.png"]),
        ("<link rel='Shortcut ICON' href='//cdn.example/i.ico'>", ["https://cdn.example/i.ico"]),
        ("<base href='https://cdn.example/x/'><link rel=icon href=i.png>", ["https://cdn.example/x/i.png"]),
        ("<base href='javascript:0'><link rel=icon href=i.png>", ["https://page.example/a/i.png"]),
        ("<link rel=icon href=b sizes=16x16><link rel=icon href=a sizes=32x32>", ["a", "b"]),
        ("<link rel=icon href=b sizes=512x512><link rel=icon href=a sizes='16x16 48x48'>", ["b", "a"]),
        ("<link rel=apple-touch-icon href=b><link rel=icon href=a>", ["a", "b"]),
        (
            "<link rel=icon href=b.svg><link rel=icon type=image/svg+xml href=c><link rel=icon href=a>",
            ["a", "b.svg", "c"],
        ),
        ("<link rel=icon href=a><link rel=icon href=a><link rel=icon href=/favicon.ico>", ["a"]),
        ("<link rel=icon href='javascript:alert(1)'><link rel=icon href='data:image/png;base64,AA=='>", []),
        ("<link rel=icon href='file:///etc/passwd'><link rel=icon href=''><link rel=icon>", []),
        ("<link rel=icon href='http://[' ><link rel=mask-icon href=a><link rel=stylesheet href=a>", []),
        (f"<link rel=icon href='{'a' * 3_000}'>", []),
    ],
)
def test_icons(html: str, icons: list[str]) -> None:
    found = read(html).icon_urls
    expected = [icon if "://" in icon else f"https://page.example/a/{icon}" for icon in icons]
    own = (
        "https://cdn.example/favicon.ico"
        if "<base href='https" in html
        else "https://page.example/favicon.ico"
    )
    assert list(found) == [*expected, own]


def test_only_so_many_icons() -> None:
    icons = "".join(f"<link rel=icon href=i{number}>" for number in range(50))
    assert len(read(icons).icon_urls) == ICON_LIMIT + 1


@pytest.mark.parametrize("href", ["javascript:alert(1)", "ftp://a.example/", "http://["])
def test_a_canonical_address_is_on_the_web(href: str) -> None:
    assert read(f"<link rel=canonical href='{href}'>").canonical_url is None


def test_a_title_behind_half_a_megabyte_of_script() -> None:
    script = b"<script>" + b"if (a < b) { '<p>' }" * 30_000 + b"</script>"
    assert read(script + b"<title>late</title>").title == "late"


def test_a_character_cut_by_the_prefix_spoils_nothing() -> None:
    start = "<title>é</title>".encode()
    body = start + b" " * (PREFIX_BYTES - len(start) - 1) + "é".encode()
    assert read(body).title == "é"
    assert read(body[:PREFIX_BYTES]).title == "é"


def test_what_lies_beyond_the_prefix_is_not_read() -> None:
    assert read(b" " * PREFIX_BYTES + b"<title>too late</title>").title == ""


HOSTILE = [
    "<a>", "<div>", "<meta name=x content=y>", '<meta a="', "<meta x='\"", "<", "</", "<!--", "<!-- ", "-->",
    "<script>", "<script></script>", "<title>", "<title></title>", "<svg>", "<meta ", "=", "&amp;", "<p =", "\x00",
    "<link rel=icon href=a>", "<b><i><table><a>", "<base href=a>",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("start", ["", "<meta ", "<title>", "<title>x</title><p a="])
def test_no_page_takes_long(start: str, unit: str) -> None:
    # A scan that were quadratic in a megabyte would take minutes; a slow machine's linear one takes a tenth of this.
    page = (start + unit * (PREFIX_BYTES // len(unit))).encode()
    started = time.process_time()
    head = read(page)
    assert time.process_time() - started < 2
    assert len(head.title) <= TITLE_LIMIT


_PIECES = st.sampled_from(
    [*(unit.encode() for unit in HOSTILE), b"</title>", b"</script>", b"'", b'"', b">", b"\xff", b"\xfe"]
)


@given(
    st.one_of(st.binary(max_size=400), st.lists(st.one_of(_PIECES, st.binary(max_size=8))).map(b"".join)),
    st.text(max_size=12),
)
@example(b"\xff\xfe\x00", "utf-16")
@example(b"<title>\xff</title>", "utf-7")
def test_any_bytes_are_read_and_bounded(body: bytes, charset: str) -> None:
    head = read(body, charset=charset)
    assert len(head.title) <= TITLE_LIMIT
    assert head.title == " ".join(head.title.split())
    assert not any(ord(character) < 0x20 for character in head.title + head.description + head.author)
    assert 1 <= len(head.icon_urls) <= ICON_LIMIT + 1
    assert all(url.startswith(("http://", "https://")) for url in head.icon_urls)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"GIF89a\x01", "image/gif"),
        (b"GIF87a\x01", "image/gif"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x01\x00\x01\x00", "image/x-icon"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"<!doctype html>", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"\x00\x00\x02\x00", None),
        (b"", None),
    ],
)
def test_an_icon_is_what_its_first_bytes_say(body: bytes, media_type: str | None) -> None:
    assert sniff_icon(body) == media_type
