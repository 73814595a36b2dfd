"""Messages: what they say, their parts and bytes, their conversation; and setting aside, of any item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

from poolhouse.errors import NotFoundError
from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import PRIVATE_HEADERS, json_answer, list_answer
from poolhouse.servers.api.mail_views import message_data
from poolhouse.servers.api.views import link_data, links_data
from poolhouse.servers.attached import part_answer, part_at, raw_answer, read_part
from poolhouse.servers.packed import DOCUMENT_POLICY
from poolhouse.services.messages import (
    get_message,
    mailing_lists,
    message_bodies,
    save_found_link,
    thread_of,
)
from poolhouse.services.reading import get_item
from poolhouse.services.setting_aside import archive_item, defer_item, unarchive_item, undefer_item
from poolhouse.types import ItemId

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import Item, Message, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """What POST /messages/{message_id}/links takes."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """What PUT /links/{link_id}/deferral takes."""

    until: datetime


FOUND_LINK = fields.body_of(FoundLink, url=fields.text("One of the message's `links`."))
DEFERRAL = fields.body_of(Deferral, until=fields.time("When it shall come back; a time to come."))


async def get(call: Call) -> Response:
    """GET /messages/{message_id}"""
    item_id = _id(call)

    def ask(tx: Transaction) -> dict[str, Any]:
        message = get_message(tx, call.principal, item_id)
        bodies = message_bodies(tx, call.principal, item_id)
        item = get_item(tx, call.principal, item_id)
        return message_data(link_data(tx, call, item), message, bodies, call.base_url)

    return json_answer(call.house.read(ask))


async def get_raw(call: Call) -> Response:
    """GET /messages/{message_id}/raw"""
    item, _ = _message(call)
    return _private(await raw_answer(call.house.blobs, item))


async def get_html(call: Call) -> Response:
    """GET /messages/{message_id}/html"""
    item_id = _id(call)
    bodies = call.house.read(lambda tx: message_bodies(tx, call.principal, item_id))
    if bodies is None or not bodies.html:
        raise NotFoundError("message as HTML")
    return HTMLResponse(bodies.html, headers={**PRIVATE_HEADERS, "Content-Security-Policy": DOCUMENT_POLICY})


async def get_part(call: Call) -> Response:
    """GET /messages/{message_id}/parts/{part}"""
    item, message = _message(call)
    part = part_at(message.facts.parts if message.facts else (), call.request.path_params["part"])
    return _private(part_answer(part, await read_part(call.house.blobs, item.blob, part)))


async def list_thread(call: Call) -> Response:
    """GET /messages/{message_id}/thread"""
    item_id = _id(call)
    return list_answer(
        call.house.read(lambda tx: links_data(tx, call, thread_of(tx, call.principal, item_id)))
    )


async def save_link(call: Call) -> Response:
    """POST /messages/{message_id}/links"""
    found, item_id = await call.body(FOUND_LINK), _id(call)

    def save(tx: Transaction) -> tuple[dict[str, Any], bool]:
        saved = save_found_link(tx, call.principal, item_id, found.url)
        return link_data(tx, call, saved.item), saved.is_new

    link, is_new = await call.house.write(save)
    return json_answer(
        link, 201 if is_new else 200, headers={"Location": f"{call.base_url}/links/{link['id']}"}
    )


async def list_lists(call: Call) -> Response:
    """GET /lists"""
    found = call.house.read(lambda tx: mailing_lists(tx, call.principal))
    return list_answer([{"list_id": list_id, "name": name, "count": count} for list_id, name, count in found])


async def archive(call: Call) -> Response:
    """PUT /links/{link_id}/archive"""
    return await _set_aside(call, archive_item)


async def unarchive(call: Call) -> Response:
    """DELETE /links/{link_id}/archive"""
    return await _set_aside(call, unarchive_item)


async def defer(call: Call) -> Response:
    """PUT /links/{link_id}/deferral"""
    until = (await call.body(DEFERRAL)).until
    return await _set_aside(call, lambda tx, me, item_id: defer_item(tx, me, item_id, until))


async def undefer(call: Call) -> Response:
    """DELETE /links/{link_id}/deferral"""
    return await _set_aside(call, undefer_item)


async def _set_aside(call: Call, change: Callable[[Transaction, Principal, ItemId], Item]) -> Response:
    item_id = ItemId(call.id("link_id"))
    return json_answer(
        await call.house.write(lambda tx: link_data(tx, call, change(tx, call.principal, item_id)))
    )


def _id(call: Call) -> ItemId:
    return ItemId(call.id("message_id"))


def _message(call: Call) -> tuple[Item, Message]:
    item_id = _id(call)
    return call.house.read(
        lambda tx: (get_item(tx, call.principal, item_id), get_message(tx, call.principal, item_id))
    )


def _private(response: Response) -> Response:
    for name, value in PRIVATE_HEADERS.items():
        if name.lower() not in response.headers:
            response.headers[name] = value
    return response
