"""Who is asking for a feed: a secret in the path, HTTP Basic, a token, or a session's cookie; one address for all."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import unquote

from poolhouse.services.people import open_session
from poolhouse.services.secrets import open_with_secret
from poolhouse.types import Scope

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.servers.http.message import Request
    from poolhouse.types import Principal

SESSION_COOKIES = (b"poolhouse_session", b"__Host-poolhouse_session")


def from_path(tx: Transaction, vault: Vault, secret: str) -> Principal | None:
    """The reader whose secret is in the address. API tokens do not open addresses."""
    found = open_with_secret(tx, vault, secret)
    return found[0] if found and found[0].scope is Scope.FEED else None


def from_headers(tx: Transaction, vault: Vault, request: Request) -> Principal | None:
    """The reader, script or browser behind the headers. A wrong Authorization is not mended by a cookie."""
    authorization = request.header(b"authorization")
    if authorization is not None:
        return _from_authorization(tx, vault, authorization)
    cookie = session_cookie(request.header(b"cookie"))
    found = open_session(tx, vault, cookie) if cookie else None
    return found[0] if found else None


def _from_authorization(tx: Transaction, vault: Vault, value: bytes) -> Principal | None:
    scheme, _, rest = value.partition(b" ")
    match scheme.lower():
        case b"basic":
            return _from_basic(tx, vault, rest.strip())
        case b"bearer":
            found = open_with_secret(tx, vault, rest.strip().decode("latin-1"))
            return found[0] if found and found[0].scope is Scope.PERSON else None
        case _:
            return None


def _from_basic(tx: Transaction, vault: Vault, value: bytes) -> Principal | None:
    try:
        pair = b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    # feedparser and rss2email send what stands in the URL without decoding %xx: try both
    for candidate in dict.fromkeys((pair, unquote(pair))):
        name, _, secret = candidate.partition(":")
        found = open_with_secret(tx, vault, secret)
        if found and found[0].scope is Scope.FEED and found[1].name.casefold() == name.casefold():
            return found[0]
    return None


def session_cookie(header: bytes | None) -> str | None:
    """The session's cookie in a Cookie header (RFC 6265 §4.2.1)."""
    for part in (header or b"").split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name in SESSION_COOKIES and value:
            return value.decode("latin-1")
    return None
