"""One link, read here: its page as it was captured, the versions there are of it, and having it read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, NotFoundError
from poolhouse.servers.web.door import HEADERS, Page
from poolhouse.servers.web.messages import show_message
from poolhouse.services.captures import delete_capture, list_captures, mode_of, recapture
from poolhouse.services.reading import get_item, pools_of_item
from poolhouse.types import CaptureId, ItemKind, PageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Capture, CaptureMode, Item, Pool, Principal

# one frame of our own address: the text, which shuts itself in
_POLICY = f"{HEADERS['content-security-policy']}; frame-src 'self'"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of an item: `shown` is one of its `captures`, newest first; `mode` what its pools ask for.

    `found_in` is the message that the link was saved from.
    """

    item: Item
    pools: Sequence[Pool]
    captures: Sequence[Capture]
    shown: Capture | None
    mode: CaptureMode
    found_in: Item | None


async def show_item(visit: Visit) -> Response:
    """The link with its text (`version` chooses one; `images=1` lets the site's images load), and all that is known."""
    me, item_id, wanted = visit.me, visit.item_id(), visit.query.number("version")
    item = visit.house.read(lambda tx: get_item(tx, me, item_id))
    if item.kind is ItemKind.MESSAGE:
        return await show_message(visit, item)

    def look(tx: Transaction) -> _Kept:
        captures = list_captures(tx, me, item_id)[::-1]
        shown = _chosen(captures, item.capture_id if wanted is None else CaptureId(wanted))
        if wanted is not None and shown is None:
            raise NotFoundError("captured page")
        pools, found_in = pools_of_item(tx, me, item_id), _found_in(tx, me, item)
        return _Kept(item, pools, captures, shown, mode_of(tx, item_id), found_in)

    kept = visit.house.read(look)
    response = visit.page(
        "item.html", kept=kept, item=kept.item, shown=kept.shown, with_images=visit.wants_images
    )
    response.headers["content-security-policy"] = _POLICY
    return response


def _found_in(tx: Transaction, me: Principal, item: Item) -> Item | None:
    try:
        return get_item(tx, me, item.found_in) if item.found_in else None
    except NotFoundError:
        return None


def _chosen(captures: Sequence[Capture], capture_id: CaptureId | None) -> Capture | None:
    return next((each for each in captures if each.id == capture_id), None)


async def read_again(visit: Visit) -> Response:
    """Have the page read, a new version beside those there are; or the message."""
    me, item_id = visit.me, visit.item_id()

    def ask(tx: Transaction) -> None:
        # asked for twice is asked for once
        if get_item(tx, me, item_id).page_state is not PageState.PENDING:
            recapture(tx, me, item_id)

    try:
        await visit.house.write(ask)
    except ConflictError:
        return visit.go(f"/items/{item_id}", "in-trash")
    return visit.go(f"/items/{item_id}", "read-again", item_id)


async def delete_version(visit: Visit) -> Response:
    """Delete one version for good."""
    me, item_id, capture_id = visit.me, visit.item_id(), visit.capture_id()
    await visit.house.write(lambda tx: delete_capture(tx, me, item_id, capture_id))
    return visit.go(f"/items/{item_id}", "version-deleted")


PAGES = (
    Page(path="/items/{id}", get=show_item),
    Page(path="/items/{id}/capture", post=read_again),
    Page(path="/items/{id}/captures/{capture_id}/delete", post=delete_version),
)
