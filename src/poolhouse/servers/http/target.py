"""The target of a request line, in its forms: origin, absolute and asterisk (RFC 9112 §3.2)."""

from __future__ import annotations

import re
from functools import lru_cache

from poolhouse.servers.http.refusal import RefusedRequestError

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")


def split_target(target: bytes) -> tuple[bytes, bytes, bytes | None]:
    """Path, query and authority of a target, not decoded; a fragment, which nobody should send, is left out.

    The authority is only in the absolute form, where it stands for the Host header. Raises RefusedRequestError
    (400).
    """
    if target.startswith(b"/"):
        if b"#" in target:
            target = target.partition(b"#")[0]
        path, _, query = target.partition(b"?")
        return path, query, None
    if target == b"*":
        return target, b"", None
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        raise RefusedRequestError(400, "The target of the request is neither a path nor an http address.")
    authority, rest = absolute.groups()
    path, _, query = rest.partition(b"?")
    return path or b"/", query, authority


# a server has few names, and they are in every request
@lru_cache(maxsize=64)
def is_authority(authority: bytes) -> bool:
    """Whether this can be a host and port (RFC 9110 §7.2)."""
    return _AUTHORITY.fullmatch(authority) is not None
