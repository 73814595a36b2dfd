"""The site: every HTTP door behind one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from poolhouse.servers import api, feeds, web
from poolhouse.servers.feeds import files

if TYPE_CHECKING:
    from poolhouse.servers.house import House


def build_site(house: House, door: feeds.FeedDoor | None = None) -> Starlette:
    """The ASGI application of a house; `door` is shared with the HTTP front's short cut."""
    door = door or feeds.FeedDoor(house)
    routes = [*feeds.routes(door), *files.routes(house), *api.routes(house), *web.routes(house)]
    return Starlette(routes=routes)
