"""Captured pages as documents: bytes of strangers, packed by gzip, which run nothing and belong to no site."""

from __future__ import annotations

import asyncio
import logging
import zlib
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, Response

from poolhouse.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from poolhouse.ports import Blobs

DOCUMENT_LIMIT_BYTES: Final = 64 * 1024 * 1024
DOCUMENT_POLICY: Final = (
    # an opaque origin, no script, no form, no frame; pictures and styles only as they stand in the page
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_GZIP: Final = 16 + zlib.MAX_WBITS
_log = logging.getLogger("poolhouse.captures")


async def packed_document(
    request: Request, blobs: Blobs, address: str | None, headers: Mapping[str, str]
) -> Response:
    """The HTML in a blob, shut in: as it lies there for whoever takes gzip, unpacked for others.

    `headers` are the door's own; a `vary` among them must name Accept-Encoding. Raises NotFoundError, also where the
    file is gone, damaged or larger than `DOCUMENT_LIMIT_BYTES`.
    """
    packed = await read_packed(blobs, address)
    headers = {**headers, "content-security-policy": DOCUMENT_POLICY}
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        return HTMLResponse(packed, headers={**headers, "content-encoding": "gzip"})
    try:
        # in a thread: some milliseconds a megabyte
        html = await asyncio.to_thread(unpack, packed, DOCUMENT_LIMIT_BYTES)
    except NotFoundError:
        _log.error("blob %s is damaged or too large; poolhouse verify says more", address)
        raise
    return HTMLResponse(html, headers=headers)


async def read_packed(blobs: Blobs, address: str | None) -> bytes:
    """What is in a blob, read in a thread: a whole page may be large. Raises NotFoundError."""
    content = None if address is None else await asyncio.to_thread(blobs.get, address)
    if content is None:
        raise NotFoundError("captured page")
    return content


def unpack(packed: bytes, limit_bytes: int) -> bytes:
    """What was packed by gzip. Raises NotFoundError for what is damaged, or larger than that."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        # one byte more: at the limit itself the end would not have been read yet
        content = unpacker.decompress(packed, limit_bytes + 1)
    except zlib.error:
        raise NotFoundError("captured page") from None
    if not unpacker.eof or len(content) > limit_bytes:
        raise NotFoundError("captured page")
    return content


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
