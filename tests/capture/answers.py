"""Answers of the site, written byte by byte where a web framework would be too well behaved."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Answer = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]

HTML = "text/html; charset=utf-8"
DRIP_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: its path, the host and port it names, its header lines as they came, and who listened."""

    path: str
    host: str
    lines: tuple[str, ...]
    address: str

    def header(self, name: str) -> str | None:
        """The value of the first header of this name."""
        fields = (line.partition(":") for line in self.lines)
        return next((value.strip() for key, _, value in fields if key.lower() == name), None)

    def filled(self, text: str) -> str:
        """`text` with `{here}` for the site's address as it was asked and `{port}` for its port."""
        return text.replace("{here}", f"http://{self.host}").replace("{port}", self.host.rpartition(":")[2])


def head(status: str, *lines: str) -> bytes:
    """A status line, header lines and the empty line."""
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode()


def whole(
    body: str | bytes,
    content_type: str = HTML,
    *,
    status: str = "200 OK",
    lines: Sequence[str] = (),
    length: int | None = None,
) -> Answer:
    """A body as it is; a text is filled in and sent as UTF-8. `length` is what is claimed; "" claims no type."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        sent = asked.filled(body).encode() if isinstance(body, str) else body
        claimed = len(sent) if length is None else length
        typed = [f"Content-Type: {content_type}"] if content_type else []
        writer.write(head(status, f"Content-Length: {claimed}", *typed, *lines) + sent)

    return answer


def packed(body: str, *, keep_bytes: int | None = None) -> Answer:
    """A page in gzip, cut off after `keep_bytes` by somebody who then claims that it was all."""
    return whole(gzip.compress(body.encode(), mtime=0)[:keep_bytes], lines=["Content-Encoding: gzip"])


def chunked(body: str, size: int) -> Answer:
    """In chunks of `size` bytes, with extensions and a trailer (RFC 9112 §7.1)."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        data = asked.filled(body).encode()
        writer.write(head("200 OK", f"Content-Type: {HTML}", "Transfer-Encoding: chunked"))
        for start in range(0, len(data), size):
            chunk = data[start : start + size]
            writer.write(b"%x;odd=yes\r\n%s\r\n" % (len(chunk), chunk))
        writer.write(b"0\r\nX-Trailer: yes\r\n\r\n")

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, and the end of the connection."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def redirect(location: str, status: str = "302 Found") -> Answer:
    """To another address; `{here}` and `{port}` are filled in."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, "Content-Length: 0", f"Location: {asked.filled(location)}"))

    return answer


def for_telephones(desktop: Answer, location: str) -> Answer:
    """A redirect for everybody who does not say that it is a large browser, as sites did who had another for those."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_large = "Windows NT" in (asked.header("user-agent") or "")
        await (desktop if is_large else redirect(location))(asked, writer)

    return answer


def needs_cookie(page: Answer) -> Answer:
    """Sets a cookie and sends who comes without it round again, for ever."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.header("cookie") is not None:
            await page(asked, writer)
        else:
            again = f"http://{asked.host}{asked.path}"
            writer.write(
                head("302 Found", "Set-Cookie: seen=1; Path=/", f"Location: {again}", "Content-Length: 0")
            )

    return answer


def silent() -> Answer:
    """Takes the request and never says a word."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return answer


def dripping(start: bytes, drop: bytes, *, drops: int | None = None) -> Answer:
    """After `start`, `drop` now and then: for ever, or `drops` times."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        sent = 0
        while drops is None or sent < drops:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)
            sent += 1

    return answer


def endless(start: bytes, more: bytes) -> Answer:
    """After `start`, `more` as fast as it is taken, for ever."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()

    return answer


def cut(start: bytes) -> Answer:
    """After `start`, a reset: no end of the connection but RST (RFC 9293 §3.5.2)."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return answer
