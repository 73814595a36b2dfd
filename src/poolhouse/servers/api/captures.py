"""Captured pages: versions of what a link led to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.servers.api.answers import json_answer, list_answer, no_content
from poolhouse.servers.api.documents import html_document, picture
from poolhouse.servers.api.views import capture_data, job_data
from poolhouse.services.captures import capture_text, delete_capture, get_capture, list_captures, recapture
from poolhouse.services.jobs import get_job
from poolhouse.types import CaptureId, ItemId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import Capture


async def list_all(call: Call) -> Response:
    """GET /links/{link_id}/captures"""
    item_id = ItemId(call.id("link_id"))
    captures = call.house.read(lambda tx: list_captures(tx, call.principal, item_id))
    return list_answer([capture_data(capture, call.base_url) for capture in reversed(captures)])


async def read_again(call: Call) -> Response:
    """POST /links/{link_id}/captures"""
    item_id = ItemId(call.id("link_id"))

    def ask(tx: Transaction) -> dict[str, Any]:
        return job_data(get_job(tx, call.principal, recapture(tx, call.principal, item_id)))

    job = await call.house.write(ask)
    return json_answer(job, 202, headers={"Location": f"{call.base_url}/jobs/{job['id']}"})


async def get(call: Call) -> Response:
    """GET /links/{link_id}/captures/{capture_id}"""
    item_id, capture_id = _ids(call)

    def ask(tx: Transaction) -> dict[str, Any]:
        capture = get_capture(tx, call.principal, item_id, capture_id)
        text = capture_text(tx, call.principal, item_id, capture_id)
        return {**capture_data(capture, call.base_url), "text": text}

    return json_answer(call.house.read(ask))


async def get_html(call: Call) -> Response:
    """GET /links/{link_id}/captures/{capture_id}/html"""
    return await html_document(call.request, call.house.blobs, _capture(call).reader_blob)


async def get_page(call: Call) -> Response:
    """GET /links/{link_id}/captures/{capture_id}/page"""
    return await html_document(call.request, call.house.blobs, _capture(call).page_blob)


async def get_thumbnail(call: Call) -> Response:
    """GET /links/{link_id}/captures/{capture_id}/thumbnail"""
    return await picture(call.house.blobs, _capture(call).thumbnail_blob)


async def delete(call: Call) -> Response:
    """DELETE /links/{link_id}/captures/{capture_id}"""
    item_id, capture_id = _ids(call)
    await call.house.write(lambda tx: delete_capture(tx, call.principal, item_id, capture_id))
    return no_content()


def _ids(call: Call) -> tuple[ItemId, CaptureId]:
    return ItemId(call.id("link_id")), CaptureId(call.id("capture_id"))


def _capture(call: Call) -> Capture:
    item_id, capture_id = _ids(call)
    return call.house.read(lambda tx: get_capture(tx, call.principal, item_id, capture_id))
