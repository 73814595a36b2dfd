"""Parts of messages as files: bytes of strangers, which a browser keeps, and opens as nothing but a picture."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import Response

from poolhouse.errors import NotFoundError
from poolhouse.formats.mime_bodies import decode_body
from poolhouse.formats.mime_names import clean_file_name
from poolhouse.formats.raster import RASTER_TYPES, sniff_raster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolhouse.ports import Blobs
    from poolhouse.types import Item, Part

SHOWN_LIMIT_BYTES: Final = 32 * 1024 * 1024
_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
# what a program may be told it is; none of them runs anything in a browser that is asked to keep it
_TOLD: Final = frozenset(
    {
        *RASTER_TYPES,
        *(
            "application/pdf",
            "application/zip",
            "application/gzip",
            "application/epub+zip",
            "application/json",
        ),
        *("audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/flac", "video/mp4", "video/webm"),
        *("text/plain", "text/csv", "text/calendar", "message/rfc822"),
    }
)
_TITLE_LENGTH: Final = 80


async def read_raw(blobs: Blobs, item: Item) -> bytes:
    """A message as it came, byte for byte. In a thread: it may be large. Raises NotFoundError."""
    content = await asyncio.to_thread(blobs.get, item.blob) if item.blob else None
    if content is None:
        raise NotFoundError("message")
    return content


async def raw_answer(blobs: Blobs, item: Item) -> Response:
    """A message as it came, as a file to keep under its title. Raises NotFoundError."""
    content = await read_raw(blobs, item)
    # a slash in a title ends no directory
    words = clean_file_name(re.sub(r"[/\\]", " ", item.title[:_TITLE_LENGTH]))
    return file_answer(content, "message/rfc822", f"{words or 'message'}.eml")


def part_at(parts: Iterable[Part], path: str) -> Part:
    """The part at that path. Raises NotFoundError."""
    part = next((each for each in parts if each.path == path), None)
    if part is None:
        raise NotFoundError("attachment")
    return part


async def read_part(blobs: Blobs, address: str | None, part: Part) -> bytes:
    """A part of the message in a blob, decoded. In a thread: it may be large. Raises NotFoundError."""
    return await asyncio.to_thread(_decoded, blobs, address, part)


def _decoded(blobs: Blobs, address: str | None, part: Part) -> bytes:
    raw = blobs.get(address) if address else None
    if raw is None:
        raise NotFoundError("attachment")
    return decode_body(raw[part.start : part.end], part.encoding)


def part_answer(part: Part, content: bytes, *, is_shown: bool = False) -> Response:
    """A part as a file to keep; `is_shown`: as a picture to look at, where its bytes are one."""
    picture = sniff_raster(content) if is_shown and len(content) <= SHOWN_LIMIT_BYTES else None
    told = part.media_type if part.media_type in _TOLD else "application/octet-stream"
    return file_answer(content, picture or told, part_name(part), is_shown=picture is not None)


def file_answer(content: bytes, media_type: str, name: str, *, is_shown: bool = False) -> Response:
    """Bytes of a stranger under a name that it gave them: no browser guesses what they are, or runs them."""
    headers = {
        # Starlette would say of text which charset it has, and nobody knows
        "content-type": media_type,
        "content-disposition": disposition(name, is_shown=is_shown),
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
    }
    return Response(content, headers=headers)


def part_name(part: Part) -> str:
    """The name a part is kept under: its own, made fit for any file system, or one of its place and type."""
    if name := clean_file_name(part.name):
        return name
    ending = ".eml" if part.media_type == "message/rfc822" else mimetypes.guess_extension(part.media_type)
    return f"part-{part.path}{ending or '.bin'}"


def disposition(name: str, *, is_shown: bool = False) -> str:
    """A Content-Disposition (RFC 6266): the name in full, and in ASCII for who reads no other."""
    plain = re.sub(r"[^A-Za-z0-9._ ()+-]", "_", name)
    kind = "inline" if is_shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
