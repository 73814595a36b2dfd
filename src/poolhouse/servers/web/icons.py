"""The icon of a saved page: bytes from a stranger, shown as an image and as nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from poolhouse.errors import NotFoundError
from poolhouse.formats.page_head import sniff_icon
from poolhouse.servers.web.door import Page
from poolhouse.services.reading import get_item

if TYPE_CHECKING:
    from poolhouse.servers.web.visit import Visit

_WEEK_SECONDS = 604_800


async def show_icon(visit: Visit) -> Response:
    """The icon, to its owner. Its type is read from its bytes; one that is not an image is not there."""
    me, item_id = visit.me, visit.item_id()
    item = visit.house.read(lambda tx: get_item(tx, me, item_id))
    content = visit.house.blobs.get(item.favicon) if item.favicon else None
    media_type = sniff_icon(content) if content else None
    if content is None or media_type is None:
        raise NotFoundError("icon")
    headers = {
        "content-type": media_type,
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": f"private, max-age={_WEEK_SECONDS}",
        "vary": "Cookie",
    }
    return Response(content, headers=headers)


PAGES = (Page(path="/items/{id}/icon", get=show_icon),)
