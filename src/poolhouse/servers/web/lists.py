"""Mailing lists: those a person has mail of, each offered as a pool that fills itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.servers.web.door import Page
from poolhouse.services.messages import mailing_lists
from poolhouse.services.pools import list_pools

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.servers.web.visit import Visit


async def show_lists(visit: Visit) -> Response:
    """The lists with most mail first, and the pools that some of them have already."""
    me = visit.me
    lists, pools = visit.house.read(lambda tx: (mailing_lists(tx, me), list_pools(tx, me)))
    by_query = {pool.query: pool for pool in pools if pool.query}
    return visit.page("lists.html", lists=lists, by_query=by_query)


PAGES = (Page(path="/lists", get=show_lists),)
