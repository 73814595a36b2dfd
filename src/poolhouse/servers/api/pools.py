"""Pools, and which links are in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.errors import ConflictError, NotFoundError
from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import json_answer, list_answer, next_page_url, no_content
from poolhouse.servers.api.calls import named_pool
from poolhouse.servers.api.fields import UNSET, Unset
from poolhouse.servers.api.views import entries_data, link_data, pool_data
from poolhouse.services.links import edit_link, target_pool
from poolhouse.services.pools import add_pool, edit_pool, get_pool, list_pools, restore_pool, trash_pool
from poolhouse.services.reading import get_item, list_entries, pools_of_item
from poolhouse.types import CaptureMode, ItemId, PoolId, PoolKind

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.servers.api.fields import PoolRef
    from poolhouse.types import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPool:
    """What POST /pools takes."""

    name: str
    parent: PoolRef | None = None
    query: str | None = None
    capture: CaptureMode | None = None
    feed_text: bool = False
    skips_inbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChange:
    """What PATCH /pools/{pool_id} takes; what is not given stays, a parent of None is the top."""

    name: str | None = None
    parent: PoolRef | Unset | None = UNSET
    query: str | None = None
    capture: CaptureMode | None = None
    feed_text: bool | None = None
    skips_inbox: bool | None = None


_CAPTURE = fields.choice(
    CaptureMode,
    "How much is kept of the pages of links saved into it: `off` nothing beside title, description and icon, `text` the"
    " readable text and a picture (as when left out), `full` the whole page in one file too. A saved search keeps"
    " nothing.",
)
_FEED_TEXT = fields.flag("Whether the entries of its feed carry that text.")
_SKIPS_INBOX = fields.flag(
    "Of a saved search: whether messages that belong there when they come go to the Archive and not to the Inbox."
)
NEW_POOL = fields.body_of(
    NewPool,
    name=fields.text("1 to 200 characters, without “/”."),
    parent=fields.nullable(
        fields.pool("The id or path of the pool it is in; null or left out, it is at the top.")
    ),
    query=fields.nullable(fields.text("Makes it a saved search.")),
    capture=_CAPTURE,
    feed_text=_FEED_TEXT,
    skips_inbox=_SKIPS_INBOX,
)
POOL_CHANGE = fields.body_of(
    PoolChange,
    name=fields.text("1 to 200 characters, without “/”."),
    parent=fields.nullable(fields.pool("The id or path of the pool to move it to; null is the top.")),
    query=fields.text("What a saved search finds."),
    capture=_CAPTURE,
    feed_text=_FEED_TEXT,
    skips_inbox=_SKIPS_INBOX,
)


async def list_all(call: Call) -> Response:
    """GET /pools"""
    pools = call.house.read(lambda tx: list_pools(tx, call.principal))
    return list_answer([pool_data(pool, call.house.addresses) for pool in pools])


async def add(call: Call) -> Response:
    """POST /pools"""
    new = await call.body(NEW_POOL)

    def make(tx: Transaction) -> Pool:
        parent = None if new.parent is None else named_pool(tx, call.principal, new.parent, "parent")
        return add_pool(
            tx,
            call.principal,
            new.name,
            parent_id=parent.id if parent else None,
            query=new.query,
            capture=new.capture,
            feed_text=new.feed_text,
            skips_inbox=new.skips_inbox,
        )

    pool = await call.house.write(make)
    location = f"{call.base_url}/pools/{pool.id}"
    return json_answer(pool_data(pool, call.house.addresses), 201, headers={"Location": location})


async def get(call: Call) -> Response:
    """GET /pools/{pool_id}"""
    pool_id = PoolId(call.id("pool_id"))
    pool = call.house.read(lambda tx: get_pool(tx, call.principal, pool_id))
    return json_answer(pool_data(pool, call.house.addresses))


async def change(call: Call) -> Response:
    """PATCH /pools/{pool_id}"""
    pool_id = PoolId(call.id("pool_id"))
    asked = await call.body(POOL_CHANGE)

    def edit(tx: Transaction) -> Pool:
        get_pool(tx, call.principal, pool_id)  # before the body's own pool: this one may not be there
        parent = (
            None
            if asked.parent is None or asked.parent is UNSET
            else named_pool(tx, call.principal, asked.parent, "parent")
        )
        return edit_pool(
            tx,
            call.principal,
            pool_id,
            name=asked.name,
            parent_id=parent.id if parent else None,
            is_moved=asked.parent is not UNSET,
            query=asked.query,
            capture=asked.capture,
            feed_text=asked.feed_text,
            skips_inbox=asked.skips_inbox,
        )

    return json_answer(pool_data(await call.house.write(edit), call.house.addresses))


async def delete(call: Call) -> Response:
    """DELETE /pools/{pool_id}"""
    pool_id = PoolId(call.id("pool_id"))
    await call.house.write(lambda tx: trash_pool(tx, call.principal, pool_id))
    return no_content()


async def restore(call: Call) -> Response:
    """POST /pools/{pool_id}/restore"""
    pool_id = PoolId(call.id("pool_id"))
    pool = await call.house.write(lambda tx: restore_pool(tx, call.principal, pool_id))
    return json_answer(pool_data(pool, call.house.addresses))


async def list_pool_entries(call: Call) -> Response:
    """GET /pools/{pool_id}/entries"""
    pool_id, page = PoolId(call.id("pool_id")), call.page()

    def ask(tx: Transaction) -> tuple[list[dict[str, Any]], int | None]:
        found = list_entries(tx, call.principal, pool_id, before=page.before, limit=page.limit + 1)
        shown = found[: page.limit]
        last = shown[-1].membership.position if len(found) > page.limit else None
        return entries_data(tx, call, shown), last

    items, last = call.house.read(ask)
    return list_answer(items, next_page_url(call.url, call.query, last) if last else None)


async def put_entry(call: Call) -> Response:
    """PUT /pools/{pool_id}/entries/{link_id}"""
    pool_id, item_id = PoolId(call.id("pool_id")), ItemId(call.id("link_id"))

    def put(tx: Transaction) -> dict[str, Any]:
        places = _places(tx, call, pool_id, item_id)
        item = get_item(tx, call.principal, item_id)
        if item.trashed_at is not None:
            raise ConflictError("link", "The link is in the trash; restore it first.")
        if pool_id not in places:
            item = edit_link(tx, call.principal, item_id, pool_ids=[*places, pool_id])
        return link_data(tx, call, item)

    return json_answer(await call.house.write(put))


async def remove_entry(call: Call) -> Response:
    """DELETE /pools/{pool_id}/entries/{link_id}"""
    pool_id, item_id = PoolId(call.id("pool_id")), ItemId(call.id("link_id"))

    def remove(tx: Transaction) -> None:
        places = _places(tx, call, pool_id, item_id)
        if pool_id not in places:
            raise NotFoundError("entry")
        if places == [pool_id]:
            raise ConflictError("pool", "The link is in no other pool; delete the link itself.")
        edit_link(tx, call.principal, item_id, pool_ids=[each for each in places if each != pool_id])

    await call.house.write(remove)
    return no_content()


def _places(tx: Transaction, call: Call, pool_id: PoolId, item_id: ItemId) -> list[PoolId]:
    """The manual pools that the link is in. Raises NotFoundError, InvalidInputError for a saved search."""
    target_pool(tx, call.principal, pool_id)
    return [pool.id for pool in pools_of_item(tx, call.principal, item_id) if pool.kind is PoolKind.MANUAL]
