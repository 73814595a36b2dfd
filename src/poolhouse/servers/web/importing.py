"""Importing bookmarks and mail: the form takes the file, which says by itself what it is; a job does the rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError
from poolhouse.formats.mbox import is_message
from poolhouse.servers.web.door import Page
from poolhouse.services.imports import queue_import
from poolhouse.services.links import target_pool
from poolhouse.services.mail_imports import mail_pool, queue_mail_import
from poolhouse.types import PoolId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import JobId


async def show_import(visit: Visit) -> Response:
    """The form."""
    return _form(visit, None)


async def start_import(visit: Visit) -> Response:
    """Keep the file and have it imported; on to the jobs, which say how far it is and what came of it."""
    me, form, blobs = visit.me, visit.form, visit.house.blobs
    file, found = form.file, form.number("pool")
    if file is None or not file.content:
        return _form(
            visit, InvalidInputError("file", "Choose the file that your browser or mail program exported.")
        )
    pool_id = None if found is None else PoolId(found)
    try:
        visit.house.read(lambda tx: target_pool(tx, me, pool_id))
        blob = await asyncio.to_thread(blobs.put, file.content)
        is_mail = is_message(file.content)

        def queue(tx: Transaction) -> JobId:
            if is_mail:
                return queue_mail_import(tx, me, blob, file.name, pool_id=mail_pool(tx, me, pool_id))
            return queue_import(tx, me, blob, file.name, pool_id=pool_id)

        await visit.house.write(queue)
    except InvalidInputError as error:
        return _form(visit, error)
    return visit.go("/jobs", "importing")


def _form(visit: Visit, error: InvalidInputError | None) -> Response:
    chosen = visit.form.number("pool")
    return visit.page("import.html", 400 if error else 200, error=error, chosen=chosen)


PAGES = (Page(path="/import", get=show_import, post=start_import, takes_file=True),)
