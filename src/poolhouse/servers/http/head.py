"""Head: a request's target and header fields as they come, and what must hold before anybody sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.servers.http.refusal import RefusedRequestError
from poolhouse.servers.http.target import Target, check_authority, split_target

if TYPE_CHECKING:
    from poolhouse.servers.http.limits import FrontLimits

METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")

_TELLING = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})


class Head:
    """One request's head. Names of `fields` are lower-case; the parser has already refused what is no token."""

    __slots__ = (
        "_codings",
        "_hosts",
        "_limits",
        "_size_bytes",
        "expects_100",
        "fields",
        "length_bytes",
        "url",
    )

    def __init__(self, limits: FrontLimits) -> None:
        self._limits = limits
        self._size_bytes = 0
        self._hosts: list[bytes] = []
        self._codings: list[bytes] = []
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.length_bytes = 0
        self.expects_100 = False

    @property
    def has_body(self) -> bool:
        """Whether a body follows, be it of unknown length."""
        return self.length_bytes > 0 or bool(self._codings)

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
            self._hosts.append(value)
        elif name == b"content-length":
            self.length_bytes = int(value)
        elif name == b"transfer-encoding":
            self._codings.append(value.strip().lower())
        else:
            self.expects_100 = value.strip().lower() == b"100-continue"

    def check(self, method: bytes, version: str) -> Target:
        """Where the request goes, once its head is complete. Raises RefusedRequestError."""
        if version not in {"1.1", "1.0"}:
            raise RefusedRequestError(505, "This version of HTTP is not spoken here; use HTTP/1.1.")
        if method not in METHODS:
            raise RefusedRequestError(501, f"This server does not know the method {method.decode('ascii')}.")
        if len(self.fields) > self._limits.header_count:
            raise RefusedRequestError(431, "The request has too many header fields.")
        self._check_body(version)
        target = split_target(self.url)
        if target.path == b"*" and method != b"OPTIONS":
            raise RefusedRequestError(400, "The target * goes with OPTIONS alone.")
        self._check_host(version, target.authority)
        return target

    def _check_body(self, version: str) -> None:
        """RFC 9112 §6.1. The parser itself refuses two lengths, and a length beside a coding."""
        if self._codings and version == "1.0":
            raise RefusedRequestError(400, "HTTP/1.0 has no Transfer-Encoding.")
        if any(coding != b"chunked" for coding in self._codings):
            raise RefusedRequestError(501, "The only Transfer-Encoding known here is chunked.")
        if self.length_bytes > self._limits.body_bytes:
            raise too_large(self._limits)

    def _check_host(self, version: str, authority: bytes | None) -> None:
        """RFC 9112 §3.2: exactly one Host in HTTP/1.1; the absolute form overrules it (§3.2.2)."""
        if len(self._hosts) > 1 or (version == "1.1" and not self._hosts):
            raise RefusedRequestError(400, "The request must name its host exactly once.")
        for host in self._hosts:
            check_authority(host)
        if authority is not None:
            self.fields[:] = [field for field in self.fields if field[0] != b"host"]
            self.fields.insert(0, (b"host", authority))


def too_large(limits: FrontLimits) -> RefusedRequestError:
    """The refusal of a body over the limit."""
    return RefusedRequestError(413, f"The body of the request is larger than {limits.body_bytes} bytes.")
