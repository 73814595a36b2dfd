"""Each page fetched from the site and read as a worker reads it: the right text, or the right reason."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import FetchError, NoArticleError
from poolhouse.fetch.fetcher import Fetcher
from poolhouse.workers.reading import Readable, read_text
from tests.capture.judging import faults_of_text
from tests.capture.shelf import all_pages
from tests.capture.site import FORBIDDEN, NETWORK, Site

if TYPE_CHECKING:
    from poolhouse.fetch.fetcher import Fetched
    from tests.capture.pages import Page

LIMIT_BYTES = 2_000_000
SHORT_SECONDS, LONG_SECONDS = 0.5, 30.0

READ = frozenset({"text/html", "application/xhtml+xml", "text/plain"})


async def fetch(page: Page) -> tuple[Fetched | str, Site]:
    """What the page's address brings, or the reason why it brings nothing; and the site that was asked."""
    seconds = SHORT_SECONDS if page.is_slow else LONG_SECONDS
    fetcher = Fetcher(user_agent="Poolhouse/test", allowed_networks=(ip_network(NETWORK),))
    async with Site.of([page]) as site:
        try:
            return await fetcher.fetch(
                site.url_of(page), limit_bytes=LIMIT_BYTES, accept="*/*", timeout_seconds=seconds
            ), site
        except FetchError as error:
            return error.reason, site
        finally:
            await fetcher.aclose()


@pytest.mark.parametrize("page", [page for page in all_pages() if page.failure], ids=str)
async def test_a_page_that_cannot_be_had_says_why(page: Page) -> None:
    found, site = await fetch(page)
    said = found if isinstance(found, str) else f"the site answered {found.status}"
    assert re.search(page.failure, said), said
    assert not any(site.callers[address] for address in FORBIDDEN)


@pytest.mark.parametrize("page", [page for page in all_pages() if not page.failure], ids=str)
async def test_a_page_is_read(page: Page) -> None:
    found, _ = await fetch(page)
    assert not isinstance(found, str), found
    assert 200 <= found.status <= 299
    assert found.url.endswith(page.final or f"/{page.name}")
    if found.media_type not in READ:
        assert not page.has_text
        return
    if page.has_text:
        assert not faults(page, reading(found))
        return
    if page.has_text is False:
        with pytest.raises(NoArticleError, match=page.without):
            reading(found)
    else:
        with suppress(NoArticleError):
            reading(found)


def reading(found: Fetched) -> Readable:
    """The article of what was fetched."""
    return read_text(found.body, declared_charset=found.charset, url=found.url, media_type=found.media_type)


def faults(page: Page, read: Readable) -> list[str]:
    """What is wrong with a reading of a page."""
    published = read.published.date().isoformat() if read.published else ""
    said = {
        "title": (page.title, read.title),
        "author": (page.author, read.author),
        "published": (page.published, published),
        "language": (page.language, read.language),
    }
    wrong = [
        f"{name} is {found!r}"
        for name, (wanted, found) in said.items()
        if wanted is not None and found != wanted
    ]
    return [*wrong, *faults_of_text(page, read.text)]
