"""Links: saving, listing, changing, marking, deleting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import json_answer, list_answer, next_page_url, no_content
from poolhouse.servers.api.calls import as_number, named_pool, speaking_of
from poolhouse.servers.api.views import link_data, links_data
from poolhouse.services.links import edit_link, find_saved, mark_item, save_link
from poolhouse.services.reading import get_item, list_entries, search_items
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.types import ItemId, Mark, PoolId

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.servers.api.fields import PoolRef


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """What POST /links takes."""

    url: str
    title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    pool: PoolRef | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """What PATCH /links/{link_id} takes; what is not given stays."""

    url: str | None = None
    title: str | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None
    pools: tuple[PoolRef, ...] | None = None


NEW_LINK = fields.body_of(
    NewLink,
    url=fields.text("The page's address."),
    title=fields.text("Its title; left out, it is read from the page."),
    note=fields.text("Plain text."),
    tags=fields.texts("Added to those it has."),
    pool=fields.nullable(fields.pool("A pool's id or path; Bookmarks where it is left out.")),
    created_at=fields.nullable(fields.time("When it was saved first, if that was elsewhere and earlier.")),
)
LINK_CHANGE = fields.body_of(
    LinkChange,
    url=fields.text("The page's address."),
    title=fields.text("Its title; empty, it is the address."),
    note=fields.text("Plain text."),
    tags=fields.texts("All the tags it shall bear."),
    pools=fields.pools("All the pools it shall be in, saved searches apart."),
)


async def list_links(call: Call) -> Response:
    """GET /links"""
    if "pool" in call.query and "q" in call.query:
        raise InvalidInputError("q", "Give pool or q; a search can say pool:NAME.")
    if "pool" in call.query:
        return _links_of_pool(call)
    return await search_links(call)


async def search_links(call: Call) -> Response:
    """GET /search, and GET /links without a pool"""
    page = call.page()
    query = call.query.get("q", "")

    def ask(tx: Transaction) -> tuple[list[dict[str, Any]], ItemId | None]:
        before = None if page.before is None else ItemId(page.before)
        with speaking_of("q", for_field="query"):
            found = search_items(tx, call.principal, query, before=before, limit=page.limit + 1)
        shown = found[: page.limit]
        last = shown[-1].id if len(found) > page.limit else None
        return links_data(tx, call, shown), last

    items, last = await call.house.read_long(ask)
    return list_answer(items, next_page_url(call.url, call.query, last) if last else None)


def _links_of_pool(call: Call) -> Response:
    page = call.page()
    text = call.query["pool"]
    number = as_number(text)

    def ask(tx: Transaction) -> tuple[list[dict[str, Any]], int | None]:
        pool = named_pool(tx, call.principal, text if number is None else number)
        found = list_entries(tx, call.principal, pool.id, before=page.before, limit=page.limit + 1)
        shown = found[: page.limit]
        last = shown[-1].membership.position if len(found) > page.limit else None
        return links_data(tx, call, (entry.item for entry in shown)), last

    items, last = call.house.read(ask)
    return list_answer(items, next_page_url(call.url, call.query, last) if last else None)


async def add_link(call: Call) -> Response:
    """POST /links"""
    new = await call.body(NEW_LINK)

    def save(tx: Transaction) -> tuple[dict[str, Any], bool]:
        pool = None if new.pool is None else named_pool(tx, call.principal, new.pool)
        saved = save_link(
            tx,
            call.principal,
            new.url,
            pool_id=pool.id if pool else None,
            title=new.title,
            note=new.note,
            tags=new.tags,
            created_at=new.created_at,
        )
        return link_data(tx, call, saved.item), saved.is_new

    link, is_new = await call.house.write(save)
    location = f"{call.base_url}/links/{link['id']}"
    return json_answer(link, 201 if is_new else 200, headers={"Location": location})


async def look_up_link(call: Call) -> Response:
    """GET /links/lookup"""
    if "url" not in call.query:
        raise InvalidInputError("url", "This parameter is needed.")

    def ask(tx: Transaction) -> dict[str, Any]:
        item = find_saved(tx, call.principal, call.query["url"])
        if item is None:
            raise NotFoundError("link")
        return link_data(tx, call, item)

    return json_answer(call.house.read(ask))


async def get_link(call: Call) -> Response:
    """GET /links/{link_id}"""
    item_id = ItemId(call.id("link_id"))
    return json_answer(call.house.read(lambda tx: link_data(tx, call, get_item(tx, call.principal, item_id))))


async def change_link(call: Call) -> Response:
    """PATCH /links/{link_id}"""
    item_id = ItemId(call.id("link_id"))
    change = await call.body(LINK_CHANGE)

    def edit(tx: Transaction) -> dict[str, Any]:
        # what is not there is not there, whatever the body says of pools
        item = get_item(tx, call.principal, item_id)
        pool_ids: list[PoolId] | None = None
        if change.pools is not None:
            if item.trashed_at is not None:
                raise ConflictError("pools", "The link is in the trash; restore it first.")
            pool_ids = [named_pool(tx, call.principal, each, "pools").id for each in change.pools]
        with speaking_of("pools", for_field="pool"):
            item = edit_link(
                tx,
                call.principal,
                item_id,
                url=change.url,
                title=change.title,
                note=change.note,
                tags=change.tags,
                pool_ids=pool_ids,
            )
        return link_data(tx, call, item)

    return json_answer(await call.house.write(edit))


async def delete_link(call: Call) -> Response:
    """DELETE /links/{link_id}"""
    item_id = ItemId(call.id("link_id"))
    await call.house.write(lambda tx: trash_item(tx, call.principal, item_id))
    return no_content()


async def restore_link(call: Call) -> Response:
    """POST /links/{link_id}/restore"""
    item_id = ItemId(call.id("link_id"))
    return json_answer(
        await call.house.write(lambda tx: link_data(tx, call, restore_item(tx, call.principal, item_id)))
    )


async def set_mark(call: Call) -> Response:
    """PUT /links/{link_id}/marks/{mark}"""
    return await _mark(call, is_on=True)


async def clear_mark(call: Call) -> Response:
    """DELETE /links/{link_id}/marks/{mark}"""
    return await _mark(call, is_on=False)


async def _mark(call: Call, *, is_on: bool) -> Response:
    item_id, name = ItemId(call.id("link_id")), call.request.path_params["mark"]
    if name not in list(Mark):
        raise NotFoundError("mark")

    def change(tx: Transaction) -> dict[str, Any]:
        item = mark_item(tx, call.principal, item_id, Mark(name), is_on=is_on)
        return link_data(tx, call, item)

    return json_answer(await call.house.write(change))
