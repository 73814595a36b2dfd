"""The pictures in a message's HTML: those it brought are put in, those from elsewhere wait until they are asked for."""

from __future__ import annotations

import re
from base64 import b64encode
from html import unescape
from typing import TYPE_CHECKING, Final

from markupsafe import escape

from poolhouse.formats.mime_bodies import decode_body
from poolhouse.formats.raster import sniff_raster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.types import Part

PICTURES_LIMIT_BYTES: Final = 16 * 1024 * 1024
"""Of all pictures of a message that are shown in it; those beyond are attachments like others."""

PLACED_LIMIT: Final = 2 * PICTURES_LIMIT_BYTES
"""Characters of all `data:` addresses in a document: each picture once, and small ones again wherever they stand."""
# as the worker writes it: every value in double quotes, and none within one
_IMAGE: Final = re.compile(r'<img((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE: Final = re.compile(r'\s([a-z-]+)="([^"]*)"')
_PART: Final = re.compile(r'\ssrc="part:([0-9.]{1,200})"')
_COLOURS: Final = re.compile(r'\s(?:bgcolor|color|style)="', re.IGNORECASE)
_STYLE: Final = re.compile(r'\sstyle="([^"]*)"', re.IGNORECASE)
_COLOUR_STYLE: Final = re.compile(r"(?:^|[;\s-])(?:color|background)\b", re.IGNORECASE)


def has_colours(html: str) -> bool:
    """Whether a message chose colours of its own, which would be lost on a dark ground."""
    if _COLOURS.search(html) is None:
        return False
    if re.search(r'<(?:font|body|table|t[rdh])\b[^>]*\s(?:bgcolor|color)="', html, re.IGNORECASE):
        return True
    return any(_COLOUR_STYLE.search(unescape(found[1])) for found in _STYLE.finditer(html))


def own_pictures(html: str, parts: Sequence[Part], raw: bytes) -> Mapping[str, str]:
    """The pictures among a message's parts that its HTML names, by path, as `data:` addresses.

    Their types are read from their bytes. Together at most `PICTURES_LIMIT_BYTES`: what is beyond is left out.
    """
    wanted = set(_PART.findall(html))
    pictures: dict[str, str] = {}
    room = PICTURES_LIMIT_BYTES
    for part in parts:
        if part.path not in wanted or part.path in pictures or part.end - part.start > 2 * room:
            continue
        content = decode_body(raw[part.start : part.end], part.encoding)
        media_type = sniff_raster(content)
        if media_type and len(content) <= room:
            room -= len(content)
            pictures[part.path] = f"data:{media_type};base64,{b64encode(content).decode()}"
    return pictures


def with_pictures(html: str, pictures: Mapping[str, str], *, with_remote: bool) -> str:
    """The HTML with its own pictures in their places; `with_remote`: with those from elsewhere, else words for them.

    One picture may stand in a hundred thousand places: beyond `PLACED_LIMIT` there are words for it too.
    """
    room = PLACED_LIMIT

    def place(image: re.Match[str]) -> str:
        nonlocal room
        attributes = dict(_ATTRIBUTE.findall(image[1]))
        source = attributes.get("src", "")
        data = pictures.get(source.removeprefix("part:")) if source.startswith("part:") else None
        if data is not None and len(data) <= room:
            room -= len(data)
            return image[0].replace(f'src="{source}"', f'src="{data}"', 1)
        if source.startswith("data:image/"):
            return image[0]
        remote = attributes.get("data-remote", "")
        if with_remote and not source and unescape(remote).lower().startswith(("https://", "http://")):
            return image[0].replace(' data-remote="', ' src="', 1)
        return _words(unescape(attributes.get("alt", "")).strip())

    return _IMAGE.sub(place, html)


def _words(alt: str) -> str:
    return f'<span class="image">{escape(alt)}</span>' if alt else ""
