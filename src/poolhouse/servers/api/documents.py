"""Captured pages as documents: bytes of strangers, which run nothing, ask for nothing and belong to no site."""

from __future__ import annotations

import asyncio
import logging
import zlib
from typing import TYPE_CHECKING

from starlette.responses import Response

from poolhouse.errors import NotFoundError
from poolhouse.formats.raster import sniff_raster
from poolhouse.servers.api.answers import PRIVATE_HEADERS

if TYPE_CHECKING:
    from starlette.requests import Request

    from poolhouse.ports import Blobs

HTML_LIMIT_BYTES = 64 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_PAGE_HEADERS = {
    **PRIVATE_HEADERS,
    # an opaque origin, no script, no form, no frame; pictures and styles only as they stand in the page
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:;"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Vary": "Accept-Encoding",
}
_log = logging.getLogger("poolhouse.api")


async def html_document(request: Request, blobs: Blobs, address: str | None) -> Response:
    """The HTML in a blob, which is packed by gzip: as it is for whoever takes that, unpacked for others.

    Raises NotFoundError, also where the file is gone or damaged.
    """
    packed = await _read(blobs, address)
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        headers = {**_PAGE_HEADERS, "Content-Encoding": "gzip"}
        return Response(packed, media_type="text/html; charset=utf-8", headers=headers)
    # in a thread: some milliseconds a megabyte
    html = await asyncio.to_thread(_unpack, packed)
    if html is None:
        _log.error("blob %s is damaged or too large; poolhouse verify says more", address)
        raise NotFoundError("captured page")
    return Response(html, media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)


async def picture(blobs: Blobs, address: str | None) -> Response:
    """The picture in a blob; its type is read from its bytes, and what is none is not there. Raises NotFoundError."""
    content = await _read(blobs, address)
    media_type = sniff_raster(content)
    if media_type is None:
        raise NotFoundError("captured page")
    return Response(content, media_type=media_type, headers=PRIVATE_HEADERS)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip (RFC 9110 §12.5.3): by name, or with everything that it does not name."""
    weights: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _is_wanted(parameter.replace(" ", "").replace("\t", ""))
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _is_wanted(parameter: str) -> bool:
    if not parameter:
        return True
    try:
        return parameter.startswith("q=") and float(parameter[2:]) > 0
    except ValueError:
        return False


def _unpack(packed: bytes) -> bytes | None:
    """What was packed with gzip; None for what is damaged, or would be larger than any page of ours."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        html = unpacker.decompress(packed, HTML_LIMIT_BYTES)
    except zlib.error:
        return None
    return html if unpacker.eof else None


async def _read(blobs: Blobs, address: str | None) -> bytes:
    content = None if address is None else await asyncio.to_thread(blobs.get, address)
    if content is None:
        raise NotFoundError("captured page")
    return content
