"""Captured pages as documents of their own: packed or not, shut in, and without the site's images unless wanted."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.web.captured import without_images
from poolhouse.workers.cleaning import clean_fragment
from tests.security.inert import check_policy_of_stored, elements, policy_of
from tests.servers.web.conftest import keep, keep_page

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Item, Principal
    from tests.servers.web.conftest import Browser

HOSTILE = (
    "<script>alert(1)</script><form action=/logout method=post><button>x</button></form>"
    "<base href=//evil.example>"
)
IMAGES = (
    '<p>a<img src="https://site.example/a.png" alt="A desk &quot;with&quot; <b>screens</b>" width="9">b'
    '<img src="data:image/png;base64,AAAA" alt="kept"><img src="http://site.example/b.png" alt="">c</p>'
)


@pytest.fixture
def item(house: RunningHouse, principal: Principal) -> Item:
    return keep(house, principal, "https://site.example/", title="Kept")


def test_text_is_shut_in_and_says_its_language(browser: Browser, house: RunningHouse, item: Item) -> None:
    capture_id = keep_page(house, item, f"<p>Bonjour</p>{HOSTILE}", language="fr", title="Salut")
    answer = browser.get(f"/items/{item.id}/captures/{capture_id}/text")
    assert '<html lang="fr">' in answer.text
    assert "<p>Bonjour</p>" in answer.text
    assert "<title>Salut</title>" in answer.text
    policy = policy_of(answer.headers["content-security-policy"])
    check_policy_of_stored(policy)
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    assert policy["style-src"] == f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    assert policy["frame-ancestors"] == "'self'"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-dns-prefetch-control"] == "off"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "accept-encoding" in answer.headers["vary"].lower()


def test_images_of_the_site_load_only_on_request(browser: Browser, house: RunningHouse, item: Item) -> None:
    capture_id = keep_page(house, item, IMAGES)
    path = f"/items/{item.id}/captures/{capture_id}/text"
    without, with_images = browser.get(path), browser.get(f"{path}?images=1")
    assert "https://site.example/a.png" not in without.text
    assert '<img src="data:image/png;base64,AAAA" alt="kept">' in without.text
    assert "https://site.example/a.png" in with_images.text
    assert policy_of(with_images.headers["content-security-policy"])["img-src"] == "data: http: https:"
    led_here = {"sec-fetch-site": "cross-site"}
    assert browser.get(f"{path}?images=1", **led_here).text == without.text
    assert f'{path}?images=1"' not in browser.get(f"/items/{item.id}?images=1", **led_here).text
    page = browser.get(f"/items/{item.id}").text
    assert f'href="/items/{item.id}?images=1"' in page
    assert f'{path}?images=1"' in browser.get(f"/items/{item.id}?images=1").text


def test_words_stand_for_images_as_words() -> None:
    shown = without_images(IMAGES)
    assert 'a<span class="image">A desk &#34;with&#34; &lt;b&gt;screens&lt;/b&gt;</span>b' in shown
    assert "http" not in shown


@given(
    alt=st.text(max_size=40), address=st.sampled_from(["https://s.example/x.png", "//s.example/y", "z.png"])
)
def test_no_image_of_a_clean_page_survives(alt: str, address: str) -> None:
    markup = f'<p title="{alt}">x<img src="{address}" alt="{alt}"><a href="{address}">y</a></p>'
    shown = without_images(clean_fragment(markup, base_url="https://s.example/"))
    document = f"<!doctype html><body>{shown}".encode()
    assert not [name for name, _ in elements(document) if name in {"img", "script", "style", "b"}]


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "x-gzip"])
def test_full_copy_goes_out_packed(browser: Browser, house: RunningHouse, item: Item, accepted: str) -> None:
    page = f"<!doctype html><h1>As it was</h1>{HOSTILE}"
    capture_id = keep_page(house, item, page=page)
    path = f"/items/{item.id}/captures/{capture_id}/page"
    answer = browser.get(path, **{"accept-encoding": accepted})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == page
    plain = browser.get(path, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == page
    for each in (answer, plain):
        policy = policy_of(each.headers["content-security-policy"])
        check_policy_of_stored(policy)
        assert policy["sandbox"] == ""
        assert policy["frame-ancestors"] == "'none'"
        assert each.headers["x-dns-prefetch-control"] == "off"


def test_what_is_not_there_or_damaged_is_not_there(browser: Browser, house: RunningHouse, item: Item) -> None:
    path = f"/items/{item.id}/captures/{{}}/{{}}"
    text_only, damaged = keep_page(house, item), house.blobs.put(b"\x1f\x8b not gzip")
    assert browser.get(path.format(text_only, "page")).status_code == 404
    broken = keep_page(house, item, reader_blob=damaged, page_blob=damaged)
    lost = keep_page(house, item, reader_blob="0" * 64, page_blob="0" * 64)
    for capture_id in (broken, lost):
        for what in ("text", "page"):
            answer = browser.get(path.format(capture_id, what), **{"accept-encoding": "identity"})
            assert answer.status_code == 404
    for odd in ("0", "-1", "x", "9" * 30):
        assert browser.get(path.format(odd, "text")).status_code == 404


def test_strangers_and_feed_secrets_see_nothing(browser: Browser, house: RunningHouse, item: Item) -> None:
    capture_id = keep_page(house, item, page="<p>private</p>")
    made = browser.send("/pools/2/subscribe", reader="script", label="x").text
    (secret,) = set(re.findall(r"/s/([A-Za-z0-9_-]{20,})/", unescape(made)))
    browser.client.cookies.clear()
    paths = [
        f"/items/{item.id}",
        *(f"/items/{item.id}/captures/{capture_id}/{what}" for what in ("text", "page")),
    ]
    for path in (*paths, f"/items/{item.id}/thumbnail", "/jobs", "/live"):
        assert browser.get(path).status_code == 401, path
        assert browser.client.get(path, auth=("anna", secret)).status_code == 401, path
        assert browser.get(f"/s/{secret}{path}").status_code == 404, path
