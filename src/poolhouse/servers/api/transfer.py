"""Export and import: everything out, bookmarks in."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple

from poolhouse.errors import InvalidInputError
from poolhouse.formats.netscape import read_netscape
from poolhouse.servers.api.answers import file_answer, json_answer
from poolhouse.servers.api.bodies import check_type, read_body
from poolhouse.servers.api.calls import as_number, named_pool
from poolhouse.services.exports import export_json_lines, export_netscape, export_opml
from poolhouse.services.imports import BATCH_SIZE, ImportReport, import_batch, plan_import
from poolhouse.services.links import target_pool

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from starlette.responses import Response

    from poolhouse.formats.netscape import NetscapeProblem
    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import Pool

IMPORT_LIMIT_BYTES = 64 * 1024 * 1024
IMPORT_TYPES = ("text/html", "application/octet-stream")
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
    check_type(call.request, IMPORT_TYPES)
    base_pool = call.house.read(lambda tx: _base_pool(tx, call))
    content = await read_body(call.request, IMPORT_LIMIT_BYTES)
    reading = await asyncio.to_thread(read_netscape, content)
    if not reading.bookmarks:
        raise InvalidInputError("body", "The file holds no bookmarks; export as HTML and try again.")
    plan = plan_import(reading)
    report = ImportReport()
    for start in range(0, len(plan), BATCH_SIZE):
        batch = plan[start : start + BATCH_SIZE]
        report = report + await call.house.write(
            lambda tx, batch=batch: import_batch(tx, call.principal, batch, base_pool=base_pool)  # type: ignore[misc] # mypy cannot infer a lambda's default
        )
    return json_answer(_report_data(report, reading.problems))


def _base_pool(tx: Transaction, call: Call) -> Pool | None:
    text = call.query.get("pool")
    if text is None:
        return None
    number = as_number(text)
    pool = named_pool(tx, call.principal, text if number is None else number)
    return target_pool(tx, call.principal, pool.id)


def _report_data(report: ImportReport, problems: Iterable[NetscapeProblem]) -> dict[str, Any]:
    return {
        "added": report.added,
        "merged": report.merged,
        "refused": [{"place": each.place, "url": each.url, "reason": each.reason} for each in report.refused],
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in problems],
    }
