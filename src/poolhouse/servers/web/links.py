"""What is done to one link or message: editing, marking, deleting, bringing back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.forms import local_path
from poolhouse.services.links import edit_link, mark_item
from poolhouse.services.reading import get_item, pools_of_item
from poolhouse.services.trash import delete_item, restore_item, trash_item
from poolhouse.types import ItemKind, Mark, PoolId, PoolKind

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item


async def show_edit(visit: Visit) -> Response:
    """The form for a link, or for what one may add to a message."""
    return _form(visit, None)


def _form(visit: Visit, error: InvalidInputError | ConflictError | None) -> Response:
    me, item_id = visit.me, visit.item_id()
    item, pools = visit.house.read(lambda tx: (get_item(tx, me, item_id), pools_of_item(tx, me, item_id)))
    form = visit.form
    typed: dict[str, object] = {
        "url": form.text("url") if error else item.url,
        "title": form.text("title") if error else item.title,
        "note": form.text("note") if error else item.note,
        "tags": form.text("tags") if error else ", ".join(item.tags),
        "chosen": form.numbers("pools") if error else [pool.id for pool in pools],
    }
    found_by = [pool for pool in pools if pool.kind is PoolKind.COMPUTED]
    back = local_path((form if error else visit.query).text("back"))
    status = 400 if error else 200
    values = {"item": item, "found_by": found_by, "error": error, "back": back}
    return visit.page("link_form.html", status, at=None, **values, **typed)


async def change(visit: Visit) -> Response:
    """Keep what was typed."""
    me, item_id, form = visit.me, visit.item_id(), visit.form

    def edit(tx: Transaction) -> Item:
        pool_ids = None if form.text("is_trashed") else [PoolId(found) for found in form.numbers("pools")]
        is_link = get_item(tx, me, item_id).kind is ItemKind.LINK
        return edit_link(
            tx,
            me,
            item_id,
            # a message has no address, and what it is called is its sender's
            url=form.text("url") if is_link else None,
            title=form.text("title") if is_link else None,
            note=form.text("note"),
            tags=[form.text("tags")],
            pool_ids=pool_ids,
        )

    try:
        await visit.house.write(edit)
    except (InvalidInputError, ConflictError) as error:
        return _form(visit, error)
    return visit.back("changed", item_id)


async def mark(visit: Visit) -> Response:
    """Set (`1`) or clear (`0`) `starred` and `read`."""
    me, item_id = visit.me, visit.item_id()
    wanted = {each: value for each in Mark if (value := visit.form.text(each)) in {"0", "1"}}

    def set_marks(tx: Transaction) -> None:
        for each, value in wanted.items():
            mark_item(tx, me, item_id, each, is_on=value == "1")

    await visit.house.write(set_marks)
    return visit.back()


async def delete(visit: Visit) -> Response:
    """To the trash."""
    me, item_id = visit.me, visit.item_id()
    await visit.house.write(lambda tx: trash_item(tx, me, item_id))
    return visit.back("trashed", item_id)


async def bring_back(visit: Visit) -> Response:
    """Undo."""
    me, item_id = visit.me, visit.item_id()
    await visit.house.write(lambda tx: restore_item(tx, me, item_id))
    return visit.back("restored", item_id)


async def delete_for_good(visit: Visit) -> Response:
    """Out of the trash, and gone."""
    me, item_id = visit.me, visit.item_id()
    await visit.house.write(lambda tx: delete_item(tx, me, item_id))
    return visit.back("deleted", default="/trash")


PAGES = (
    Page(path="/items/{id}/edit", get=show_edit, post=change),
    Page(path="/items/{id}/mark", post=mark),
    Page(path="/items/{id}/delete", post=delete),
    Page(path="/items/{id}/restore", post=bring_back),
    Page(path="/items/{id}/remove", post=delete_for_good),
)
