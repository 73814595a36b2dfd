"""The server's jobs, done: pages read, links looked at, files imported, whatever one of them or the disk does."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pytest

from poolhouse.app.house import RunningHouse
from poolhouse.app.workshop import Workshop
from poolhouse.errors import FetchError, StoreBusyError, StoreFullError
from poolhouse.fetch.fetcher import Fetched
from poolhouse.rules.addresses import Addresses
from poolhouse.services.captures import get_capture
from poolhouse.services.imports import queue_import
from poolhouse.services.jobs import list_jobs, retry_job
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.reading import get_item, search_items
from poolhouse.store.blobs import BlobFiles
from poolhouse.types import CheckLink, JobState, PageState
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.fetch.fetcher import Fetcher
    from poolhouse.types import ItemId, Job
    from tests.conftest import StillClock

pytestmark = pytest.mark.slow

ARTICLE = """<!doctype html><html lang=en><title>{url}</title><body><nav>home about</nav><article><h1>Of herons</h1>
<p>The grey heron stands in the shallow water of the pond for an hour and does not move, until a roach comes near.</p>
<p>Then it strikes, faster than the eye can follow, and what was a branch is a bird with a fish in its bill.</p>
<p>Herons nest in colonies, high in old trees, and come back to the same nest for years, adding a few twigs each.</p>
</article></body></html>"""


class Pages:
    """A fetcher that finds an article at each address, once `before` has been called with the address."""

    def __init__(self, before: Callable[[str], Awaitable[None]]) -> None:
        self._before = before
        self.asked: list[str] = []

    async def fetch(self, url: str, **_: object) -> Fetched:
        self.asked.append(url)
        await self._before(url)
        body = ARTICLE.format(url=url).encode() if not url.endswith(".ico") else b""
        return Fetched(
            url=url, status=200, media_type="text/html", charset="utf-8", body=body, is_truncated=False
        )

    async def aclose(self) -> None:
        """Nothing is open."""


async def nothing(_: str) -> None:
    """Nothing happens before a page comes."""


class FailingHouse(RunningHouse):
    """A house whose next reads and writes fail as they are told to."""

    failures: dict[str, Exception]

    def read(self, ask: Callable[[Any], Any]) -> Any:
        if error := self.failures.pop("read", None):
            raise error
        return super().read(ask)

    async def write(self, change: Callable[[Any], Any]) -> Any:
        if error := self.failures.pop("write", None):
            raise error
        return await super().write(change)


class SlowBlobs(BlobFiles):
    """Blobs whose disk is waited for: what is in a block is looked at before and after."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_writing = threading.Event()
        self.goes_on = threading.Event()
        self.was_whole: list[bool] = []

    def put(self, content: bytes | memoryview) -> str:
        if isinstance(content, memoryview):
            with memoryview(content) as held:  # as a write to a file has it
                before = bytes(held)
                self.is_writing.set()
                self.goes_on.wait()
                self.was_whole.append(bytes(held) == before)
        return super().put(content)


class SlowDiskHouse(RunningHouse):
    """A house with such blobs."""

    @cached_property
    def slow_blobs(self) -> SlowBlobs:
        return SlowBlobs(self.data.blobs.root)

    @property
    def blobs(self) -> BlobFiles:
        return self.slow_blobs


@pytest.fixture
def failing(data: OpenData, clock: StillClock) -> Iterator[FailingHouse]:
    house = FailingHouse(data, clock, Addresses("http://pools.test"))
    house.failures = {}
    yield house
    house.close()


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@asynccontextmanager
async def working(house: RunningHouse, pages: Pages | None) -> AsyncIterator[None]:
    """A workshop that does not wait where a real one waits for better times."""

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    workshop = Workshop(house, cast("Fetcher | None", pages), workers=1, pause=pause)
    task = asyncio.create_task(workshop.run())
    try:
        yield
    finally:
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(outcome, asyncio.CancelledError), outcome


async def until(house: RunningHouse, is_so: Callable[[], bool]) -> None:
    """Wait, commit by commit, until something is so."""
    async with asyncio.timeout(30):
        while not is_so():
            await house.next_commit(1.0)


async def state(house: RunningHouse, anna: Actor, item_id: ItemId) -> PageState:
    """The state that is not `pending`, once a workshop came to it."""
    await until(house, lambda: anna.ask(get_item, item_id).page_state is not PageState.PENDING)
    return anna.ask(get_item, item_id).page_state


async def test_a_saved_page_is_read_and_found_by_its_words(house: RunningHouse, anna: Actor) -> None:
    item = (await house.write(lambda tx: save_link(tx, anna.principal, "https://plain.test/"))).item.id
    async with working(house, Pages(nothing)):
        assert await state(house, anna, item) is PageState.DONE
    capture = anna.ask(get_capture, item)
    assert (capture.title, capture.language) == ("https://plain.test/", "en")
    assert capture.word_count > 50
    assert [found.id for found in anna.ask(search_items, "roach")] == [item]
    assert anna.ask(list_jobs) == []


async def test_what_is_saved_while_it_runs_is_read(house: RunningHouse, anna: Actor) -> None:
    async with working(house, Pages(nothing)):
        item = (await house.write(lambda tx: save_link(tx, anna.principal, "https://plain.test/"))).item.id
        assert await state(house, anna, item) is PageState.DONE


async def test_our_own_fault_at_one_page_ends_nothing(house: RunningHouse, anna: Actor) -> None:
    async def stumble(url: str) -> None:
        if "odd" in url:
            raise RuntimeError("a page that nobody thought of")

    odd = anna.do(save_link, "https://odd.test/").item.id
    plain = anna.do(save_link, "https://plain.test/").item.id
    async with working(house, Pages(stumble)):
        assert await state(house, anna, plain) is PageState.DONE
        assert await state(house, anna, odd) is PageState.FAILED
    assert "thought of" not in str(anna.ask(get_item, odd).page_error)


async def test_why_a_page_cannot_be_read_is_told(house: RunningHouse, anna: Actor) -> None:
    async def refuse(_: str) -> None:
        raise FetchError("the site answered 404 (Not Found)")

    item = anna.do(save_link, "https://plain.test/").item.id
    async with working(house, Pages(refuse)):
        assert await state(house, anna, item) is PageState.FAILED
    assert anna.ask(get_item, item).page_error == "the site answered 404 (Not Found)"


async def test_where_no_worker_can_start_a_page_waits(
    house: RunningHouse, anna: Actor, no_worker_can_start: Callable[[], AbstractContextManager[None]]
) -> None:
    item = anna.do(save_link, "https://plain.test/").item.id
    with no_worker_can_start():
        async with working(house, Pages(nothing)):
            await until(house, lambda: [job.state for job in anna.ask(list_jobs)] == [JobState.FAILED])
    (job,) = anna.ask(list_jobs)
    assert "could not start" in job.reason
    assert anna.ask(get_item, item).page_state is PageState.PENDING
    anna.do(retry_job, job.id)
    async with working(house, Pages(nothing)):
        assert await state(house, anna, item) is PageState.DONE


@pytest.mark.parametrize(
    ("where", "error"),
    [("write", StoreFullError("the disk is full")), ("read", StoreBusyError("somebody else writes"))],
)
async def test_a_store_that_fails_is_asked_again(
    failing: FailingHouse, anna: Actor, where: str, error: Exception
) -> None:
    async def fail(_: str) -> None:
        failing.failures.setdefault(where, error) if not tried else None
        tried.append(1)

    tried: list[int] = []
    item = anna.do(save_link, "https://plain.test/").item.id
    async with working(failing, Pages(fail)):
        assert await state(failing, anna, item) is PageState.DONE
    assert failing.failures == {}


async def test_a_page_whose_address_was_changed_meanwhile_says_nothing_of_the_new_one(
    house: RunningHouse, anna: Actor
) -> None:
    item = anna.do(save_link, "https://old.test/").item.id

    async def change(url: str) -> None:
        if url == "https://old.test/":
            await house.write(
                lambda tx: edit_link(tx, anna.principal, item, url="https://new.test/", title="")
            )

    pages = Pages(change)
    async with working(house, pages):
        assert await state(house, anna, item) is PageState.DONE
    after = anna.ask(get_item, item)
    assert (after.url, after.title) == ("https://new.test/", "https://new.test/")
    assert [url for url in pages.asked if not url.endswith(".ico")] == [
        "https://old.test/",
        "https://new.test/",
    ]


async def test_without_a_fetcher_nothing_waits_for_pages(house: RunningHouse, anna: Actor) -> None:
    item = anna.do(save_link, "https://plain.test/").item.id
    async with working(house, None):
        assert await state(house, anna, item) is PageState.UNWANTED
    assert anna.ask(list_jobs) == []


async def test_a_workshop_that_stops_leaves_its_jobs_to_the_next(house: RunningHouse, anna: Actor) -> None:
    is_asked = asyncio.Event()

    async def hang(_: str) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    item = anna.do(save_link, "https://plain.test/").item.id
    async with working(house, Pages(hang)):
        await is_asked.wait()
    (job,) = anna.ask(list_jobs)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    async with working(house, Pages(nothing)):
        assert await state(house, anna, item) is PageState.DONE


async def test_a_workshop_that_stops_takes_nothing_away_from_who_writes_it_down(
    data: OpenData, clock: StillClock, anna: Actor
) -> None:
    house = SlowDiskHouse(data, clock, Addresses("http://pools.test"))
    anna.do(save_link, "https://plain.test/")
    async with working(house, Pages(nothing)):
        assert await asyncio.to_thread(house.slow_blobs.is_writing.wait, 30)
        asyncio.get_running_loop().call_later(0.1, house.slow_blobs.goes_on.set)
    house.close()
    assert house.slow_blobs.was_whole == [True]
    assert [job.attempts for job in anna.ask(list_jobs)] == [0]


async def test_a_link_is_looked_at(house: RunningHouse, anna: Actor) -> None:
    item = anna.do(save_link, "https://plain.test/").item.id
    pages = Pages(nothing)
    async with working(house, pages):
        assert await state(house, anna, item) is PageState.DONE
        read = len(pages.asked)
        await house.write(lambda tx: tx.tuples.put(CheckLink(item_id=item, url="https://plain.test/")))
        await until(house, lambda: len(pages.asked) > read)


BOOKMARKS = "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><H3>Birds</H3><DL><p>{}</DL></DL>"


def job_of(anna: Actor) -> Job:
    (job,) = anna.ask(list_jobs)
    return job


async def test_a_file_is_imported_and_what_came_of_it_reported(house: RunningHouse, anna: Actor) -> None:
    links = "".join(f'<DT><A HREF="https://heron.test/{n}">Heron {n}</A>' for n in range(250))
    file = house.blobs.put(BOOKMARKS.format(links + '<DT><A HREF="javascript:alert(1)">no</A>').encode())
    await house.write(lambda tx: queue_import(tx, anna.principal, file, "birds.html"))
    async with working(house, None):
        await until(house, lambda: job_of(anna).state is JobState.DONE)
    job = job_of(anna)
    report = json.loads(job.report or "")
    assert (job.label, job.done, job.total) == ("birds.html", 251, 251)
    assert (report["added"], report["merged"], report["refused_count"]) == (250, 0, 1)
    assert report["refused"][0]["url"] == "javascript:alert(1)"


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 100, b"<html>nothing"])
async def test_a_file_without_bookmarks_says_so(house: RunningHouse, anna: Actor, content: bytes) -> None:
    file = house.blobs.put(content)
    await house.write(lambda tx: queue_import(tx, anna.principal, file, "birds.html"))
    async with working(house, None):
        await until(house, lambda: job_of(anna).state is JobState.DONE)
    report = json.loads(job_of(anna).report or "")
    assert "no bookmarks" in report["problems"][-1]


async def test_an_import_that_was_broken_off_goes_on_where_it_was(house: RunningHouse, anna: Actor) -> None:
    links = "".join(f'<DT><A HREF="https://heron.test/{n}">Heron {n}</A>' for n in range(250))
    file = house.blobs.put(BOOKMARKS.format(links).encode())
    job_id = await house.write(lambda tx: queue_import(tx, anna.principal, file, "birds.html"))
    async with working(house, None):
        await until(house, lambda: (job_of(anna).done or 0) >= 100)
    before = job_of(anna)
    assert before.id == job_id
    async with working(house, None):
        await until(house, lambda: job_of(anna).state is JobState.DONE)
    report = json.loads(job_of(anna).report or "")
    saved_before = 0 if before.state is JobState.DONE else before.done or 0
    assert report["merged"] == 0, "what was saved is not saved again"
    assert report["added"] + saved_before == 250
