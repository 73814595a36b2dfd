"""What was captured of a page, as documents of their own: shut in by the browser, whatever stands in them.

HTML that a stranger wrote is never part of a page of ours. The reader's view puts it into a frame; the full copy is
looked at alone. Either way its origin is nobody's: it runs nothing, sends nothing, and loads nothing but what it holds.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from base64 import b64encode
from html import unescape
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from poolhouse.errors import NotFoundError
from poolhouse.servers.web.assets import ASSETS
from poolhouse.servers.web.door import Page
from poolhouse.services.captures import get_capture

if TYPE_CHECKING:
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Capture

TEXT_LIMIT_BYTES: Final = 16 * 1024 * 1024
PAGE_LIMIT_BYTES: Final = 64 * 1024 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
_STYLE: Final = Markup(ASSETS.text("captured.css"))  # noqa: S704 - a file of ours
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# links open in a window of their own, and that window is an ordinary one
_TEXT_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {images};"
    f" style-src 'sha256-{_STYLE_HASH}'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_PAGE_POLICY: Final = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
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
    packed = await _blob(visit, capture.reader_blob)
    with_images = visit.query.text("images") == "1"
    markup = await asyncio.to_thread(_readable, packed, with_images=with_images)
    document = visit.view.render("captured.html", {"capture": capture, "style": _STYLE, "markup": markup})
    policy = _TEXT_POLICY.format(images="data: http: https:" if with_images else "data:")
    return HTMLResponse(document, headers={**_HEADERS, "content-security-policy": policy})


async def show_page(visit: Visit) -> Response:
    """The page as it was, to be looked at alone; it goes out as it lies there, packed, to whoever can unpack it."""
    packed = await _blob(visit, _capture(visit).page_blob)
    headers = {**_HEADERS, "content-security-policy": _PAGE_POLICY}
    if takes_gzip(visit.request.headers.get("accept-encoding", "")):
        return HTMLResponse(packed, headers={**headers, "content-encoding": "gzip"})
    return HTMLResponse(await asyncio.to_thread(unpack, packed, PAGE_LIMIT_BYTES), headers=headers)


def _capture(visit: Visit) -> Capture:
    me, item_id, capture_id = visit.me, visit.item_id(), visit.capture_id()
    return visit.house.read(lambda tx: get_capture(tx, me, item_id, capture_id))


async def _blob(visit: Visit, address: str | None) -> bytes:
    """The blob, read in a thread: a full copy may be large. Raises NotFoundError."""
    content = await asyncio.to_thread(visit.house.blobs.get, address) if address else None
    if content is None:
        raise NotFoundError("captured page")
    return content


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


def unpack(packed: bytes, limit_bytes: int) -> bytes:
    """What was packed with gzip. Raises NotFoundError for what is damaged, or would be larger than that."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        content = unpacker.decompress(packed, limit_bytes)
    except zlib.error:
        raise NotFoundError("captured page") from None
    if not unpacker.eof:
        raise NotFoundError("captured page")
    return content


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding field takes gzip (RFC 9110 §12.5.3)."""
    for each in accepted.lower().split(","):
        name, _, weight = each.replace(" ", "").partition(";q=")
        if name in {"gzip", "x-gzip"}:
            return weight.strip("0.") != "" or not weight
    return False


PAGES = (
    Page(path="/items/{id}/captures/{capture_id}/text", get=show_text),
    Page(path="/items/{id}/captures/{capture_id}/page", get=show_page),
)
