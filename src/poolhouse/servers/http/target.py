"""The target of a request line, in its forms: origin, absolute and asterisk (RFC 9112 §3.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from poolhouse.servers.http.refusal import RefusedRequestError

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")


class Target(NamedTuple):
    """Where a request goes. `authority` is only in the absolute form, where it stands for the Host header."""

    path: bytes
    query: bytes
    authority: bytes | None = None


def split_target(target: bytes) -> Target:
    """The parts of a target, not decoded; a fragment, which nobody should send, is left out.

    Raises RefusedRequestError (400).
    """
    if target.startswith(b"/"):
        path, _, query = target.partition(b"#")[0].partition(b"?")
        return Target(path, query)
    if target == b"*":
        return Target(target, b"")
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        raise RefusedRequestError(400, "The target of the request is neither a path nor an http address.")
    authority, rest = absolute.groups()
    check_authority(authority)
    path, _, query = rest.partition(b"?")
    return Target(path or b"/", query, authority)


def check_authority(authority: bytes) -> None:
    """Raise RefusedRequestError (400) for what cannot be a host and port (RFC 9110 §7.2)."""
    if not _AUTHORITY.fullmatch(authority):
        raise RefusedRequestError(400, "The request names a host that cannot be one.")
