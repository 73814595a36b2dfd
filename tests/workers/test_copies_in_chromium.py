"""A copy in a real browser, with scripts allowed and its own policy switched off: nothing runs, nothing is asked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from poolhouse.workers.inert_page import POLICY
from poolhouse.workers.single_file import assemble_single_file
from tests.browser.conftest import ARGUMENTS
from tests.security.markup import PAYLOADS
from tests.workers.pages import page, paragraphs
from tests.workers.test_cleaning import MORE
from tests.workers.test_single_file import DATA, RESOURCES, URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

COPY = "http://copy.example/"
FETCHING = [
    "<style>@import 'http://x.test/1'; @import url(http://x.test/2) screen; @\\69mport 'http://x.test/3';"
    "@@import x; import 'y'; @font-face { font-family: f; src: url(http://x.test/4) } p { font-family: f }"
    "p { background: u\\72l(http://x.test/5), image-set('http://x.test/6' 1x), url( 'http://x.test/7' ) }"
    "p::before { content: url(http://x.test/8) } :root { --x: url(http://x.test/9) } b { background: var(--x) }"
    "p { cursor: url(http://x.test/10), auto; list-style: url(http://x.test/11) } </style><p>x <b>y</b></p>",
    "<p style='background: -webkit-image-set(url(http://x.test/12) 1x); mask: url(http://x.test/13#x)'>x",
    "<img src=http://x.test/14 srcset='http://x.test/15 2x'><picture><source srcset=http://x.test/16><img>"
    "</picture><input type=image src=http://x.test/17><video autoplay src=http://x.test/18 poster="
    "http://x.test/19></video><audio autoplay src=http://x.test/20></audio>",
    "<link rel=stylesheet href=http://x.test/21><link rel=preload as=image href=http://x.test/22>"
    "<link rel=icon href=http://x.test/23><link rel=dns-prefetch href=//x.test><meta http-equiv=refresh "
    "content='0;url=http://x.test/24'><base href=http://x.test/25/>",
    "<iframe src=http://x.test/26></iframe><object data=http://x.test/27></object>"
    "<embed src=http://x.test/28><svg><image href=http://x.test/29 /><use href=http://x.test/30#x /></svg>",
    "<table background=http://x.test/31><td background=http://x.test/32>x</table><body background="
    "http://x.test/33 onload=\"fetch('http://x.test/34')\"><script>fetch('http://x.test/35')</script>",
]


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium to look with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser.new_context(bypass_csp=True).new_page()
        browser.close()


@pytest.mark.slow
def test_nothing_runs_and_nothing_is_asked(window: Page) -> None:
    asked: list[str] = []
    shown = {"body": b""}

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=shown["body"], content_type="text/html")

    window.route("**/*", answer)
    window.add_init_script("window.zqpwn = () => { window.pwned = true }; window.alert = window.zqpwn")
    for markup in (*FETCHING, *PAYLOADS, *MORE):
        body = page(markup, f"{markup}{paragraphs(1)}<img src=a.png>{markup}")
        shown["body"] = assemble_single_file(body, declared_charset=None, url=URL, resources=RESOURCES)
        asked.clear()
        window.goto(COPY, wait_until="networkidle" if markup in FETCHING else "load")
        assert [url for url in asked if url not in {COPY, f"{COPY}favicon.ico"}] == [], markup
        assert window.evaluate("window.pwned") is None, markup
    assert window.locator("img").count() > 0
    assert DATA.encode() in shown["body"]


@pytest.mark.slow
def test_the_look_sees_what_is_alive(window: Page) -> None:
    """What a page that is no copy asks for does show in the log that the test above reads, whatever its policy."""
    alive = f'<meta http-equiv=Content-Security-Policy content="{POLICY}">{FETCHING[2]}'
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=alive if route.request.url == COPY else "", content_type="text/html")

    window.unroute_all()
    window.route("**/*", answer)
    window.goto(COPY, wait_until="networkidle")
    assert "http://x.test/14" in asked
