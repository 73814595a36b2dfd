"""The trash: what can be brought back, and emptying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.servers.web.door import Page
from poolhouse.servers.web.pools import ROWS_PER_PAGE
from poolhouse.services.pools import list_trashed_pools
from poolhouse.services.trash import empty_trash, list_trash

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.servers.web.visit import Visit

EMPTIED_AT_ONCE = 1_000


async def show_trash(visit: Visit) -> Response:
    """Deleted links, newest first, and deleted pools; a pool that went with the one around it is not named again."""
    me, before = visit.me, visit.query.number("before")
    items, pools = visit.house.read(
        lambda tx: (list_trash(tx, me, before=before, limit=ROWS_PER_PAGE + 1), list_trashed_pools(tx, me))
    )
    gone = {(pool.id, pool.trashed_at) for pool in pools}
    tops = [pool for pool in pools if (pool.parent_id, pool.trashed_at) not in gone]
    shown = items[:ROWS_PER_PAGE]
    older = shown[-1].id if len(items) > ROWS_PER_PAGE else None
    return visit.page("trash.html", items=shown, pools=tops, older=older, before=before)


async def empty(visit: Visit) -> Response:
    """Delete for good every link in the trash, in steps that let others write between them."""
    me = visit.me
    while await visit.house.write(lambda tx: empty_trash(tx, me, limit=EMPTIED_AT_ONCE)) == EMPTIED_AT_ONCE:
        continue
    return visit.go("/trash", "emptied")


PAGES = (Page(path="/trash", get=show_trash), Page(path="/trash/empty", post=empty))
