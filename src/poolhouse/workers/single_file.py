"""A page as one file that needs nothing else and does nothing: how it looked, kept, without what it ran and fetched.

Two steps with a fetcher between them: `plan_single_file` says what is wanted, `assemble_single_file` puts in what
came. What stays is listed, elements and attributes alike; whatever is not listed goes.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lxml import etree

from poolhouse.formats.charsets import codec_of
from poolhouse.formats.css import css_image_urls, inert_css
from poolhouse.formats.raster import inert_data_url, sniff_raster
from poolhouse.formats.text import clean
from poolhouse.workers.cleaning import web_url
from poolhouse.workers.inert_page import make_inert
from poolhouse.workers.markup import base_url, find_images, page_text, parse_page
from poolhouse.workers.thumbnails import is_bomb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ada_url import URL
    from lxml.html import HtmlElement

RESOURCE_LIMIT: Final = 200
"""How many files one copy may hold, images and style sheets together."""

IMAGE_LIMIT_BYTES: Final = 2_097_152
IMAGES_LIMIT_BYTES: Final = 12_582_912
"""All images of one copy together, each counted as often as it is shown."""

STYLES_LIMIT: Final = 2_097_152
"""All style sheets of one copy together, in characters; a sheet that does not fit whole is left out."""

_CHARSET: Final = re.compile(rb"""@charset "([\x20-\x21\x23-\x7e]{1,40})";""")


class ResourceKind(StrEnum):
    """What a page wants a file for."""

    IMAGE = "image"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class WantedResource:
    """A file that a page shows itself with: an absolute http(s) address without its fragment."""

    url: str
    kind: ResourceKind


def plan_single_file(body: bytes, *, declared_charset: str | None, url: str) -> tuple[WantedResource, ...]:
    """Return what is to be fetched for a copy of the page at `url`, http(s), in the page's order, each once.

    Of an image in several sizes it is the one that is large enough. Images that style sheets name are known only when
    the sheets are there: `plan_style_images`. Never raises.
    """
    document, base = _read(body, declared_charset, url)
    wanted = dict.fromkeys(
        WantedResource(absolute, kind)
        for kind, reference in _references(document)
        if (absolute := _absolute(base, reference)) is not None
    )
    return tuple(wanted)[:RESOURCE_LIMIT]


def plan_style_images(sheet: bytes, *, url: str) -> tuple[WantedResource, ...]:
    """Return the images that the style sheet at `url` names, in order, each once. Never raises."""
    base = base_url(None, url)
    wanted = (_absolute(base, reference) for reference in css_image_urls(_style_text(sheet)))
    found = dict.fromkeys(WantedResource(each, ResourceKind.IMAGE) for each in wanted if each is not None)
    return tuple(found)[:RESOURCE_LIMIT]


def assemble_single_file(
    body: bytes,
    *,
    declared_charset: str | None,
    url: str,
    resources: Mapping[str, tuple[str, bytes]],
) -> bytes:
    """Return the page as one HTML document in UTF-8 that fetches and runs nothing; the same for the same arguments.

    `resources` gives media type and bytes for the addresses that were planned, as far as they could be fetched; the
    bytes decide what is an image. What is missing, too large or none of the pictures that are shown is left out, and
    an image's words stay. Links are absolute. Never raises.
    """
    document, base = _read(body, declared_charset, url)
    copy = _Copy(base, resources)
    for element in list(document.iter("*")):
        copy.fill(element)
    make_inert(document, base)
    return f"<!DOCTYPE html>\n{etree.tostring(document, encoding='unicode', method='html')}\n".encode()


def compress(document: bytes) -> bytes:
    """Return a gzip member (RFC 1952) without time and name in it: the same for the same document."""
    packer = zlib.compressobj(level=6, wbits=31)
    return packer.compress(document) + packer.flush()


def _read(body: bytes, declared_charset: str | None, url: str) -> tuple[HtmlElement, URL]:
    document = parse_page(page_text(body, declared_charset=declared_charset))
    find_images(document)
    return document, base_url(document, url)


def _references(document: HtmlElement) -> Iterator[tuple[ResourceKind, str]]:
    for element in document.iter("*"):
        match element.tag:
            case "img":
                yield ResourceKind.IMAGE, element.get("src") or ""
            case "video":
                yield ResourceKind.IMAGE, element.get("poster") or ""
            case "link" if is_style_sheet(element):
                yield ResourceKind.STYLE, element.get("href") or ""
            case "style":
                yield from ((ResourceKind.IMAGE, each) for each in css_image_urls(element.text or ""))
        if style := element.get("style"):
            yield from ((ResourceKind.IMAGE, each) for each in css_image_urls(style))


def is_style_sheet(link: HtmlElement) -> bool:
    """Say whether a `link` styles the page as it is first shown on a screen."""
    relations = (link.get("rel") or "").lower().split()
    media = (link.get("media") or "").strip().lower()
    return "stylesheet" in relations and "alternate" not in relations and media not in {"print", "speech"}


def _absolute(base: URL, reference: str) -> str | None:
    if not reference.strip() or reference.lstrip()[:5].lower() == "data:":
        return None
    absolute = web_url(base, reference)
    return None if absolute is None else absolute.partition("#")[0]


class _Copy:
    """What fits into the copy, and what of it is in already."""

    def __init__(self, base: URL, resources: Mapping[str, tuple[str, bytes]]) -> None:
        self._base = base
        self._resources = resources
        self._data_urls: dict[str, str | None] = {}
        self._image_bytes_left = IMAGES_LIMIT_BYTES
        self._style_left = STYLES_LIMIT

    def fill(self, element: HtmlElement) -> None:
        """Put into an element what it shows: an image's bytes, a sheet's rules."""
        match element.tag:
            case "img":
                self._fill_image(element, element.get("src") or "")
            case "video":
                poster = element.get("poster") or ""
                element.tag = "img"
                for child in list(element):
                    element.remove(child)
                element.text = None
                self._fill_image(element, poster)
            case "link" if is_style_sheet(element):
                self._fill_sheet(element)
            case "style":
                element.text = self._styled(element.text or "", self._base)
        if style := element.get("style"):
            element.set("style", self._styled(style, self._base))

    def _fill_image(self, element: HtmlElement, reference: str) -> None:
        data_url = inert_data_url(reference) or self._image(self._base, reference)
        if data_url is not None:
            element.set("src", data_url)
        else:
            element.attrib.pop("src", None)

    def _fill_sheet(self, link: HtmlElement) -> None:
        absolute = _absolute(self._base, link.get("href") or "")
        media_type, sheet = self._resources.get(absolute or "", ("", b""))
        media = link.get("media")
        link.attrib.clear()
        link.tag = "style"
        if media:
            link.set("media", media)
        is_css = media_type.partition(";")[0].strip().lower() in {"text/css", "text/plain", ""}
        link.text = (
            self._styled(_style_text(sheet), base_url(None, absolute or "")) if absolute and is_css else ""
        )

    def _styled(self, css: str, base: URL) -> str:
        if len(css) > self._style_left:
            return ""
        self._style_left -= len(css)
        return clean(inert_css(css, lambda reference: self._image(base, reference)))

    def _image(self, base: URL, reference: str) -> str | None:
        absolute = _absolute(base, reference)
        _, image = self._resources.get(absolute or "", ("", b""))
        if absolute is None or not image or len(image) > min(IMAGE_LIMIT_BYTES, self._image_bytes_left):
            return None
        if absolute not in self._data_urls:
            media_type = None if is_bomb(image) else sniff_raster(image)
            encoded = base64.b64encode(image).decode("ascii") if media_type else ""
            self._data_urls[absolute] = f"data:{media_type};base64,{encoded}" if media_type else None
        data_url = self._data_urls[absolute]
        if data_url is not None:
            self._image_bytes_left -= len(image)
        return data_url


def _style_text(sheet: bytes) -> str:
    """Decode a style sheet (CSS Syntax Level 3 §3.2), as far as one is read."""
    sheet = sheet[: STYLES_LIMIT * 4].removeprefix(b"\xef\xbb\xbf")
    named = _CHARSET.match(sheet)
    codec = codec_of(named[1].decode("ascii")) if named else None
    for each in (codec, "utf-8") if codec and not codec.startswith("utf-16") else ("utf-8",):
        try:
            return sheet.decode(each)
        except UnicodeError:
            continue
    return sheet.decode("cp1252", "replace")
