"""One message, read here: who wrote it to whom, what looks odd about it, its conversation, files and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.errors import ConflictError
from poolhouse.servers.web.door import HEADERS, Page
from poolhouse.servers.web.plain_text import Text, read_text
from poolhouse.servers.web.replying import reply_url
from poolhouse.servers.web.view import list_query
from poolhouse.services.links import find_all_saved
from poolhouse.services.messages import get_message, message_bodies, save_found_link, thread_of
from poolhouse.services.pools import list_pools
from poolhouse.services.reading import pools_of_item
from poolhouse.types import PoolKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item, ItemId, Message, Pool, Principal

LINKS_LIMIT: Final = 40
# one frame of our own address: the message's HTML, which shuts itself in
_POLICY: Final = f"{HEADERS['content-security-policy']}; frame-src 'self'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message as its page shows it.

    `earlier` and `later` are the others of its conversation, oldest first; `saved` the items of those of its links that
    are kept. `back` is where one goes on to when it is out of the way; `list_pool` finds its mailing list.
    """

    item: Item
    message: Message
    pools: Sequence[Pool]
    earlier: Sequence[Item]
    later: Sequence[Item]
    saved: Mapping[str, ItemId]
    back: str
    list_pool: Pool | None


async def show_message(visit: Visit, item: Item) -> Response:
    """The message (`as=text` chooses its plain text, `images=1` lets pictures from elsewhere load)."""
    me = visit.me
    opened = visit.house.read(lambda tx: _open(tx, me, item))
    facts = opened.message.facts
    text = None
    if facts and (visit.query.text("as") == "text" or not facts.has_html):
        text = await visit.house.read_long(lambda tx: _text(tx, me, item.id))
    response = visit.page(
        "message.html",
        item=item,
        opened=opened,
        text=text,
        message=opened.message,
        facts=facts,
        reply=reply_url(facts) if facts else "",
        links=facts.links[:LINKS_LIMIT] if facts else (),
        with_images=visit.wants_images,
    )
    response.headers["content-security-policy"] = _POLICY
    return response


def _text(tx: Transaction, me: Principal, item_id: ItemId) -> Text:
    bodies = message_bodies(tx, me, item_id)
    return read_text(bodies.text if bodies else "")


def _open(tx: Transaction, me: Principal, item: Item) -> Opened:
    message = get_message(tx, me, item.id)
    facts = message.facts
    thread = thread_of(tx, me, item.id)
    at = next((index for index, each in enumerate(thread) if each.id == item.id), len(thread))
    pools = pools_of_item(tx, me, item.id)
    first = next((pool for pool in pools if pool.kind is PoolKind.MANUAL), None)
    return Opened(
        item=item,
        message=message,
        pools=pools,
        earlier=thread[:at],
        later=thread[at + 1 :],
        saved=find_all_saved(tx, me, [link.url for link in facts.links[:LINKS_LIMIT]] if facts else ()),
        back=f"/pools/{first.id}" if first else "/",
        list_pool=_list_pool(tx, me, facts.list_id) if facts and facts.list_id else None,
    )


def _list_pool(tx: Transaction, me: Principal, list_id: str) -> Pool | None:
    query = list_query(list_id)
    return next((pool for pool in list_pools(tx, me) if pool.query == query), None)


async def save_link_found(visit: Visit) -> Response:
    """Save a link that stands in the message; the link remembers where it was found."""
    me, item_id, url = visit.me, visit.item_id(), visit.form.text("url")
    try:
        saved = await visit.house.write(lambda tx: save_found_link(tx, me, item_id, url))
    except ConflictError:
        return visit.go(f"/items/{item_id}", "in-trash")
    kind = "saved" if saved.is_new else "saved-again"
    return visit.back(kind, saved.item.id, default=f"/items/{item_id}")


PAGES = (Page(path="/items/{id}/links", post=save_link_found),)
