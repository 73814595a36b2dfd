"""Captured pages as documents: bytes of strangers, which run nothing, ask for nothing and belong to no site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from poolhouse.errors import NotFoundError
from poolhouse.formats.raster import sniff_raster
from poolhouse.servers.api.answers import PRIVATE_HEADERS
from poolhouse.servers.packed import packed_document, read_packed

if TYPE_CHECKING:
    from starlette.requests import Request

    from poolhouse.ports import Blobs

# its own policy takes the place of that for data
_HEADERS = {name.lower(): value for name, value in PRIVATE_HEADERS.items()} | {"vary": "Accept-Encoding"}


async def html_document(request: Request, blobs: Blobs, address: str | None) -> Response:
    """The HTML in a blob, packed for whoever takes that. Raises NotFoundError, also where it is damaged."""
    return await packed_document(request, blobs, address, _HEADERS)


async def picture(blobs: Blobs, address: str | None) -> Response:
    """The picture in a blob; its type is read from its bytes, and what is none is not there. Raises NotFoundError."""
    content = await read_packed(blobs, address)
    media_type = sniff_raster(content)
    if media_type is None:
        raise NotFoundError("captured page")
    return Response(content, media_type=media_type, headers=PRIVATE_HEADERS)
