"""Search and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.pools import ROWS_PER_PAGE, count_threads
from poolhouse.services.reading import list_tags, search_items
from poolhouse.types import ItemId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item


async def search(visit: Visit) -> Response:
    """What a search finds, newest first; without words, how to search."""
    me, text = visit.me, visit.query.text("q").strip()
    found = visit.query.number("before")
    before = None if found is None else ItemId(found)
    items: Sequence[Item] = ()
    error = None
    if text:
        try:
            items = await visit.house.read_long(
                lambda tx: search_items(tx, me, text, before=before, limit=ROWS_PER_PAGE + 1)
            )
        except InvalidInputError as refused:
            error = refused
    shown = items[:ROWS_PER_PAGE]
    older = shown[-1].id if len(items) > ROWS_PER_PAGE else None
    status = 400 if error else 200
    threads = count_threads(visit, shown)
    values = {"items": shown, "threads": threads, "older": older, "before": before}
    return visit.page("search.html", status, at=None, q=text, error=error, **values)


async def show_tags(visit: Visit) -> Response:
    """Every tag in use, with how often it is used."""
    me = visit.me
    return visit.page("tags.html", tags=await visit.house.read_long(lambda tx: list_tags(tx, me)))


PAGES = (Page(path="/search", get=search), Page(path="/tags", get=show_tags))
