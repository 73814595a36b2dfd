"""What workers do for the reading of a page, and what they are given and give back: functions of shared memory.

The server imports this module to call it, so what is heavy is imported by the functions themselves, and by a pool's
`preload`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poolhouse.errors import NoArticleError, UnfitImageError
from poolhouse.formats.page_head import read_page_head
from poolhouse.space.blocks import BlockRef  # noqa: TC001 - msgspec reads the annotations
from poolhouse.space.declared import declared
from poolhouse.space.limits import MEBIBYTE
from poolhouse.space.remote import space
from poolhouse.types import CaptureMode
from poolhouse.workers.walls import NO_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
URLS_LENGTH = 16_000
"""So long may the addresses of one kind be together, with what is said of each: three kinds fit into a frame."""

TEXT_LENGTH = 200_000
"""So many characters of a page's text are given back, for search; the reader view has all."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched. `body` is None for an empty one; `mode` is a `types.CaptureMode`."""

    body: BlockRef | None
    url: str
    media_type: str
    charset: str | None
    mode: str


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a page says of itself, and its text. Times are ISO 8601, "" for none; texts are plain.

    `text` is UTF-8 without markup, `reader` a clean HTML fragment, gzip; both None where there is no readable text.
    `style_urls` and `image_urls` are what a single file of the page would hold. `without_text` says why there is no
    text, where one was looked for.
    """

    is_html: bool
    title: str = ""
    description: str = ""
    author: str = ""
    icon_urls: tuple[str, ...] = ()
    published: str = ""
    language: str = ""
    excerpt: str = ""
    word_count: int = 0
    image_url: str | None = None
    text: BlockRef | None = None
    reader: BlockRef | None = None
    style_urls: tuple[str, ...] = ()
    image_urls: tuple[str, ...] = ()
    without_text: str = ""


@dataclass(frozen=True, slots=True)
class Resources:
    """Images and style sheets that were fetched, one behind the other in `content`: address, media type, bytes."""

    content: BlockRef | None
    index: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class StyleImages:
    """The addresses of the images that style sheets show."""

    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SingleFile:
    """A whole page in one document, gzip."""

    page: BlockRef | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A small image."""

    picture: BlockRef | None


@declared(attempts=2, cpu_seconds=20, wall_seconds=40, memory_bytes=768 * MEBIBYTE)
def read_page(page: Page) -> PageReading:
    """Read what was fetched: the head of HTML always, its text where the mode wants it."""
    body = _bytes_of(page.body)
    mode = CaptureMode(page.mode)
    if page.media_type not in HTML_TYPES:
        if mode is CaptureMode.OFF:
            return PageReading(is_html=False)
        is_text = page.media_type.startswith("text/")
        reading = PageReading(is_html=False, without_text="" if is_text else NO_PAGE)
        return _with_text(reading, page, body) if is_text else reading
    head = read_page_head(body, declared_charset=page.charset, base_url=page.url)
    reading = PageReading(
        is_html=True,
        title=head.title,
        description=head.description,
        author=head.author,
        icon_urls=head.icon_urls,
    )
    if mode is CaptureMode.OFF:
        return reading
    if mode is CaptureMode.FULL:
        from poolhouse.workers.single_file import ResourceKind, plan_single_file

        wanted = plan_single_file(body, declared_charset=page.charset, url=page.url)
        styles = _fitting(each.url for each in wanted if each.kind is ResourceKind.STYLE)
        images = _fitting(each.url for each in wanted if each.kind is ResourceKind.IMAGE)
        reading = replace(reading, style_urls=styles, image_urls=images)
    return _with_text(reading, page, body)


@declared(attempts=1, cpu_seconds=10, wall_seconds=20, memory_bytes=512 * MEBIBYTE)
def plan_styles(styles: Resources) -> StyleImages:
    """Find the images that style sheets name."""
    from poolhouse.workers.single_file import plan_style_images

    wanted = (
        each.url
        for url, (_, sheet) in _unpacked(styles).items()
        for each in plan_style_images(sheet, url=url)
    )
    return StyleImages(_fitting(dict.fromkeys(wanted)))


@declared(attempts=2, cpu_seconds=30, wall_seconds=60, memory_bytes=1024 * MEBIBYTE)
def assemble_page(page: Page, resources: Resources) -> SingleFile:
    """Make a single file of a page and what it is made of, for a sandbox."""
    from poolhouse.workers.single_file import assemble_single_file, compress

    made = assemble_single_file(
        _bytes_of(page.body), declared_charset=page.charset, url=page.url, resources=_unpacked(resources)
    )
    return SingleFile(_block_of(compress(made)))


@declared(attempts=1, cpu_seconds=10, wall_seconds=20, memory_bytes=512 * MEBIBYTE)
def shrink_image(image: BlockRef) -> Picture:
    """Make a small image of a large one; None where it is none that can be shown."""
    from poolhouse.workers.thumbnails import make_thumbnail

    try:
        return Picture(_block_of(make_thumbnail(_bytes_of(image)).body))
    except UnfitImageError:
        return Picture(None)


def _with_text(reading: PageReading, page: Page, body: bytes) -> PageReading:
    from poolhouse.workers.reading import read_text
    from poolhouse.workers.single_file import compress

    try:
        found = read_text(body, declared_charset=page.charset, url=page.url, media_type=page.media_type)
    except NoArticleError as error:
        return replace(reading, without_text=error.reason)
    return replace(
        reading,
        title=found.title or reading.title,
        author=found.author or reading.author,
        published=found.published.isoformat() if found.published else "",
        language=found.language,
        excerpt=found.excerpt,
        word_count=found.word_count,
        image_url=found.image_url,
        text=_text_block(found.text),
        reader=_block_of(compress(found.html.encode())),
    )


def _unpacked(resources: Resources) -> dict[str, tuple[str, bytes]]:
    """Media type and bytes of what was fetched, by its address."""
    content = _bytes_of(resources.content)
    found: dict[str, tuple[str, bytes]] = {}
    start = 0
    for url, media_type, size_bytes in resources.index:
        found[url] = (media_type, content[start : start + size_bytes])
        start += size_bytes
    return found


def _text_block(text: str) -> BlockRef | None:
    return _block_of(text[:TEXT_LENGTH].encode("utf-8", "replace"))


def _bytes_of(ref: BlockRef | None) -> bytes:
    if ref is None:
        return b""
    with space().blocks.open(ref) as block:
        return bytes(block.view)


def _block_of(content: bytes) -> BlockRef | None:
    """A new block with that in it; None for nothing."""
    if not content:
        return None
    block = space().blocks.new(len(content))
    block.view[:] = content
    return block.ref


def _fitting(urls: Iterable[str]) -> tuple[str, ...]:
    """As many addresses as fit a frame on their way out, and on their way back with what was found at them."""
    room = URLS_LENGTH
    fitting = []
    for url in urls:
        room -= len(url) + 64
        if room < 0:
            break
        fitting.append(url)
    return tuple(fitting)
