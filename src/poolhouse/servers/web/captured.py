"""What was captured of a page, as documents of their own: shut in by the browser, whatever stands in them.

HTML that a stranger wrote is never part of a page of ours. The reader's view puts it into a frame; the full copy is
looked at alone. Either way its origin is nobody's: it runs nothing, sends nothing, and loads nothing but what it holds.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from html import unescape
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from poolhouse.servers.packed import packed_document, read_packed, unpack
from poolhouse.servers.web.assets import ASSETS
from poolhouse.servers.web.door import Page
from poolhouse.services.captures import get_capture

if TYPE_CHECKING:
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Capture

TEXT_LIMIT_BYTES: Final = 16 * 1024 * 1024
_STYLE: Final = Markup(ASSETS.text("captured.css"))  # noqa: S704 - a file of ours
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# links open in a window of their own, and that window is an ordinary one
_TEXT_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {images};"
    f" style-src 'sha256-{_STYLE_HASH}'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS: Final = {
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "vary": "Cookie, Accept, Accept-Encoding",
}
# as the workshop writes it: every value in double quotes, and none within one
_IMAGE: Final = re.compile(r'<img((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE: Final = re.compile(r'\s([a-z-]+)="([^"]*)"')


async def show_text(visit: Visit) -> Response:
    """The readable text of a version, for the frame of the reader's view; with `images` those of the site load too."""
    capture = _capture(visit)
    packed = await read_packed(visit.house.blobs, capture.reader_blob)
    with_images = visit.wants_images
    markup = await asyncio.to_thread(_readable, packed, with_images=with_images)
    document = visit.view.render("captured.html", {"capture": capture, "style": _STYLE, "markup": markup})
    policy = _TEXT_POLICY.format(images="data: http: https:" if with_images else "data:")
    return HTMLResponse(document, headers={**_HEADERS, "content-security-policy": policy})


async def show_page(visit: Visit) -> Response:
    """The page as it was, to be looked at alone; it goes out as it lies there, packed, to whoever can unpack it."""
    return await packed_document(visit.request, visit.house.blobs, _capture(visit).page_blob, _HEADERS)


def _capture(visit: Visit) -> Capture:
    me, item_id, capture_id = visit.me, visit.item_id(), visit.capture_id()
    return visit.house.read(lambda tx: get_capture(tx, me, item_id, capture_id))


def _readable(packed: bytes, *, with_images: bool) -> Markup:
    markup = unpack(packed, TEXT_LIMIT_BYTES).decode("utf-8", "replace")
    # S704: what it holds is made harmless by the frame and by the policy, and by the workshop before them
    return Markup(markup if with_images else without_images(markup))  # noqa: S704


def without_images(markup: str) -> str:
    """The text with words in place of the images that the site would have to be asked for."""
    return _IMAGE.sub(_in_words, markup)


def _in_words(image: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(image[1]))
    if attributes.get("src", "").startswith("data:"):
        return image[0]
    words = unescape(attributes.get("alt", "")).strip()
    return f'<span class="image">{escape(words)}</span>' if words else ""


PAGES = (
    Page(path="/items/{id}/captures/{capture_id}/text", get=show_text),
    Page(path="/items/{id}/captures/{capture_id}/page", get=show_page),
)
