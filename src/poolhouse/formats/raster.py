"""Which kind of picture some bytes are, by their first bytes and by nothing that anybody says of them."""

from __future__ import annotations

import re
from typing import Final

RASTER_TYPES: Final = ("image/avif", "image/gif", "image/jpeg", "image/png", "image/webp")
"""The pictures that are shown: every browser reads them, and none of them can run or fetch anything."""

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_DATA_URL: Final = re.compile(
    r"\s*+data:(image/(?:avif|gif|jpe?g|png|webp)) ?(?:;[a-z-]{1,20}=[\w-]{1,20})?;base64,([A-Za-z0-9+/=\s]*+)",
    re.IGNORECASE,
)


def sniff_raster(body: bytes) -> str | None:
    """Return the media type of a picture of `RASTER_TYPES`; None for anything else. WHATWG MIME Sniffing §6.1."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:8] == b"ftyp" and body[8:12] in {b"avif", b"avis"}:
        return "image/avif"
    return next((media_type for magic, media_type in _MAGIC if body.startswith(magic)), None)


def inert_data_url(url: str) -> str | None:
    """Return a `data:` address that holds a picture of `RASTER_TYPES` in base64, in plain form; None for any other."""
    found = _DATA_URL.fullmatch(url)
    if found is None:
        return None
    media_type = found[1].lower().replace("jpg", "jpeg")
    return f"data:{media_type};base64,{''.join(found[2].split())}"
