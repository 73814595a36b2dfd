"""Messages read by real workers: together where they can, each by itself where one of them is deadly."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from poolhouse.app import reading_mail
from poolhouse.app.workshop import MAIL_READERS, Workshop
from poolhouse.errors import StoreBusyError
from poolhouse.services.captures import recapture
from poolhouse.services.deliveries import set_own_addresses
from poolhouse.services.jobs import list_jobs
from poolhouse.services.messages import NO_SUBJECT, ask_to_reread, record_reading
from poolhouse.services.reading import get_item, search_items
from poolhouse.space.pool import WorkerPool
from poolhouse.types import JobState, PageState
from tests.letters import SENDER, deliver, write_letter
from tests.mail_corpus.deadly import DEADLY, read_deadly
from tests.mail_corpus.hostile import BUILDERS
from tests.space.pools import ROOT
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from contextlib import AbstractContextManager

    from poolhouse.app.data import OpenData
    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.space import MemorySpace
    from poolhouse.types import Item, ItemId, MessageReading

pytestmark = pytest.mark.slow


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@asynccontextmanager
async def working(
    house: RunningHouse, *, lull: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """A workshop that does not wait where a real one waits for better times."""

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    task = asyncio.create_task(Workshop(house, None, workers=2, lull=lull, pause=pause).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def pool_of_the_deadly(space: MemorySpace, modules: tuple[str, ...], **settings: Any) -> WorkerPool:
    """The server's workers, which may call the deadly reader too."""
    return WorkerPool(space, (*modules, "tests.mail_corpus.deadly"), paths=[ROOT], **settings)


async def read_all(house: RunningHouse, anna: Actor, item_ids: Iterable[ItemId]) -> list[Item]:
    """The messages, once each was read or could not be."""
    async with working(house), asyncio.timeout(120):
        while True:
            items = [anna.ask(get_item, each) for each in item_ids]
            if all(item.page_state is not PageState.PENDING for item in items):
                return items
            await house.next_commit(1.0)


async def test_what_came_is_read_and_found(house: RunningHouse, data: OpenData, anna: Actor) -> None:
    ids = [deliver(data, write_letter(f"Letter {number}")).item_id for number in range(120)]
    items = await read_all(house, anna, ids)
    assert [item.title for item in items] == [f"Letter {number}" for number in range(120)]
    assert len(anna.ask(search_items, "from:robin", limit=200)) == 120


async def test_one_persons_import_keeps_nobody_waiting(
    house: RunningHouse, data: OpenData, anna: Actor
) -> None:
    ben = new_actor(data.database, "ben")
    is_held, goes_on = asyncio.Event(), asyncio.Event()

    async def hold_the_first() -> None:
        if not is_held.is_set():
            is_held.set()
            await goes_on.wait()

    def is_waiting() -> bool:
        return any(job.state is JobState.WAITING for job in anna.ask(list_jobs))

    async with asyncio.timeout(60), working(house, lull=hold_the_first):
        of_anna = [deliver(data, write_letter("Letter")).item_id]
        await is_held.wait()
        for number in range(MAIL_READERS):  # as an import does, batch after batch
            of_anna.append(deliver(data, write_letter(f"Letter {number}")).item_id)
            while is_waiting():
                await house.next_commit(1.0)
        of_ben = deliver(data, write_letter("For Ben"), "ben@pools.test").item_id
        while ben.ask(get_item, of_ben).page_state is PageState.PENDING:
            await house.next_commit(1.0)
        assert {anna.ask(get_item, each).page_state for each in of_anna} == {PageState.PENDING}
        goes_on.set()
        while anna.ask(list_jobs):
            await house.next_commit(1.0)
    assert {anna.ask(get_item, each).page_state for each in of_anna} == {PageState.DONE}


async def test_what_the_trusted_mail_server_says_of_a_sender_counts(
    house: RunningHouse, data: OpenData, anna: Actor
) -> None:
    anna.do(set_own_addresses, [SENDER])
    house.authserv = "mx.test"
    ids = [
        deliver(
            data,
            write_letter(said, f"https://{said}.example/", Authentication_Results=f"mx.test; dmarc={said}"),
            "anna+save@pools.test",
        )
        for said in ("pass", "fail")
    ]
    await read_all(house, anna, [each.item_id for each in ids])
    assert [item.title for item in anna.ask(search_items, "kind:link")] == ["pass"]


async def test_one_that_kills_its_worker_sinks_no_other(
    house: RunningHouse, data: OpenData, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_mail, "read_messages", read_deadly)
    monkeypatch.setattr("poolhouse.app.workshop.WorkerPool", pool_of_the_deadly)
    texts = ["fine", DEADLY.decode(), "fine too"]
    ids = [deliver(data, write_letter(text, text)).item_id for text in texts]
    items = await read_all(house, anna, ids)
    assert [item.page_state for item in items] == [PageState.DONE, PageState.FAILED, PageState.DONE]
    assert "could not be read" in str(items[1].page_error)
    assert data.blobs.get(items[1].blob or "") == write_letter(texts[1], texts[1])


class Stumbling:
    """`record_reading`, which fails at the message called "Odd", at the end of it and as often as it is told to."""

    def __init__(self, fault: Exception, times: int) -> None:
        self._fault = fault
        self.left = times

    def __call__(self, tx: Transaction, item_id: ItemId, reading: MessageReading, *, authserv: str) -> None:
        record_reading(tx, item_id, reading, authserv=authserv)
        if reading.facts.subject == "Odd" and self.left:
            self.left -= 1
            raise self._fault


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(RuntimeError("a message that nobody thought of"), id="a fault of ours"),
        pytest.param(apsw.TooBigError("string or blob too big"), id="a statement that is refused"),
    ],
)
async def test_one_that_cannot_be_filed_sinks_no_other(
    house: RunningHouse, data: OpenData, anna: Actor, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(reading_mail, "record_reading", Stumbling(fault, times=1_000))
    ids = [deliver(data, write_letter(subject)).item_id for subject in ("One", "Odd", "Two")]
    items = await read_all(house, anna, ids)
    assert [item.page_state for item in items] == [PageState.DONE, PageState.FAILED, PageState.DONE]
    assert (items[1].title, items[1].page_error) == (NO_SUBJECT, reading_mail.NOT_FILED)
    assert anna.ask(search_items, "odd") == []
    later = deliver(data, write_letter("Later")).item_id
    assert [item.title for item in await read_all(house, anna, [later])] == ["Later"]


async def test_a_store_that_fails_is_no_messages_fault(
    house: RunningHouse, data: OpenData, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbling = Stumbling(StoreBusyError("another program is writing"), times=2)
    monkeypatch.setattr(reading_mail, "record_reading", stumbling)
    ids = [deliver(data, write_letter(subject)).item_id for subject in ("One", "Odd")]
    items = await read_all(house, anna, ids)
    assert [item.title for item in items] == ["One", "Odd"]
    assert stumbling.left == 0


async def test_where_no_worker_can_start_messages_wait(
    house: RunningHouse,
    data: OpenData,
    anna: Actor,
    no_worker_can_start: Callable[[], AbstractContextManager[None]],
) -> None:
    ids = [deliver(data, write_letter(text)).item_id for text in ("One", "Two")]
    with no_worker_can_start():
        async with working(house), asyncio.timeout(60):
            while [job.state for job in anna.ask(list_jobs)] != [JobState.FAILED]:
                await house.next_commit(1.0)
    (job,) = anna.ask(list_jobs)
    assert "could not start" in job.reason
    assert {anna.ask(get_item, each).page_state for each in ids} == {PageState.PENDING}
    house.data.database.write(ask_to_reread)
    items = await read_all(house, anna, ids)
    assert [item.title for item in items] == ["One", "Two"]


async def test_one_whose_file_is_gone_says_so_and_is_tried_again_when_it_is_back(
    house: RunningHouse, data: OpenData, anna: Actor
) -> None:
    gone = deliver(data, write_letter("Gone")).item_id
    kept = deliver(data, write_letter("Kept")).item_id
    path = data.blobs.path(anna.ask(get_item, gone).blob or "")
    content = path.read_bytes()
    path.unlink()
    items = await read_all(house, anna, (gone, kept))
    assert [item.page_state for item in items] == [PageState.FAILED, PageState.DONE]
    assert items[0].page_error == reading_mail.GONE
    path.write_bytes(content)
    anna.do(recapture, gone)
    (item,) = await read_all(house, anna, [gone])
    assert (item.title, item.page_state, item.page_error) == ("Gone", PageState.DONE, None)


async def test_one_whose_file_cannot_be_read_sinks_no_other(
    house: RunningHouse, data: OpenData, anna: Actor
) -> None:
    ids = [deliver(data, write_letter(subject)).item_id for subject in ("Odd", "Kept")]
    path = data.blobs.path(anna.ask(get_item, ids[0]).blob or "")
    path.unlink()
    path.mkdir()  # gives an error also to root, to whom no mode does
    items = await read_all(house, anna, ids)
    assert [item.page_state for item in items] == [PageState.FAILED, PageState.DONE]
    assert items[0].page_error == "Its file cannot be read: Is a directory."
    later = deliver(data, write_letter("Later")).item_id
    assert [item.title for item in await read_all(house, anna, [later])] == ["Later"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
async def test_that_no_more_files_can_be_opened_is_no_messages_fault(
    house: RunningHouse, data: OpenData, anna: Actor, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = data.blobs.get
    faults = [OSError(number, os.strerror(number))]

    def get(address: str) -> bytes | None:
        if faults:
            raise faults.pop()
        return real(address)

    monkeypatch.setattr(data.blobs, "get", get)
    ids = [deliver(data, write_letter(subject)).item_id for subject in ("One", "Two")]
    items = await read_all(house, anna, ids)
    assert [item.title for item in items] == ["One", "Two"]
    assert not faults


async def test_what_is_made_to_harm_is_read_or_put_aside_and_no_job_is_left(
    house: RunningHouse, data: OpenData, anna: Actor
) -> None:
    ids = [deliver(data, build()).item_id for build in BUILDERS.values()]
    items = await read_all(house, anna, dict.fromkeys(ids))
    assert all(item.page_state is PageState.DONE for item in items), [item.page_error for item in items]
    async with working(house), asyncio.timeout(30):
        while anna.ask(list_jobs):
            await house.next_commit(1.0)
