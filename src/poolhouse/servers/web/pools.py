"""Pools: looking at one, making, renaming, nesting, deleting, bringing back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.services.pools import add_pool, edit_pool, get_pool, list_pools, restore_pool, trash_pool
from poolhouse.services.reading import list_entries
from poolhouse.types import CaptureMode, ItemKind, Pool, PoolId, PoolKind, PoolRole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.forms import Form
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item

ROWS_PER_PAGE = 100


async def show_first(visit: Visit) -> Response:
    """Bookmarks."""
    me = visit.me
    pools = visit.house.read(lambda tx: list_pools(tx, me))
    return _show(visit, next(pool.id for pool in pools if pool.role is PoolRole.BOOKMARKS))


async def show_pool(visit: Visit) -> Response:
    """A pool with its entries, topmost first, a page at a time (`before` a position)."""
    return _show(visit, visit.pool_id())


def _show(visit: Visit, pool_id: PoolId) -> Response:
    me, before = visit.me, visit.query.number("before")
    pool, entries, top = visit.house.read(
        lambda tx: (
            get_pool(tx, me, pool_id),
            list_entries(tx, me, pool_id, before=before, limit=ROWS_PER_PAGE + 1),
            tx.memberships.top_position(pool_id),
        )
    )
    shown = entries[:ROWS_PER_PAGE]
    items = [entry.item for entry in shown]
    threads = count_threads(visit, items)
    older = shown[-1].membership.position if len(entries) > ROWS_PER_PAGE else None
    is_for_mail = pool.role is not None and pool.role is not PoolRole.BOOKMARKS
    has_mail = is_for_mail or any(item.kind is ItemKind.MESSAGE for item in items)
    values = {"items": items, "threads": threads, "has_mail": has_mail, "top": top, "older": older}
    return visit.page("pool.html", 200, at=pool.id, pool=pool, before=before, **values)


def count_threads(visit: Visit, items: Sequence[Item]) -> Mapping[int, int]:
    """How large the conversations are that some items are part of."""
    thread_ids = {item.thread_id for item in items if item.thread_id}
    if not thread_ids:
        return {}
    person_id = visit.me.person_id
    return visit.house.read(lambda tx: tx.messages.thread_counts(person_id, sorted(thread_ids)))


async def show_tree(visit: Visit) -> Response:
    """All pools on a page of their own, for small screens."""
    return visit.page("pools.html")


async def show_new(visit: Visit) -> Response:
    """The form for a new pool."""
    return _form(visit, None, visit.query)


async def make_pool(visit: Visit) -> Response:
    """Make a pool, or of a `query` a saved search."""
    me, form = visit.me, visit.form
    query = form.text("query").strip() or None

    def make(tx: Transaction) -> Pool:
        return add_pool(
            tx,
            me,
            form.text("name"),
            parent_id=_parent(form),
            query=query,
            capture=None if query else _capture(form),
            feed_text=bool(form.text("feed_text")),
            skips_inbox=bool(query and form.text("skips_inbox")),
        )

    try:
        pool = await visit.house.write(make)
    except (InvalidInputError, ConflictError) as error:
        return _form(visit, None, form, error)
    return visit.go(f"/pools/{pool.id}", "pool-made", pool.id)


async def show_edit(visit: Visit) -> Response:
    """The form for a pool that is there."""
    return _form(visit, _pool(visit), None)


async def change_pool(visit: Visit) -> Response:
    """Rename, move, change the search and the settings."""
    pool, me, form = _pool(visit), visit.me, visit.form
    query = form.text("query").strip() if pool.kind is PoolKind.COMPUTED else None

    def change(tx: Transaction) -> Pool:
        name, parent_id = form.text("name"), _parent(form)
        capture = None if pool.kind is PoolKind.COMPUTED else _capture(form)
        return edit_pool(
            tx,
            me,
            pool.id,
            name=name,
            parent_id=parent_id,
            is_moved=True,
            query=query,
            capture=capture,
            feed_text=bool(form.text("feed_text")),
            skips_inbox=bool(form.text("skips_inbox")) if query else None,
        )

    try:
        await visit.house.write(change)
    except (InvalidInputError, ConflictError) as error:
        return _form(visit, pool, form, error)
    return visit.go(f"/pools/{pool.id}", "pool-changed", pool.id)


async def delete_pool(visit: Visit) -> Response:
    """To the trash, with what is in no other pool."""
    pool, me = _pool(visit), visit.me
    await visit.house.write(lambda tx: trash_pool(tx, me, pool.id))
    parent = f"/pools/{pool.parent_id}" if pool.parent_id else "/"
    return visit.go(parent, "pool-trashed", pool.id)


async def bring_back(visit: Visit) -> Response:
    """Undo."""
    pool_id, me = visit.pool_id(), visit.me
    await visit.house.write(lambda tx: restore_pool(tx, me, pool_id))
    return visit.go(f"/pools/{pool_id}", "pool-restored", pool_id)


def _pool(visit: Visit) -> Pool:
    pool_id, me = visit.pool_id(), visit.me
    return visit.house.read(lambda tx: get_pool(tx, me, pool_id))


def _parent(form: Form) -> PoolId | None:
    found = form.number("parent")
    return None if found is None else PoolId(found)


def _capture(form: Form) -> CaptureMode | None:
    """What is to be kept of pages; None where the form does not say. Raises InvalidInputError."""
    text = form.text("capture")
    try:
        return CaptureMode(text) if text else None
    except ValueError:
        raise InvalidInputError("capture", "Choose one of these.") from None


def _form(
    visit: Visit,
    pool: Pool | None,
    typed: Form | None,
    error: InvalidInputError | ConflictError | None = None,
) -> Response:
    was_sent = typed is not None and visit.request.method == "POST"
    values = {
        "name": typed.text("name") if typed else pool.name if pool else "",
        "parent": typed.number("parent") if typed else pool.parent_id if pool else None,
        "query": typed.text("query") if typed else (pool.query or "") if pool else "",
        "capture": (was_sent and visit.form.text("capture"))
        or str(pool.capture if pool else CaptureMode.TEXT),
        "feed_text": bool(visit.form.text("feed_text")) if was_sent else bool(pool and pool.feed_text),
        "skips_inbox": bool(typed.text("skips_inbox")) if typed else bool(pool and pool.skips_inbox),
        "is_search": pool.kind is PoolKind.COMPUTED if pool else bool(typed and typed.text("query").strip()),
    }
    at = pool.id if pool else None
    return visit.page("pool_form.html", 400 if error else 200, at=at, pool=pool, error=error, **values)


PAGES = (
    Page(path="/", get=show_first),
    Page(path="/pools", get=show_tree),
    Page(path="/pools/new", get=show_new, post=make_pool),
    Page(path="/pools/{id}", get=show_pool),
    Page(path="/pools/{id}/edit", get=show_edit, post=change_pool),
    Page(path="/pools/{id}/delete", post=delete_pool),
    Page(path="/pools/{id}/restore", post=bring_back),
)
