"""The task that reads saved pages: whatever one page or the disk does, the next page is read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from poolhouse.app import pages
from poolhouse.app.house import RunningHouse
from poolhouse.app.pages import PageReader
from poolhouse.errors import StoreBusyError, StoreFullError
from poolhouse.fetch.fetcher import Fetched
from poolhouse.rules.addresses import Addresses
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.reading import get_item
from poolhouse.types import PageState
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from poolhouse.app.data import OpenData
    from poolhouse.fetch.fetcher import Fetcher
    from poolhouse.types import ItemId
    from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("_no_waiting")


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LOOK_SECONDS", 0.0)


class Pages:
    """A fetcher that finds at each address a page called like it, once `before` has been called with the address."""

    def __init__(self, before: Callable[[str], Awaitable[None]]) -> None:
        self._before = before
        self.asked: list[str] = []

    async def fetch(self, url: str, **_: object) -> Fetched:
        self.asked.append(url)
        await self._before(url)
        body = f"<title>{url}</title>".encode() if not url.endswith(".ico") else b""
        return Fetched(
            url=url, status=200, media_type="text/html", charset="utf-8", body=body, is_truncated=False
        )

    async def aclose(self) -> None:
        """Nothing is open."""


async def nothing(_: str) -> None:
    """Nothing happens before a page comes."""


class FailingHouse(RunningHouse):
    """A house whose next reads and writes fail as they are told to; `written` is set after each write."""

    failures: dict[str, Exception]
    written: asyncio.Event

    def read(self, ask: Callable[[Any], Any]) -> Any:
        if error := self.failures.pop("read", None):
            raise error
        return super().read(ask)

    async def write(self, change: Callable[[Any], Any]) -> Any:
        if error := self.failures.pop("write", None):
            raise error
        result = await super().write(change)
        self.written.set()
        return result


@pytest.fixture
def failing(data: OpenData, clock: StillClock) -> Iterator[FailingHouse]:
    house = FailingHouse(data, clock, Addresses("http://pools.test"))
    house.failures = {}
    house.written = asyncio.Event()
    yield house
    house.close()


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@asynccontextmanager
async def reading(house: RunningHouse, found: Pages) -> AsyncIterator[None]:
    task = asyncio.create_task(PageReader(house, cast("Fetcher", found)).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def state(house: FailingHouse, anna: Actor, item_id: ItemId) -> PageState:
    """The state that is not `pending`, once the reader came to it."""
    async with asyncio.timeout(10):
        while (found := anna.ask(get_item, item_id).page_state) is PageState.PENDING:
            house.written.clear()
            await house.written.wait()
    return found


async def test_our_own_fault_at_one_page_ends_nothing(failing: FailingHouse, anna: Actor) -> None:
    async def stumble(url: str) -> None:
        if "odd" in url:
            raise RuntimeError("a page that nobody thought of")

    odd = anna.do(save_link, "https://odd.test/").item.id
    plain = anna.do(save_link, "https://plain.test/").item.id
    async with reading(failing, Pages(stumble)):
        assert await state(failing, anna, plain) is PageState.DONE
        assert await state(failing, anna, odd) is PageState.FAILED
        later = anna.do(save_link, "https://later.test/").item.id
        assert await state(failing, anna, later) is PageState.DONE
    assert "thought of" not in str(anna.ask(get_item, odd).page_error)


@pytest.mark.parametrize(
    ("where", "error"),
    [("write", StoreFullError("the disk is full")), ("read", StoreBusyError("somebody else writes"))],
)
async def test_a_store_that_fails_is_asked_again(
    failing: FailingHouse, anna: Actor, where: str, error: Exception
) -> None:
    failing.failures[where] = error
    item = anna.do(save_link, "https://plain.test/").item.id
    async with reading(failing, Pages(nothing)):
        assert await state(failing, anna, item) is PageState.DONE
    assert anna.ask(get_item, item).title == "https://plain.test/"
    assert failing.failures == {}


async def test_a_page_whose_address_was_changed_meanwhile_says_nothing_of_the_new_one(
    failing: FailingHouse, anna: Actor
) -> None:
    item = anna.do(save_link, "https://old.test/").item.id

    async def change(url: str) -> None:
        if url == "https://old.test/":
            anna.do(edit_link, item, url="https://new.test/", title="")

    found = Pages(change)
    async with reading(failing, found):
        assert await state(failing, anna, item) is PageState.DONE
    after = anna.ask(get_item, item)
    assert (after.url, after.title) == ("https://new.test/", "https://new.test/")
    assert [url for url in found.asked if not url.endswith(".ico")] == [
        "https://old.test/",
        "https://new.test/",
    ]
