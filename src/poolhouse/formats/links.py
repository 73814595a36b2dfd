"""Addresses as feeds write them: legal URI characters only, and no scheme that runs as a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poolhouse.formats.text import clean

if TYPE_CHECKING:
    from poolhouse.types import FeedDocument

_LEGAL = r"0-9A-Za-z\-._~:/?@!$&'()*+,;="
_REST = rf"(?:[{_LEGAL}]++|%[0-9A-Fa-f]{{2}}|)*+(?:#(?:[{_LEGAL}]++|%[0-9A-Fa-f]{{2}}|)*+)?"
_LEGAL_URL = re.compile(_REST)
_LEGAL_WEB_URL = re.compile(rf"https?://(?![/?#]){_REST}")
_ILLEGAL = re.compile(rf"%(?![0-9A-Fa-f]{{2}})|[^%{_LEGAL}]+")
_SCHEMES = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)+(?=.)")
_IPV6_AUTHORITY = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*://(?:[{_LEGAL.replace('/?@', '')}]*@)?\[[0-9A-Fa-f:.]+\]"
)
_HOST_FOLLOWS = re.compile(r"//[^/?#]")

_RUNS_AS_PROGRAM = frozenset(
    [
        "blob",
        "data",
        "filesystem",
        "jar",
        "javascript",
        "jscript",
        "livescript",
        "mocha",
        "vbscript",
        "view-source",
    ]
)
_NEEDS_HOST = frozenset({"http", "https", "ftp", "gemini", "gopher"})


def legal_url(url: str) -> str:
    """Return `url` with controls dropped and every character RFC 3986 does not allow where it stands percent-encoded.

    What is legal already comes back unchanged. The scheme is not judged: this is for addresses of our own.
    """
    if _LEGAL_URL.fullmatch(url):
        return url
    url = re.sub(r"[\t\n\r]", "", clean(url)).strip()
    authority = _IPV6_AUTHORITY.match(url)
    start = authority.end() if authority else 0
    path, mark, fragment = url[start:].partition("#")
    return url[:start] + _percent_encoded(path) + mark + _percent_encoded(fragment)


def safe_url(url: str, fallback: str) -> str:
    """Return `url` made legal, or `fallback` made legal where `url` is relative, has no host or runs as a program.

    This is the second refusal: such addresses are not let in, and whatever got in does not get out.
    """
    if _LEGAL_WEB_URL.fullmatch(url):
        return url
    legal = legal_url(url)
    schemes = _SCHEMES.match(legal)
    if schemes is None:
        return legal_url(fallback)
    # Every one of `feed:view-source:javascript:…` counts: programs have opened the inner address.
    names = schemes[0].lower().split(":")[:-1]
    lacks_host = names[0] in _NEEDS_HOST and not _HOST_FOLLOWS.match(legal, len(names[0]) + 1)
    return legal_url(fallback) if lacks_host or not _RUNS_AS_PROGRAM.isdisjoint(names) else legal


def relations(document: FeedDocument) -> list[tuple[str, str]]:
    """Return the document's paging and archive links as (rel, legal URL) pairs, RFC 5005 §3 and §4."""
    known = (
        ("next", document.next_url),
        ("previous", document.previous_url),
        ("prev-archive", document.archive_url),
        ("next-archive", document.newer_archive_url),
        ("current", document.current_url),
    )
    return [(rel, legal_url(url)) for rel, url in known if url is not None]


def _percent_encoded(part: str) -> str:
    return _ILLEGAL.sub(lambda illegal: "".join(f"%{byte:02X}" for byte in illegal[0].encode()), part)
