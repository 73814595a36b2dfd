"""Importing bookmarks: the form takes the file, a job does the rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.services.imports import queue_import
from poolhouse.services.links import target_pool
from poolhouse.types import PoolId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.servers.web.visit import Visit


async def show_import(visit: Visit) -> Response:
    """The form."""
    return _form(visit, None)


async def start_import(visit: Visit) -> Response:
    """Keep the file and have it imported; on to the jobs, which say how far it is and what came of it."""
    me, form, blobs = visit.me, visit.form, visit.house.blobs
    file, found = form.file, form.number("pool")
    if file is None or not file.content:
        return _form(visit, InvalidInputError("file", "Choose the file that your browser exported."))
    pool_id = None if found is None else PoolId(found)
    try:
        visit.house.read(lambda tx: target_pool(tx, me, pool_id))
        blob = await asyncio.to_thread(blobs.put, file.content)
        await visit.house.write(lambda tx: queue_import(tx, me, blob, file.name, pool_id=pool_id))
    except InvalidInputError as error:
        return _form(visit, error)
    return visit.go("/jobs", "importing")


def _form(visit: Visit, error: InvalidInputError | None) -> Response:
    chosen = visit.form.number("pool")
    return visit.page("import.html", 400 if error else 200, error=error, chosen=chosen)


PAGES = (Page(path="/import", get=show_import, post=start_import, takes_file=True),)
