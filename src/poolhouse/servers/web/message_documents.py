"""What a message holds, as documents and files of their own: its HTML, its parts, its source.

HTML that a stranger wrote is never part of a page of ours: it is shut in by the browser as captured pages are, loads
nothing until its reader asks for pictures, and then nothing but pictures.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from poolhouse.errors import NotFoundError
from poolhouse.servers.attached import part_answer, part_at, raw_answer, read_part, read_raw
from poolhouse.servers.web.assets import ASSETS
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.mail_pictures import has_colours, own_pictures, with_pictures
from poolhouse.services.messages import get_message, message_bodies
from poolhouse.services.reading import get_item
from poolhouse.types import ItemKind

if TYPE_CHECKING:
    from poolhouse.ports import Blobs, Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Item, Message, Part

SOURCE_LIMIT_BYTES: Final = 1_000_000
_STYLE: Final = Markup(ASSETS.text("letter.css"))  # noqa: S704 - a file of ours
_HTML_POLICY: Final = (
    # links open in a window of their own, and that window is an ordinary one
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {images};"
    " style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS: Final = {"referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin"}


async def show_html(visit: Visit) -> Response:
    """The message's HTML, for the frame of its page; with `images=1` pictures from elsewhere load too."""
    item, message = _message(visit)
    me = visit.me
    bodies = await visit.house.read_long(lambda tx: message_bodies(tx, me, item.id))
    if message.facts is None or bodies is None or not bodies.html:
        raise NotFoundError("message")
    with_remote = visit.wants_images
    values = await asyncio.to_thread(
        _document, bodies.html, message.facts.parts, visit.house.blobs, item.blob, with_remote=with_remote
    )
    document = visit.view.render("letter.html", {"item": item, "style": _STYLE, **values})
    policy = _HTML_POLICY.format(images="data: http: https:" if with_remote else "data:")
    return HTMLResponse(document, headers={**_HEADERS, "content-security-policy": policy})


def _document(
    html: str, parts: tuple[Part, ...], blobs: Blobs, address: str | None, *, with_remote: bool
) -> dict[str, object]:
    raw = blobs.get(address) if address and 'src="part:' in html else None
    pictures = own_pictures(html, parts, raw) if raw else {}
    # S704: what it holds is made harmless by the frame and by the policy, and by the worker before them
    markup = Markup(with_pictures(html, pictures, with_remote=with_remote))  # noqa: S704
    return {"markup": markup, "has_colours": has_colours(html)}


async def download_part(visit: Visit) -> Response:
    """A part as a file to keep; with `show=1` as a picture to look at, where it is one."""
    item, message = _message(visit)
    part = part_at(message.facts.parts if message.facts else (), visit.request.path_params["path"])
    content = await read_part(visit.house.blobs, item.blob, part)
    return part_answer(part, content, is_shown=visit.query.text("show") == "1")


async def download_raw(visit: Visit) -> Response:
    """The message as it came, byte for byte."""
    item, _ = _message(visit)
    return await raw_answer(visit.house.blobs, item)


async def show_source(visit: Visit) -> Response:
    """The beginning of its source, to look at: text of which nothing is taken for anything else."""
    item, _ = _message(visit)
    content = await read_raw(visit.house.blobs, item)
    text = content[:SOURCE_LIMIT_BYTES].decode("utf-8", "replace")
    if len(content) > SOURCE_LIMIT_BYTES:
        text += f"\n\n({len(content) - SOURCE_LIMIT_BYTES} bytes more: download the message to see them.)\n"
    policy = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return PlainTextResponse(text, headers={**_HEADERS, "content-security-policy": policy})


def _message(visit: Visit) -> tuple[Item, Message]:
    me, item_id = visit.me, visit.item_id()

    def look(tx: Transaction) -> tuple[Item, Message]:
        item = get_item(tx, me, item_id)
        if item.kind is not ItemKind.MESSAGE:
            raise NotFoundError("message")
        return item, get_message(tx, me, item_id)

    return visit.house.read(look)


PAGES = (
    Page(path="/items/{id}/message", get=show_html),
    Page(path="/items/{id}/parts/{path}", get=download_part),
    Page(path="/items/{id}/raw", get=download_raw),
    Page(path="/items/{id}/source", get=show_source),
)
