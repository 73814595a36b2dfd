"""Addresses: which may be kept, how they are written (WHATWG URL), and when two of them are the same page.

The choices are argued in docs/reference/url-normalising.md, and every row of its tables is a test.
"""

from __future__ import annotations

import re
from typing import Final

from ada_url import URL

from poolhouse.errors import InvalidInputError

_SCHEMES: Final = """
    http https ftp ftps sftp gemini gopher finger spartan nntp news irc ircs dict mailto xmpp matrix
    tel sms geo magnet ed2k ipfs ipns dat hyper rtsp rtmp mms webcal git svn
"""
_HOSTED: Final = """
    ftp ftps sftp gemini gopher finger spartan nntp irc ircs dict ipfs ipns rtsp rtmp git svn
"""
_TRACKING: Final = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh
    mc_cid mc_eid _hsenc _hsmi mkt_tok vero_id vero_conv oly_anon_id oly_enc_id s_cid wickedid
    _openstat __hssc __hstc __hsfp hsctatracking srsltid rb_clickid
    pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid
"""

SCHEMES: Final = frozenset(_SCHEMES.split())
"""Schemes of addresses that may be saved and shown as links. None of them runs in the page that links to it."""

URL_LENGTH_LIMIT: Final = 8_192
"""The longest address that is kept, in characters, before and after it is written as WHATWG says."""

TRACKING_PREFIXES: Final = ("utm_", "mtm_", "hsa_")
"""A query parameter whose name begins so says where the visitor came from, not what the page is."""

TRACKING_PARAMETERS: Final = frozenset(_TRACKING.split())
"""Query parameters, in lower case, that are dropped on every site."""

SITE_TRACKING_PARAMETERS: Final = {
    "twitter.com": frozenset({"ref_src", "ref_url", "s", "t"}),
    "x.com": frozenset({"ref_src", "ref_url", "s", "t"}),
    "youtube.com": frozenset({"si", "feature", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "open.spotify.com": frozenset({"si"}),
    "medium.com": frozenset({"source"}),
}
"""Query parameters that are dropped on one site and its subdomains, where elsewhere the name means something."""

_WEB: Final = frozenset({"http", "https"})
_WITH_HOST: Final = _WEB | frozenset(_HOSTED.split())
_DEFAULT_PORTS: Final = {
    "gemini": "1965",
    "gopher": "70",
    "ftps": "990",
    "sftp": "22",
    "nntp": "119",
    "irc": "6667",
    "ircs": "6697",
    "git": "9418",
    "rtsp": "554",
}
_EDGES: Final = (
    "".join(map(chr, range(0x21)))
    + "\x7f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    + "\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_BARE_HOST: Final = re.compile(
    r"(?://)?(?:localhost|[\w-]+(?:\.[\w-]+)+\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?=[/?#]|\Z)", re.IGNORECASE
)
_WEB_HOST: Final = re.compile(r"[a-z0-9_-][a-z0-9._-]*|\[[0-9a-f:.]+\]")
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER_RAW: Final = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E"})


def clean_url(text: str) -> str:
    """Return the address a person typed or a program sent, as the WHATWG URL standard writes it.

    Surrounding white space and control characters go; a bare host (`example.org/x`) gets `https://`; a user
    name and password in the address are dropped, because saved addresses are shown and shared. The result
    has a scheme of `SCHEMES`, at most `URL_LENGTH_LIMIT` characters, and no space, quotation mark, `<` or `>`.
    `clean_url` of it is itself. Raises InvalidInputError("url").
    """
    text = text.strip(_EDGES)
    if not text:
        raise InvalidInputError("url", "There is no address.")
    if len(text) > URL_LENGTH_LIMIT:
        raise _too_long()
    url = _parse(f"https://{text.removeprefix('//')}" if _BARE_HOST.match(text) else text)
    scheme = url.protocol[:-1]
    if scheme not in SCHEMES:
        raise InvalidInputError("url", f"Addresses that begin with “{scheme[:40]}:” are not kept.")
    if scheme in _WITH_HOST and not url.hostname:
        raise InvalidInputError("url", "The address names no host.")
    if scheme in _WEB and not _WEB_HOST.fullmatch(url.hostname):
        raise InvalidInputError("url", "The host in the address is not one that can exist.")
    if url.username or url.password:
        url.username = url.password = ""
    cleaned = url.href.translate(_NEVER_RAW)
    if len(cleaned) > URL_LENGTH_LIMIT:
        raise _too_long()
    return cleaned


def url_key(url: str) -> str:
    """Return what two addresses of the same page have in common; made for comparing, not for opening.

    Takes what `clean_url` returned, or any address that can be parsed; `url_key` of a key is that key. Raises
    InvalidInputError("url") where it cannot be parsed. RFC 3986 §6.2.2 and §6.2.3, and the tables above.
    """
    parsed = _parse(url)
    scheme = parsed.protocol[:-1]
    if parsed.username or parsed.password:
        parsed.username = parsed.password = ""
    if parsed.hostname:
        _normalise_host(parsed, scheme)
    if scheme == "http":
        # Becomes https before the port is looked at, so that :443 is its default port too.
        if not parsed.port:
            parsed.protocol = "https:"
        elif parsed.port == "443":
            parsed.protocol, parsed.port = "https:", ""
    elif scheme == "https" and parsed.port == "80":
        parsed.port = ""
    base = parsed.href.partition("#")[0].partition("?")[0]
    query = parsed.search[1:]
    if scheme in _WEB:
        query = _without_tracking(query, parsed.hostname)
    key = base + (f"?{query}" if query else "") + _route(parsed.hash)
    return _PERCENT.sub(_normal_escape, key).translate(_NEVER_RAW)


def site_of(url: str) -> str:
    """Return the host to show beside a link, without `www.`; "" where the address has none or is none.

    International names stay in their ASCII form (`xn--…`): shown otherwise, one could pass for another.
    """
    try:
        host = URL(url).hostname if url else ""
    except ValueError:
        return ""
    host = host.lower().rstrip(".")
    return host[4:] if host.startswith("www.") and "." in host[4:] else host


def is_linkable(url: str) -> bool:
    """Say whether an address may stand in a link: the last check before output. Never raises."""
    try:
        return URL(url).protocol[:-1] in SCHEMES
    except ValueError:
        return False


def _parse(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:  # also UnicodeEncodeError: lone surrogates
        raise InvalidInputError("url", "That is not a web address.") from None


def _too_long() -> InvalidInputError:
    return InvalidInputError("url", f"The address is longer than {URL_LENGTH_LIMIT:,} characters.")


def _normalise_host(url: URL, scheme: str) -> None:
    host = url.hostname.lower().rstrip(".")
    if host and host != url.hostname:
        try:
            url.hostname = host
        except ValueError:
            return  # without its dots the name would be a malformed number: it keeps them
    if url.port == _DEFAULT_PORTS.get(scheme):
        url.port = ""


def _without_tracking(query: str, host: str) -> str:
    site = next((names for site, names in SITE_TRACKING_PARAMETERS.items() if _is_within(host, site)), None)
    return "&".join(
        piece for piece in query.split("&") if piece and not _is_tracking(piece, site or frozenset())
    )


def _is_within(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")


def _is_tracking(piece: str, site_parameters: frozenset[str]) -> bool:
    name = _PERCENT.sub(_normal_escape, piece.partition("=")[0]).lower()
    return name.startswith(TRACKING_PREFIXES) or name in TRACKING_PARAMETERS or name in site_parameters


def _route(fragment: str) -> str:
    """Keep a fragment that names a page of a program in the browser; drop one that names a place in the page."""
    return fragment.partition(":~:")[0] if fragment.startswith(("#!", "#/")) else ""


def _normal_escape(match: re.Match[str]) -> str:
    digits = match[1]
    if digits is None:
        return "%25"  # a lone "%": escaped, or what follows could become an escape the next time
    character = chr(int(digits, 16))
    return character if character in _UNRESERVED else f"%{digits.upper()}"


def message_key(blob: str) -> str:
    """What `url_key` is for a message, whose bytes are at the address `blob`: the same bytes are one item."""
    return f"message:{blob}"
