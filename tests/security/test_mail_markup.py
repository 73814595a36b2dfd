"""What strangers write in mail is dead in the frame that shows it and in the feed, whatever they write."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from poolhouse.formats.mail_headers import Allowance
from poolhouse.formats.mime_choice import choose
from poolhouse.formats.mime_text import text_of
from poolhouse.formats.mime_tree import split_message
from poolhouse.formats.text import clean
from poolhouse.servers.web.mail_pictures import with_pictures
from poolhouse.workers.mail_allowed import feed_safe, shown_html
from poolhouse.workers.mail_feed import feed_html
from poolhouse.workers.mail_html import clean_message_html
from poolhouse.workers.mail_links import LinkList
from poolhouse.workers.mail_texts import text_within
from tests.browser.conftest import ARGUMENTS
from tests.mail_corpus.fixtures import mail_files
from tests.security.markup import PAYLOADS
from tests.workers.live import ALIVE, elements
from tests.workers.test_cleaning import ADDRESSES, MORE, hostile_texts
from tests.workers.test_copies_in_chromium import FETCHING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

PARTS = {"own@mail.example": "2.1", "part:2.1": "2.1"}
_FEED_ATTRIBUTES = {"href", "rel", "dir", "lang", "title", "start", "colspan", "rowspan"}
_PICTURE = re.compile(r"part:[0-9.]+|data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]*")
_LINK = re.compile(r"(?:https?://[^/]|mailto:|tel:)", re.IGNORECASE)
_BREAKS_OUT = re.compile(
    r"(?:^|;)\s*(?:position|behavior|-moz-binding|background-image|content|z-index)\s*:", re.IGNORECASE
)
_LOADS = re.compile(r"(?:url|image|image-set|cross-fade|src|expression)\s*\(", re.IGNORECASE)


def cleaned(markup: str) -> str:
    """Clean, and what must hold of all that is clean; the HTML that is shown."""
    result = clean_message_html(markup, PARTS)
    check_shown(result.html)
    check_in_feed(result.feed_html)
    assert not [link for link in result.links if not link.url.startswith(("http://", "https://"))]
    assert clean_message_html(as_sent(result.html), PARTS).html == result.html
    return result.html


def as_sent(shown: str) -> str:
    """What is shown, as a sender would write it: pictures from elsewhere have their addresses again."""
    return re.sub(r'(<img [^>]*)\bdata-remote="', r'\1src="', shown)


def check_shown(fragment: str) -> None:
    """That nothing runs, is asked of anybody, leads astray or leaves its place, as two libraries read it."""
    for name, attributes in elements(fragment):
        where = f"<{name} {attributes}> in {fragment[:2_000]}"
        assert name not in ALIVE, where
        assert not [each for each in attributes if each.startswith("on")], where
        assert not attributes.keys() & {"id", "class", "srcset", "background", "action", "ping", "target"}, (
            where
        )
        if "src" in attributes:
            assert name == "img", where
            assert _PICTURE.fullmatch(attributes["src"]), where
        if "href" in attributes:
            assert name == "a", where
            assert _LINK.match(attributes["href"]), where
        if "data-remote" in attributes:
            assert name == "img", where
            assert re.match(r"https?://[^/]", attributes["data-remote"]), where
        if name == "a":
            assert attributes.get("rel") == "noopener noreferrer nofollow", where
        assert not _BREAKS_OUT.search(attributes.get("style", "")), where
        assert not _LOADS.search(attributes.get("style", "")), where


def check_in_feed(fragment: str) -> None:
    """That it is dead, and shows no picture and no style either."""
    check_shown(fragment)
    for name, attributes in elements(fragment):
        assert name != "img", fragment
        assert attributes.keys() <= _FEED_ATTRIBUTES, fragment
    # it is made without a parser: one that writes what is allowed has nothing to change
    assert feed_safe(fragment) == fragment


@pytest.mark.parametrize("payload", [*PAYLOADS, *MORE, *FETCHING], ids=lambda payload: ascii(payload)[:40])
def test_what_is_known_to_have_come_alive_elsewhere(payload: str) -> None:
    for markup in (
        payload,
        f"<p style='color:red'>{payload}</p><img src='cid:own@mail.example'>",
        f"<table><td>{payload}",
        f'<a title="{payload}">{payload}',
        f"<p style=\"{payload}\"><font face='{payload}'><img alt='{payload}' src=data:image/png;base64,AA>",
        payload * 3,
    ):
        cleaned(markup)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: ascii(address)[:40])
@pytest.mark.parametrize(
    "element",
    [
        "<a href='{}'>x</a>",
        '<img src="{}">',
        "<img data-remote='{}'>",
        "<td background='{}'>",
        "<a xlink:href='{}'>",
    ],
)
def test_addresses_that_run_go(element: str, address: str) -> None:
    # beside a picture of its own, where more schemes are known
    assert "zqpwn" not in cleaned(element.format(address) + "<img src='cid:own@mail.example'>")


def test_all_that_feedparser_sanitises(fixtures: Path) -> None:
    files = sorted((fixtures / "html" / "feedparser-sanitize").glob("*.xml"))
    assert len(files) == 372
    count = 0
    for file in files:
        for text in hostile_texts(file.read_bytes()):
            cleaned(text)
            count += bool(re.search(r"<\w", text))
    assert count > 500, "hardly any markup was found in the files, so this proves nothing"


def html_parts(file: Path) -> Iterator[str]:
    """The HTML of a message that is read as its text."""
    raw = file.read_bytes()
    for segment in choose(split_message(raw, Allowance()).root).segments:
        for node in segment.html:
            yield text_of(raw, node, limit=2_000_000, may_guess=True)


@pytest.mark.slow
def test_real_mail_is_dead_and_still_says_something() -> None:
    count = 0
    for file in mail_files():
        if file.stat().st_size < 1_000_000:
            for markup in html_parts(file):
                shown = cleaned(markup)
                if text_within(markup):
                    assert re.sub(r"<[^>]*>", "", shown).strip(), file.name
                    count += 1
    assert count > 80


_WORDS = """
    <p> </p> <b> <a </a> <svg> </svg> <math> <mtext> <mglyph> <style> </style> <script> </script> <title> </title>
    <table> <tr> <td> </table> <form> <select> </select> <template> </template> <noscript> </noscript> <img <iframe
    <object> <textarea> </textarea> <!-- --> --!> <![CDATA[ ]]> <xmp> <noembed> <plaintext> <br/> <font <center> <div
    href= src= onerror=x style= title= data-remote= ' " > < / = & &lt; &#60; javascript: data:image/png;base64,AAAA
    https://x/ https://x/unsub cid:own@mail.example part:2.1 part:9 mailto:a@b.example width=1 hidden background=
    position:fixed
    display:none font-size:0 font-size:9px url( ) ; : /* */ \\ expression( color:red <foreignObject> <annotation-xml
    <button> <details> <body <html <frameset> <ul> \x00 \ud800 \xa0
"""
soup = st.lists(st.sampled_from([*_WORDS.split(" "), " ", "\n", "x"]), max_size=25).map("".join)


@given(soup)
@example("<p><svg><p>x")
@example("<a href=part:2.1>x<img src=cid:own@mail.example>")
@example("<img data-remote=javascript:x src=https://x/>")
def test_any_markup_is_dead(markup: str) -> None:
    result = clean_message_html(markup, PARTS)
    check_shown(result.html)
    check_in_feed(result.feed_html)


@given(soup)
@example("<a href=https://x/><table><td><a href=https://x/confirm>x")
@example("<pre>\nhttps://x/unsub&lt;<b>\xa0&amp;lt;</b>https://x/<wbr>unsub<table>https://x/unsub<td>")
@example(
    "<pre><img alt=x>\n</pre><font><font color=red><font size=1><font><img><h1><a href=https://x/unsub><h2>"
)
def test_all_that_can_be_shown_is_dead_in_a_feed(markup: str) -> None:
    check_in_feed(feed_html(shown_html(clean(markup), has_own_pictures=True), LinkList()))


@given(st.text())
def test_any_text_is_dead(text: str) -> None:
    cleaned(text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium to look with")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


ADDRESS = "http://letter.example/"


def look(page: Page, document: str) -> list[str]:
    """Load a document; what it asked of anybody. What runs calls `zqpwn`."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(
            body=document if route.request.url == ADDRESS else "", content_type="text/html; charset=utf-8"
        )

    page.unroute_all()
    page.route("**/*", answer)
    page.goto(ADDRESS, wait_until="networkidle")
    return [url for url in asked if url not in {ADDRESS, f"{ADDRESS}favicon.ico"}]


def hostile_groups() -> list[list[str]]:
    everything = [
        *PAYLOADS,
        *MORE,
        *FETCHING,
        *(f"<a href='{each}'>x</a><img src='{each}'>" for each in ADDRESSES),
    ]
    return [everything[first : first + 20] for first in range(0, len(everything), 20)]


@pytest.mark.slow
def test_nothing_runs_and_nothing_is_asked_even_without_frame_and_policy(browser: Browser) -> None:
    """What is cleaned is dead by itself: scripts are on here, and no policy stands around it."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("window.zqpwn = () => { window.pwned = true }; window.alert = window.zqpwn")
    for group in hostile_groups():
        pieces = [clean_message_html(markup, PARTS).html for markup in group]
        whole = clean_message_html("\n".join(group), PARTS).html
        document = with_pictures("<hr>".join([*pieces, whole]), {}, with_remote=False)
        assert look(page, f"<!doctype html><body>{document}") == []
        assert page.evaluate("window.pwned") is None, group
        assert page.locator("hr").count() >= len(group)
    context.close()


@pytest.mark.slow
def test_the_look_sees_what_is_alive(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("window.zqpwn = () => { window.pwned = true }")
    asked = look(page, '<!doctype html><img src=http://x.test/1><img src="" onerror=zqpwn()>')
    assert asked == ["http://x.test/1"]
    assert page.evaluate("window.pwned") is True
    context.close()
