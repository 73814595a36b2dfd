"""What belongs to the person at large: themselves, their tags and their trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.formats.dates import rfc3339
from poolhouse.servers.api.answers import json_answer, list_answer, next_page_url
from poolhouse.servers.api.views import links_data, pool_data
from poolhouse.services.pools import list_trashed_pools
from poolhouse.services.reading import list_tags
from poolhouse.services.trash import empty_trash, list_trash

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call

_BATCH_SIZE = 500


async def get_me(call: Call) -> Response:
    """GET /me"""
    return json_answer(
        {
            "id": call.person.id,
            "name": call.person.name,
            "created_at": rfc3339(call.person.created_at),
            "secret_id": call.principal.secret_id,
        }
    )


async def get_tags(call: Call) -> Response:
    """GET /tags"""
    tags = await call.house.read_long(lambda tx: list_tags(tx, call.principal))
    return list_answer([{"name": name, "count": count} for name, count in tags])


async def get_trash(call: Call) -> Response:
    """GET /trash"""
    page = call.page()

    def ask(tx: Transaction) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int | None]:
        found = list_trash(tx, call.principal, before=page.before, limit=page.limit + 1)
        shown = found[: page.limit]
        pools = list_trashed_pools(tx, call.principal)
        return (
            links_data(tx, call, shown),
            [pool_data(pool, call.house.addresses) for pool in pools],
            shown[-1].id if len(found) > page.limit else None,
        )

    items, pools, last = call.house.read(ask)
    next_url = next_page_url(call.url, call.query, last) if last else None
    return list_answer(items, next_url, more={"pools": pools})


async def delete_trash(call: Call) -> Response:
    """DELETE /trash"""
    deleted = 0
    # some at a time: others save in between
    while count := await call.house.write(lambda tx: empty_trash(tx, call.principal, limit=_BATCH_SIZE)):
        deleted += count
    return json_answer({"deleted": deleted})
