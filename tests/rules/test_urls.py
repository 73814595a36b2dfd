"""Addresses: what is refused, how they are written, and when two are the same page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.rules.urls import (
    SCHEMES,
    SITE_TRACKING_PARAMETERS,
    TRACKING_PARAMETERS,
    TRACKING_PREFIXES,
    URL_LENGTH_LIMIT,
    clean_url,
    is_linkable,
    site_of,
    url_key,
)

_FRAGMENTS = r"""
    http: https: gemini: magnet: mailto: ftp: // / \ ? # #! #/ & = utm_source fbclid :~: % %2 %2e %2E %7e %41 %25
    @ : :80 :443 :1965 . .. www. example.org EXAMPLE.org. 127.1 [::1] xn--bcher-kva.example bücher ex%61mple é 1
    a A + ' " < > | ~ ;
"""
_CHARACTERS = (" ", "\t", "\n", "\x00", "\ufeff", "\ud800", "\u3002")
_PIECES = st.lists(st.sampled_from((*_FRAGMENTS.split(), *_CHARACTERS)), max_size=12).map("".join)
_URLS = st.one_of(
    _PIECES, st.builds("{}example.org/{}".format, st.sampled_from(["http://", "https://", ""]), _PIECES)
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.org", "https://example.org/"),
        ("  https://example.org/a b \n", "https://example.org/a%20b"),
        ("\ufeff\u200bhttps://example.org/\x00", "https://example.org/"),
        ("HTTPS://EXAMPLE.org:443/%7Ea/../B?x#Y", "https://example.org/B?x#Y"),
        ("example.org", "https://example.org/"),
        ("example.org/x?y#z", "https://example.org/x?y#z"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("localhost:8000", "https://localhost:8000/"),
        ("192.168.1.1/admin", "https://192.168.1.1/admin"),
        ("[::1]:80/x", "https://[::1]:80/x"),
        ("//example.org/x", "https://example.org/x"),
        ("http:example.org", "http://example.org/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("https://user:pass@example.org/", "https://example.org/"),
        ("https://user@example.org/", "https://example.org/"),
        ("sftp://me@example.org/x", "sftp://example.org/x"),
        ("mailto:me@example.org", "mailto:me@example.org"),
        ('mailto:a b<"x">', "mailto:a%20b%3C%22x%22%3E"),
        ("magnet:?xt=urn:btih:ABC&dn=a b", "magnet:?xt=urn:btih:ABC&dn=a%20b"),
        ("gemini://Example.org/x", "gemini://Example.org/x"),
        ("news:comp.lang.python", "news:comp.lang.python"),
        ("https://example.org/'\"<>", "https://example.org/'%22%3C%3E"),
        ("https://example.org/?a='\"<>", "https://example.org/?a=%27%22%3C%3E"),
    ],
)
def test_an_address_is_written_as_the_standard_says(text: str, url: str) -> None:
    assert clean_url(text) == url
    assert is_linkable(url)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no address"),
        (" \t\r\n\x00", "no address"),
        ("word", "not a web address"),
        ("two words", "not a web address"),
        ("/path/only", "not a web address"),
        ("?lY47tw", "not a web address"),
        ("#fragment", "not a web address"),
        ("http://", "not a web address"),
        ("https://exa mple.org/", "not a web address"),
        ("https://example.org:99999/", "not a web address"),
        ("https://\ud800.org/", "not a web address"),
        ("https://&/", "cannot exist|can exist"),
        ('https://a"b/', "can exist"),
        ("https://../", "can exist"),
        ("gemini:x", "no host"),
        ("gemini:///x", "no host"),
        ("me@example.org", "not a web address"),
        ("javascript:alert(1)", "javascript:"),
        ("JaVaScRiPt:alert(1)", "javascript:"),
        (" \x01javascript:alert(1)", "javascript:"),
        ("java\tscript:alert(1)", "javascript:"),
        ("java\nscript\r:alert(1)", "javascript:"),
        ("javascript://example.org/%0aalert(1)", "javascript:"),
        ("javascript\x00:alert(1)", "not a web address"),
        ("&#106;avascript:alert(1)", "not a web address"),
        ("&#x6A&#x61;vascript:alert(1)", "not a web address"),
        ("javascript&colon;alert(1)", "not a web address"),
        ("javascript%3Aalert(1)", "not a web address"),
        ("vbscript:msgbox(1)", "vbscript:"),
        ("data:text/html,<script>", "data:"),
        ("blob:https://example.org/1", "blob:"),
        ("file:///etc/passwd", "file:"),
        ("about:config", "about:"),
        ("chrome://settings", "chrome:"),
        ("view-source:https://example.org", "view-source:"),
        ("place:folder=TOOLBAR", "place:"),
        ("ws://example.org", "ws:"),
        ("filesystem:https://example.org/x", "filesystem:"),
        ("https://example.org/" + "a" * URL_LENGTH_LIMIT, "8,192"),
        ("https://example.org/" + "é" * (URL_LENGTH_LIMIT // 2), "8,192"),
        ("a" * 10_000_000, "8,192"),
    ],
)
def test_an_address_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason) as caught:
        clean_url(text)
    assert caught.value.field == "url"


@pytest.mark.parametrize(
    "text", ["javascript:1", " JavaScript:1", "java\tscript:1", "data:,x", "//example.org", "", "x", "\ud800"]
)
def test_what_is_not_an_address_of_ours_is_not_linkable(text: str) -> None:
    assert not is_linkable(text)


def test_an_address_of_the_greatest_length_is_kept() -> None:
    longest = "https://example.org/" + "a" * (URL_LENGTH_LIMIT - 20)
    assert clean_url(f"  {longest}  ") == longest


@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "data", "file", "blob", "filesystem", "jar"])
def test_no_scheme_that_runs_is_kept(scheme: str) -> None:
    assert scheme not in SCHEMES
    assert not is_linkable(f"{scheme}:1")


@given(st.text() | _URLS)
def test_a_clean_address_is_clean_has_a_key_and_may_be_linked(text: str) -> None:
    try:
        url = clean_url(text)
    except InvalidInputError:
        return
    assert clean_url(url) == url
    assert is_linkable(url)
    assert not set(url) & set(' "<>\t\r\n')
    assert url.isascii()
    key = url_key(url)
    assert url_key(key) == key
    assert site_of(key) == site_of(url)


@given(_URLS)
def test_a_key_is_its_own_key(text: str) -> None:
    try:
        key = url_key(text)
    except InvalidInputError:
        return
    assert url_key(key) == key


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://example.org", "https://example.org/"),
        ("http://example.org/", "https://example.org/"),
        ("http://example.org:80/", "https://example.org/"),
        ("http://example.org:443/", "https://example.org/"),
        ("https://example.org:80/", "https://example.org/"),
        ("HTTPS://EXAMPLE.ORG/", "https://example.org/"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://user:pass@example.org/", "https://example.org/"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/a/%2e%2E/c", "https://example.org/c"),
        ("https://example.org/%7euser/%41%c3%a9", "https://example.org/~user/A%C3%A9"),
        ("https://example.org/é", "https://example.org/%c3%a9"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/x?", "https://example.org/x"),
        ("https://example.org/x?&a&", "https://example.org/x?a"),
        ("https://example.org/x#part", "https://example.org/x"),
        ("https://example.org/x#:~:text=word", "https://example.org/x"),
        ("https://example.org/#/route:~:text=word", "https://example.org/#/route"),
        ("https://example.org/x?utm_source=feed&id=3&UTM_Medium=x", "https://example.org/x?id=3"),
        ("https://example.org/x?%75tm_source=feed", "https://example.org/x"),
        ("https://mobile.twitter.com/a/status/1?ref_src=x&s=20", "https://mobile.twitter.com/a/status/1"),
        ("https://youtu.be/abc?si=xyz&t=10", "https://youtu.be/abc?t=10"),
        ("gemini://Example.org:1965/x", "gemini://example.org/x"),
        ("ftp://example.org:21/", "ftp://example.org/"),
    ],
)
def test_two_addresses_are_the_same_page(url: str, same: str) -> None:
    assert url_key(url) == url_key(same)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://example.org/", "https://www.example.org/"),
        ("https://example.org/a", "https://example.org/a/"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?a=1&b=2", "https://example.org/?b=2&a=1"),
        ("https://example.org/?a", "https://example.org/?a="),
        ("https://example.org/#!/a", "https://example.org/#!/b"),
        ("https://example.org/#/a", "https://example.org/#/b"),
        ("https://example.org:8080/", "https://example.org/"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/?a=%26b", "https://example.org/?a=&b"),
        ("https://example.org/?s=20", "https://example.org/"),
        ("https://nottwitter.com/?s=20", "https://nottwitter.com/"),
        ("https://example.org/?q=utm_source", "https://example.org/"),
        ("gemini://example.org/", "https://example.org/"),
        ("https://127.0.0.1/", "https://127.0.0.2/"),
    ],
)
def test_two_addresses_are_different_pages(url: str, other: str) -> None:
    assert url_key(url) != url_key(other)


@pytest.mark.parametrize(
    "name", [*sorted(TRACKING_PARAMETERS), *(f"{prefix}x" for prefix in TRACKING_PREFIXES)]
)
def test_a_tracking_parameter_does_not_make_another_page(name: str) -> None:
    assert url_key(f"https://example.org/?a=1&{name}=2&b=3") == "https://example.org/?a=1&b=3"
    assert url_key(f"https://example.org/?{name.upper()}") == "https://example.org/"


@pytest.mark.parametrize("site", SITE_TRACKING_PARAMETERS)
def test_a_sites_own_tracking_parameters_do_not_make_another_page(site: str) -> None:
    for name in SITE_TRACKING_PARAMETERS[site]:
        assert url_key(f"https://{site}/x?{name}=2") == f"https://{site}/x"
        assert url_key(f"https://www.{site}/x?{name}=2") == f"https://www.{site}/x"
        assert url_key(f"https://example.org/x?{name}=2").endswith("=2")


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.example.org:8080/x", "example.org"),
        ("https://example.org./", "example.org"),
        ("https://www.org/", "www.org"),
        ("gemini://Example.ORG/", "example.org"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("mailto:me@example.org", ""),
        ("nothing", ""),
    ],
)
def test_the_site_is_the_host_without_www(url: str, site: str) -> None:
    assert site_of(url) == site


def test_what_cannot_be_parsed_has_no_key() -> None:
    with pytest.raises(InvalidInputError, match="not a web address"):
        url_key("no address")
