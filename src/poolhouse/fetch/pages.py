"""Fetching a linked page, its icon, and what else it is made of; reading them is the workers' work."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from poolhouse.errors import FetchError
from poolhouse.fetch.status import status_in_words
from poolhouse.formats.page_head import sniff_icon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poolhouse.fetch.fetcher import Fetched, Fetcher

PAGE_TIMEOUT_SECONDS: Final = 20.0
ICON_LIMIT_BYTES: Final = 100_000
ICON_TIMEOUT_SECONDS: Final = 10.0
RESOURCE_LIMIT_BYTES: Final = 2 * 1024 * 1024
RESOURCES_LIMIT_BYTES: Final = 16 * 1024 * 1024
RESOURCES_TIMEOUT_SECONDS: Final = 60.0

_PAGE_ACCEPT: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
_ICON_ACCEPT: Final = "image/png,image/x-icon,image/webp,image/gif,image/jpeg;q=0.9,*/*;q=0.1"
_RESOURCE_ACCEPT: Final = "image/webp,image/png,image/jpeg,image/gif,text/css,*/*;q=0.1"
_RESOURCE_TIMEOUT_SECONDS: Final = 20.0
_AT_ONCE: Final = 4


async def fetch_page(fetcher: Fetcher, url: str, *, limit_bytes: int) -> Fetched:
    """Fetch the page at `url`, or as much of it as `limit_bytes`.

    Raises FetchError (RefusedAddressError, NoSuchHostError) with a sentence for the person, also where the answer is an
    HTTP error: what an error page says is not what was saved. One request, and one for each redirect.
    """
    page = await fetcher.fetch(
        url, limit_bytes=limit_bytes, accept=_PAGE_ACCEPT, timeout_seconds=PAGE_TIMEOUT_SECONDS
    )
    if not 200 <= page.status <= 299:
        raise FetchError(f"the site answered {status_in_words(page.status)}")
    return page


async def fetch_icon(fetcher: Fetcher, urls: Iterable[str]) -> bytes | None:
    """The first of `urls` that is an image of at most ICON_LIMIT_BYTES (never SVG); never raises."""
    for url in urls:
        with suppress(FetchError):
            found = await fetcher.fetch(
                url, limit_bytes=ICON_LIMIT_BYTES, accept=_ICON_ACCEPT, timeout_seconds=ICON_TIMEOUT_SECONDS
            )
            if _is_whole(found) and sniff_icon(found.body) is not None:
                return found.body
    return None


async def fetch_resources(
    fetcher: Fetcher, urls: Iterable[str], *, limit_bytes: int = RESOURCES_LIMIT_BYTES
) -> Mapping[str, Fetched]:
    """What a page is made of, each under the address it was asked for at; never raises.

    Left out is what cannot be fetched, is larger than RESOURCE_LIMIT_BYTES, or did not come within
    RESOURCES_TIMEOUT_SECONDS for all of them; nothing more is asked for once `limit_bytes` have come. So at most
    `limit_bytes` and one resource for each that is fetched at the same time are held in memory.
    """
    found: dict[str, Fetched] = {}
    waiting = iter(dict.fromkeys(urls))
    room_bytes = limit_bytes

    async def work() -> None:
        nonlocal room_bytes
        for url in waiting:
            if room_bytes <= 0:
                return
            with suppress(FetchError):
                resource = await fetcher.fetch(
                    url,
                    limit_bytes=RESOURCE_LIMIT_BYTES,
                    accept=_RESOURCE_ACCEPT,
                    timeout_seconds=_RESOURCE_TIMEOUT_SECONDS,
                )
                if _is_whole(resource) and len(resource.body) <= room_bytes:
                    room_bytes -= len(resource.body)
                    found[url] = resource

    with suppress(TimeoutError):
        async with asyncio.timeout(RESOURCES_TIMEOUT_SECONDS), asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
    return found


def _is_whole(found: Fetched) -> bool:
    return found.status == HTTPStatus.OK and not found.is_truncated
