"""Export and import: everything out, bookmarks and mail in by jobs."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from poolhouse.errors import InvalidInputError
from poolhouse.formats.mbox import is_message
from poolhouse.servers.api.answers import file_answer, json_answer
from poolhouse.servers.api.bodies import check_type, read_body
from poolhouse.servers.api.calls import as_number, named_pool
from poolhouse.servers.api.views import job_data
from poolhouse.services.exports import export_json_lines, export_netscape, export_opml
from poolhouse.services.imports import queue_import
from poolhouse.services.jobs import get_job
from poolhouse.services.links import target_pool
from poolhouse.services.mail_imports import mail_pool, queue_mail_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import JobId, PoolId

IMPORT_LIMIT_BYTES = 64 * 1024 * 1024
IMPORT_TYPES = ("text/html", "application/octet-stream")
MAIL_TYPES = ("application/mbox", "message/rfc822", "application/octet-stream")
_MAIL_NAME = "mail"
_IMPORT_NAME = "bookmarks.html"
_MEMORY_BYTES = 4 * 1024 * 1024  # an export larger than this goes through a file without a name


class ExportFormat(NamedTuple):
    """A format's media type and the name of its file."""

    media_type: str
    file_name: str


EXPORT_FORMATS = {
    "json": ExportFormat("application/jsonl; charset=utf-8", "poolhouse.jsonl"),
    "netscape": ExportFormat("text/html; charset=utf-8", "poolhouse.html"),
    "opml": ExportFormat("text/x-opml; charset=utf-8", "poolhouse.opml"),
}


async def export(call: Call) -> Response:
    """GET /export"""
    name = call.query.get("format", "json")
    if name not in EXPORT_FORMATS:
        raise InvalidInputError("format", f"This is one of {', '.join(EXPORT_FORMATS)}.")

    def write(tx: Transaction) -> IO[bytes]:
        file = SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it
        try:
            for piece in _pieces(tx, call, name):
                file.write(piece.encode())
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    content = await call.house.read_long(write)
    return file_answer(content, *EXPORT_FORMATS[name])


def _pieces(tx: Transaction, call: Call, name: str) -> Iterable[str]:
    match name:
        case "netscape":
            return (export_netscape(tx, call.principal),)
        case "opml":
            return (export_opml(tx, call.principal, call.house.addresses),)
        case _:
            return export_json_lines(tx, call.principal)


async def import_file(call: Call) -> Response:
    """POST /import"""

    def queue(tx: Transaction, blob: str) -> JobId:
        name = call.query.get("name") or _IMPORT_NAME
        return queue_import(tx, call.principal, blob, name, pool_id=_base_pool(tx, call))

    return await _import(
        call, IMPORT_TYPES, bool, queue, wrong="The file is empty; export as HTML and try again."
    )


async def import_mail(call: Call) -> Response:
    """POST /import/mail"""

    def queue(tx: Transaction, blob: str) -> JobId:
        name = call.query.get("name") or _MAIL_NAME
        pool_id = mail_pool(tx, call.principal, _base_pool(tx, call))
        return queue_mail_import(tx, call.principal, blob, name, pool_id=pool_id)

    return await _import(
        call, MAIL_TYPES, is_message, queue, wrong="The file is neither an mbox nor a message."
    )


async def _import(
    call: Call,
    types: tuple[str, ...],
    is_right: Callable[[bytes], bool],
    queue: Callable[[Transaction, str], JobId],
    *,
    wrong: str,
) -> Response:
    """Take a file, and answer with the job that brings in what is in it; `wrong` is said where it is not one."""
    check_type(call.request, types)
    call.house.read(lambda tx: _base_pool(tx, call))  # before all of it is sent
    content = await read_body(call.request, IMPORT_LIMIT_BYTES)
    if not is_right(content):
        raise InvalidInputError("body", wrong)
    # in a thread: it waits for the disk
    blob = await asyncio.to_thread(call.house.blobs.put, content)
    job = await call.house.write(lambda tx: job_data(get_job(tx, call.principal, queue(tx, blob))))
    return json_answer(job, 202, headers={"Location": f"{call.base_url}/jobs/{job['id']}"})


def _base_pool(tx: Transaction, call: Call) -> PoolId | None:
    text = call.query.get("pool")
    if text is None:
        return None
    number = as_number(text)
    pool = named_pool(tx, call.principal, text if number is None else number)
    return target_pool(tx, call.principal, pool.id).id
