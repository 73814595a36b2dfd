"""Head: a request's target and header fields as they come, and what must hold before anybody sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.servers.http.refusal import RefusedRequestError
from poolhouse.servers.http.target import is_authority, split_target

if TYPE_CHECKING:
    from poolhouse.servers.http.limits import FrontLimits

METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")

_TELLING = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})


class Head:
    """One request's head. Names of `fields` are lower-case; the parser has already refused what is no token.

    `has_body` says whether a body follows, `length_bytes` how long it is where that was said.
    """

    __slots__ = (
        "_codings",
        "_host",
        "_host_count",
        "_limits",
        "_size_bytes",
        "expects_100",
        "fields",
        "has_body",
        "length_bytes",
        "url",
    )

    def __init__(self, limits: FrontLimits) -> None:
        self._limits = limits
        self._size_bytes = 0
        self._host = b""
        self._host_count = 0
        self._codings: tuple[bytes, ...] = ()
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.length_bytes = 0
        self.has_body = False
        self.expects_100 = False

    def add_url(self, piece: bytes) -> None:
        """More of the target. Raises RefusedRequestError (414)."""
        self.url += piece
        if len(self.url) > self._limits.url_bytes:
            raise RefusedRequestError(414, "The address asked for is too long.")

    def add_field(self, name: bytes, value: bytes) -> None:
        """The next header field. Raises RefusedRequestError (431)."""
        name = name.lower()
        self.fields.append((name, value))
        self._size_bytes += len(name) + len(value) + 4
        if self._size_bytes + len(self.url) > self._limits.head_bytes:
            raise RefusedRequestError(431, "The header fields of the request are too large.")
        if name in _TELLING:
            self._note(name, value)

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._host = value
            self._host_count += 1
        elif name == b"content-length":
            self.length_bytes = int(value)
            self.has_body = self.length_bytes > 0
        elif name == b"transfer-encoding":
            self._codings += (value.strip().lower(),)
            self.has_body = True
        else:
            self.expects_100 = value.strip().lower() == b"100-continue"

    def check(self, method: bytes, version: str) -> tuple[bytes, bytes]:
        """Path and query of the request, once its head is complete. Raises RefusedRequestError."""
        if version != "1.1" and version != "1.0":  # noqa: PLR1714 - in every request, and a set is slower
            raise RefusedRequestError(505, "This version of HTTP is not spoken here; use HTTP/1.1.")
        if method not in METHODS:
            raise RefusedRequestError(501, f"This server does not know the method {method.decode('ascii')}.")
        if len(self.fields) > self._limits.header_count:
            raise RefusedRequestError(431, "The request has too many header fields.")
        if self.has_body:
            self._check_body(version)
        path, query, authority = split_target(self.url)
        if path == b"*" and method != b"OPTIONS":
            raise RefusedRequestError(400, "The target * goes with OPTIONS alone.")
        # exactly one Host in HTTP/1.1 (RFC 9112 §3.2)
        if self._host_count > 1 or (version == "1.1" and not self._host_count):
            raise RefusedRequestError(400, "The request must name its host exactly once.")
        if not is_authority(self._host) or not (authority is None or is_authority(authority)):
            raise RefusedRequestError(400, "The request names a host that cannot be one.")
        if authority is not None:
            self._rename(authority)
        return path, query

    def _check_body(self, version: str) -> None:
        """RFC 9112 §6.1. The parser itself refuses two lengths, and a length beside a coding."""
        if self._codings and version == "1.0":
            raise RefusedRequestError(400, "HTTP/1.0 has no Transfer-Encoding.")
        if any(coding != b"chunked" for coding in self._codings):
            raise RefusedRequestError(501, "The only Transfer-Encoding known here is chunked.")
        if self.length_bytes > self._limits.body_bytes:
            raise too_large(self._limits)

    def _rename(self, authority: bytes) -> None:
        """The absolute form overrules Host (RFC 9112 §3.2.2)."""
        self.fields[:] = [field for field in self.fields if field[0] != b"host"]
        self.fields.insert(0, (b"host", authority))


def too_large(limits: FrontLimits) -> RefusedRequestError:
    """The refusal of a body over the limit."""
    return RefusedRequestError(413, f"The body of the request is larger than {limits.body_bytes} bytes.")
