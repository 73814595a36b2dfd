"""Reading a linked page: its title, what it says of itself, and its icon."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ada_url import join_url

from poolhouse.errors import FetchError
from poolhouse.fetch.status import status_in_words
from poolhouse.formats.page_head import PREFIX_BYTES, read_page_head, sniff_icon

if TYPE_CHECKING:
    from poolhouse.fetch.fetcher import Fetched, Fetcher

PAGE_LIMIT_BYTES: Final = PREFIX_BYTES
PAGE_TIMEOUT_SECONDS: Final = 20.0
ICON_LIMIT_BYTES: Final = 100_000
ICON_TIMEOUT_SECONDS: Final = 10.0

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_PAGE_ACCEPT: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
_ICON_ACCEPT: Final = "image/png,image/x-icon,image/webp,image/gif,image/jpeg;q=0.9,*/*;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What a page says of itself.

    `title` is None where it has none or is not HTML. `icon` is the bytes of an image of the type `icon_type`
    (what its first bytes say, never SVG), at most `ICON_LIMIT_BYTES`; both are None where there is none.
    """

    title: str | None
    description: str = ""
    author: str = ""
    icon: bytes | None = None
    icon_type: str | None = None


async def read_page(fetcher: Fetcher, url: str) -> PageReading:
    """Fetch the page at `url`, then its icon; whatever is wrong with the icon never spoils the page.

    Raises FetchError (RefusedAddressError) with a sentence for the person, also where the answer is an HTTP error:
    what an error page is called is not the title of what was saved. Up to four requests.
    """
    page = await fetcher.fetch(
        url, limit_bytes=PAGE_LIMIT_BYTES, accept=_PAGE_ACCEPT, timeout_seconds=PAGE_TIMEOUT_SECONDS
    )
    if not 200 <= page.status <= 299:
        raise FetchError(f"the site answered {status_in_words(page.status)}")
    if page.media_type not in _HTML:
        icon, icon_type = await _read_icon(fetcher, (join_url(page.url, "/favicon.ico"),))
        return PageReading(title=None, icon=icon, icon_type=icon_type)
    head = read_page_head(page.body, declared_charset=page.charset, base_url=page.url)
    icon, icon_type = await _read_icon(fetcher, head.icon_urls)
    return PageReading(
        title=head.title or None,
        description=head.description,
        author=head.author,
        icon=icon,
        icon_type=icon_type,
    )


async def _read_icon(fetcher: Fetcher, urls: tuple[str, ...]) -> tuple[bytes | None, str | None]:
    for url in urls:
        try:
            found = await fetcher.fetch(
                url, limit_bytes=ICON_LIMIT_BYTES, accept=_ICON_ACCEPT, timeout_seconds=ICON_TIMEOUT_SECONDS
            )
        except FetchError:
            continue
        icon_type = _icon_type(found)
        if icon_type is not None:
            return found.body, icon_type
    return None, None


def _icon_type(found: Fetched) -> str | None:
    if found.status != HTTPStatus.OK or found.is_truncated:
        return None
    return sniff_icon(found.body)

