"""Replies as bytes, and as small ASGI applications where they must wait for their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from poolhouse.servers.http.message import Reply

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

BODILESS = frozenset({204, 304})
"""Answers that never have a body, nor a length of one (RFC 9110 §8.6)."""

_PLAIN = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


def plain_reply(status: int, sentence: str) -> Reply:
    """One sentence, to be read by a person."""
    return Reply(status, _PLAIN, sentence.encode() + b"\n")


FAILED = plain_reply(500, "The server failed at this request; its log says how.")


def encode_reply(reply: Reply, date_line: bytes, *, is_head: bool, keep_alive: bool) -> bytes:
    """The whole answer in one piece, so that it is one write.

    Raises ValueError for a header with a line break in it and KeyError for a status that is none: our bug.
    """
    headers = reply.headers
    fields = b"".join([b"%b: %b\r\n" % field for field in headers])
    if fields.count(b"\n") != len(headers) or fields.count(b"\r") != len(headers) or b"\0" in fields:
        raise ValueError("a header of the reply holds a line break or a NUL")
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    status_line = STATUS_LINE[reply.status]
    if reply.status in BODILESS:
        return b"".join((status_line, date_line, fields, end))
    parts = [status_line, date_line, fields, b"content-length: %d\r\n" % len(reply.body), end]
    if not is_head:
        parts.append(reply.body)
    return b"".join(parts)


def answering(reply: Reply) -> ASGI3Application:
    """An application that says this, for an answer that must wait behind others."""
    headers = list(reply.headers)
    if reply.status not in BODILESS:
        headers.append((b"content-length", b"%d" % len(reply.body)))

    async def app(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": headers, "trailers": False}
        )
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    return app
