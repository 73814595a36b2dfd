"""The icon and the picture of a saved page: bytes from a stranger, shown as images and as nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from poolhouse.errors import NotFoundError
from poolhouse.formats.page_head import sniff_icon
from poolhouse.servers.web.door import Page
from poolhouse.services.reading import get_item

if TYPE_CHECKING:
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item

_WEEK_SECONDS = 604_800


async def show_icon(visit: Visit) -> Response:
    """The icon, to its owner."""
    return await _image(visit, _item(visit).favicon, "icon")


async def show_thumbnail(visit: Visit) -> Response:
    """The picture that the page offered, made small, to its owner."""
    return await _image(visit, _item(visit).thumbnail, "picture")


def _item(visit: Visit) -> Item:
    me, item_id = visit.me, visit.item_id()
    return visit.house.read(lambda tx: get_item(tx, me, item_id))


async def _image(visit: Visit, address: str | None, what: str) -> Response:
    """The blob as an image. Its type is read from its bytes; one that is not an image is not there."""
    content = await asyncio.to_thread(visit.house.blobs.get, address) if address else None
    media_type = sniff_icon(content) if content else None
    if content is None or media_type is None:
        raise NotFoundError(what)
    headers = {
        "content-type": media_type,
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": f"private, max-age={_WEEK_SECONDS}",
        "vary": "Cookie",
    }
    return Response(content, headers=headers)


PAGES = (
    Page(path="/items/{id}/icon", get=show_icon),
    Page(path="/items/{id}/thumbnail", get=show_thumbnail),
)
