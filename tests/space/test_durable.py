"""The durable backing: the contract, and what it has beside it: effects in the same commit, leases, restarts."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.data import open_data
from poolhouse.errors import NotAnEntryError, NotHeldError, SpaceClosedError, StoreError, StoreFullError
from poolhouse.services.people import add_person
from poolhouse.space.blocks import BlockRef
from poolhouse.space.durable import DurableSpace
from poolhouse.store.verify import verify
from poolhouse.store.writer import Writer
from poolhouse.types import JobId, JobState, PersonId
from tests.space.contract import ATTEMPT_LIMIT, Blur, Blurred, FailedError, SpaceContract, begin, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.space.shelf import Shelf
    from poolhouse.space.taking import Taking
    from poolhouse.store.transaction import StoreTransaction
    from tests.conftest import StillClock

LEASE_SECONDS = 60


def shelf_of(tx: StoreTransaction) -> Shelf:
    return tx.tuples


class Pauses:
    """Pauses that are over when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._is_paused = False
        self._began, self._over = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._began.release()
        await self._over.acquire()

    async def next(self) -> None:
        """Until `run` has done its keeping once, or once more."""
        if self._is_paused:
            self._over.release()
        await self._began.acquire()
        self._is_paused = True


class Server:
    """A writer, and a space over it, as a server has them."""

    def __init__(self, data: OpenData, owner: str = "server") -> None:
        self.data = data
        self.writer = Writer(data.database)
        self.pauses = Pauses()
        self.commits = 0
        self.before_commit: Callable[[], None] = lambda: None
        self.space = DurableSpace(
            self.write,
            data.database.read,
            shelf_of,
            owner=owner,
            lease_seconds=LEASE_SECONDS,
            attempt_limit=ATTEMPT_LIMIT,
            pause=self.pauses,
        )

    async def write(self, change: Callable[[StoreTransaction], Any]) -> Any:
        self.before_commit()
        self.commits += 1
        return await asyncio.shield(asyncio.wrap_future(self.writer.submit(change)))

    async def close(self) -> None:
        await self.space.close()
        self.writer.close()

    def hold_up(self) -> threading.Event:
        """Keep the writer from everything until the event is set."""
        go = threading.Event()
        self.writer.submit(lambda _: go.wait(60))
        return go

    def states(self) -> list[Any]:
        """State and attempts of every entry, oldest first."""
        return self.data.database.writing.execute("SELECT state, attempts FROM tuple ORDER BY id").fetchall()


@pytest.fixture
async def server(data: OpenData) -> AsyncIterator[Server]:
    server = Server(data)
    yield server
    await server.close()
    assert verify(data.database.path.parent).faults == ()


@pytest.fixture
def space(server: Server) -> DurableSpace[StoreTransaction]:
    return server.space


@pytest.fixture
def people(data: OpenData) -> tuple[int, int]:
    anna, bert = data.database.write(lambda tx: [add_person(tx, name, None) for name in ("anna", "bert")])
    return anna.id, bert.id


class TestDurableSpace(SpaceContract):
    """The contract holds."""


@dataclass(frozen=True)
class Fetch:
    """Work on a page."""

    url: str


def note(name: str) -> Callable[[StoreTransaction], object]:
    """An effect that can be seen, and that fails where it is had twice."""
    return lambda tx: add_person(tx, name, None)


def names(data: OpenData) -> list[str]:
    return [person.name for person in data.database.read(lambda tx: tx.persons.all())]


async def work(space: DurableSpace[StoreTransaction], *changes: Callable[[StoreTransaction], object]) -> None:
    taking = space.take(Fetch)
    async with taking:
        taking.out(Blurred(1))
        for change in changes:
            taking.commit_with(change)


def fail(tx: StoreTransaction) -> None:
    raise FailedError("no such page")


async def test_effects_are_in_the_commit(server: Server, space: DurableSpace[StoreTransaction]) -> None:
    await space.out(Fetch("https://one.test/"))
    assert await space.try_take(Blur) is None  # what was held before this server began is taken back now
    before = server.commits
    await work(space, note("one"), note("two"))
    assert server.commits == before + 2  # the lease, and all the rest
    assert names(server.data) == ["one", "two"]
    assert await space.take(Blurred) == Blurred(1)
    assert server.states() == []


async def test_where_an_effect_fails_nothing_was_done(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    for _ in range(ATTEMPT_LIMIT):
        with pytest.raises(FailedError):
            await work(space, note("one"), fail)
    assert names(server.data) == []
    assert await space.try_rd(Blurred) is None
    (dead,) = await space.dead_letters()
    assert dead.reason == "no such page"


async def test_who_lost_its_lease_does_nothing(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    other = Server(server.data, "other")
    await space.out(Fetch("https://one.test/"))
    held, go = asyncio.Event(), asyncio.Event()
    slow = asyncio.ensure_future(_work_slowly(space, held, go))
    await held.wait()
    clock.pass_seconds(LEASE_SECONDS + 1)
    taking = asyncio.ensure_future(work(other.space, note("other")))
    await settle()
    assert not taking.done()
    keeping = asyncio.ensure_future(other.space.run())
    await taking
    go.set()
    with pytest.raises(NotHeldError):
        await slow
    assert names(server.data) == ["other"]
    keeping.cancel()
    await other.close()


async def _work_slowly(space: DurableSpace[StoreTransaction], held: asyncio.Event, go: asyncio.Event) -> None:
    taking = space.take(Fetch)
    async with taking:
        taking.commit_with(note("slow"))
        held.set()
        await go.wait()


async def test_what_a_write_puts_wakes_who_waits(
    server: Server, space: DurableSpace[StoreTransaction], people: tuple[int, int]
) -> None:
    taking = await begin(_take_fetch(space))
    server.data.database.write(lambda tx: tx.tuples.put(Fetch("https://one.test/"), person_id=people[0]))
    await settle()
    assert not taking.done()
    space.wake()
    assert await taking == Fetch("https://one.test/")


async def _take_fetch(space: DurableSpace[StoreTransaction]) -> Fetch:
    return await space.take(Fetch)


async def test_what_is_undone_with_its_write_never_was(server: Server) -> None:
    def put_and_fail(tx: StoreTransaction) -> None:
        tx.tuples.put(Fetch("https://one.test/"))
        raise FailedError

    with pytest.raises(FailedError):
        await server.write(put_and_fail)
    assert server.states() == []


async def test_who_waits_for_nothing_costs_no_commit(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    assert await space.try_take(Fetch) is None
    before = server.commits
    waiting = [await begin(_take_fetch(space)), await begin(space.rd(Fetch))]
    for _ in range(10):
        space.wake()
        await settle()
    assert await space.try_take(Fetch) is None
    assert server.commits == before
    for each in waiting:
        each.cancel()


async def test_a_space_where_nobody_waits_reads_nothing(server: Server) -> None:
    def read(ask: Callable[[StoreTransaction], Any]) -> Any:
        raise AssertionError("it was read")

    space = DurableSpace(server.write, read, shelf_of, owner="server")
    space.wake()
    await settle()
    assert server.commits == 0


class Crowd:
    """Takers that hold what they took until all of them have."""

    def __init__(self, space: DurableSpace[StoreTransaction], count: int) -> None:
        self.images: list[int] = []
        self.space = space
        self.count = count
        self.all_hold = asyncio.Event()

    async def hold(self) -> None:
        async with self.space.take(Blur) as blur:
            self.images.append(blur.image)
            if len(self.images) == self.count:
                self.all_hold.set()
            await asyncio.Event().wait()


async def test_takers_of_one_turn_share_a_commit(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(*(Blur(image) for image in range(100)))
    assert await space.try_take(Fetch) is None
    before = server.commits
    crowd = Crowd(space, 100)
    takers = [asyncio.ensure_future(crowd.hold()) for _ in range(100)]
    await crowd.all_hold.wait()
    assert server.commits == before + 1
    assert crowd.images == list(range(100))
    for each in takers:
        each.cancel()
    await asyncio.gather(*takers, return_exceptions=True)
    assert server.states() == [("ready", 0)] * 100


async def test_what_a_killed_server_held_is_taken_back_by_the_next_and_counts(
    data: OpenData, clock: StillClock
) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    for attempt in range(1, ATTEMPT_LIMIT + 1):
        killed = Server(data)
        taking = killed.space.take(Blur)
        assert await taking.__aenter__() == Blur(0)
        assert taking.attempts == attempt
        killed.writer.close()
    following = Server(data)
    assert await following.space.take(Blur) == Blur(1)
    (dead,) = await following.space.dead_letters()
    assert (dead.attempts, dead.reason) == (ATTEMPT_LIMIT, "the server ended while it was at this")
    await following.close()


async def test_a_server_that_starts_takes_back_what_it_held_although_nobody_takes(data: OpenData) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    killed = Server(data)
    for _ in range(3):
        await killed.space.take(Blur).__aenter__()
    killed.writer.close()
    following = Server(data)
    keeping = await begin(following.space.run())
    await following.pauses.next()
    assert following.states() == [("ready", 1)] * 3
    assert [(await following.space.take(Blur)).image for _ in range(3)] == [0, 1, 2]
    keeping.cancel()
    await following.close()


def leases(data: OpenData) -> list[int]:
    """How many seconds every lease has from now on."""
    now = int(data.database.clock.now().timestamp())
    rows = data.database.writing.execute("SELECT lease_until FROM tuple WHERE state = 'held' ORDER BY id")
    return [row[0] - now for row in rows]


async def test_a_lease_is_kept_while_its_server_lives(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    await space.out(Blur(1), Blur(2))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    before = server.commits
    await server.pauses.next()
    assert server.commits == before, "nothing is held, nothing is written"
    async with space.take(Blur):
        for _ in range(5):
            clock.pass_seconds(LEASE_SECONDS / 3)
            await server.pauses.next()
            assert leases(server.data) == [LEASE_SECONDS]
    assert server.pauses.asked == [LEASE_SECONDS / 3] * 7
    keeping.cancel()


async def test_a_server_that_slept_keeps_what_nobody_else_wanted(
    server: Server, space: DurableSpace[StoreTransaction], clock: StillClock
) -> None:
    await space.out(Blur(1))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    async with space.take(Blur):
        clock.pass_seconds(100 * LEASE_SECONDS)
        await server.pauses.next()
        assert leases(server.data) == [LEASE_SECONDS]
        assert await space.try_take(Blur) is None
    assert server.states() == []
    keeping.cancel()


async def test_what_cannot_be_put_back_now_is_put_back_later(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    keeping = asyncio.ensure_future(space.run())
    await server.pauses.next()
    with pytest.raises(FailedError):
        await _fail_on_a_full_disk(space, server)
    assert server.states() == [("held", 1)]
    await server.pauses.next()
    assert server.states() == [("held", 1)]
    server.before_commit = lambda: None
    await server.pauses.next()
    assert server.states() == [("ready", 1)]
    keeping.cancel()


async def _fail_on_a_full_disk(space: DurableSpace[StoreTransaction], server: Server) -> None:
    async with space.take(Blur):
        server.before_commit = fill_the_disk
        raise FailedError("no such image")


def fill_the_disk() -> None:
    raise StoreFullError("no room is left on the disk")


async def test_a_commit_that_cannot_be_kept_is_told_and_tried_again(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))

    with pytest.raises(StoreFullError):
        await _finish_on_a_full_disk(space, server)
    assert server.states() == [("ready", 0)], "a full disk is no fault of the job"
    await work(space, note("one"))
    assert names(server.data) == ["one"]


async def test_an_effect_that_the_store_refuses_is_not_tried_for_ever(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    for _ in range(ATTEMPT_LIMIT):
        with pytest.raises(StoreError, match="refused"):
            await work(space, note("one"), lambda tx: tx.tuples.put(Blur(1), person_id=99))
    (dead,) = await space.dead_letters()
    assert "refused" in dead.reason
    assert names(server.data) == []


async def _finish_on_a_full_disk(space: DurableSpace[StoreTransaction], server: Server) -> None:
    def fill_once() -> None:
        server.before_commit = lambda: None
        fill_the_disk()

    async with space.take(Fetch):
        server.before_commit = fill_once


async def test_a_store_that_cannot_lease_tells_who_waits(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    server.before_commit = fill_the_disk
    with pytest.raises(StoreFullError):
        await space.take(Blur)
    server.before_commit = lambda: None
    assert await space.take(Blur) == Blur(1)


async def test_cancelled_while_it_commits_it_is_committed(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Fetch("https://one.test/"))
    held, finish = asyncio.Event(), asyncio.Event()
    working = asyncio.ensure_future(_work_slowly(space, held, finish))
    await held.wait()
    go = server.hold_up()
    finish.set()
    await settle()
    working.cancel()
    await settle()
    assert not working.done(), "it is known by then which of the two it came to"
    working.cancel()
    await settle()
    assert working.cancelled()
    go.set()
    await space.close()
    assert names(server.data) == ["slow"]
    assert server.states() == []


async def test_what_arrives_for_who_went_away_goes_back(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    assert await space.try_take(Fetch) is None
    go = server.hold_up()
    gone = await begin(_take_blur(space))
    gone.cancel()
    await settle()
    go.set()
    assert await space.take(Blur) == Blur(1)
    assert gone.cancelled()


async def _take_blur(space: DurableSpace[StoreTransaction]) -> Blur:
    return await space.take(Blur)


async def test_an_entry_that_the_class_has_outgrown_becomes_a_dead_letter(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    server.data.database.writing.execute('UPDATE tuple SET body = \'{"image": "one"}\', key = \'"one"\'')
    for _ in range(ATTEMPT_LIMIT):
        with pytest.raises(NotAnEntryError, match="no Blur"):
            await space.take(Blur)
    (dead,) = await space.dead_letters()
    assert "no Blur" in dead.reason
    assert dead.body == b'{"image": "one"}'


@dataclass(frozen=True)
class Shade:
    """Work on memory that ends with the process."""

    name: str
    blocks: tuple[BlockRef, ...]


async def test_what_names_a_block_cannot_be_kept(space: DurableSpace[StoreTransaction]) -> None:
    entry = Shade("a", (BlockRef(1, 4096, 0),))
    with pytest.raises(NotAnEntryError, match="block"):
        await space.out(Blur(1), entry)
    await space.out(Shade("a", ()))
    assert await space.take(Shade, blocks=()) == Shade("a", ())
    with pytest.raises(NotAnEntryError, match="block"):
        space.take(Shade).out(entry)
    assert await space.try_rd(Blur) is None


async def test_progress_is_shown_and_costs_a_commit_for_each_per_cent(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    await space.out(Blur(1))
    taking = space.take(Blur)
    await taking.progress(1, 2)
    async with taking:
        before = server.commits
        for done in range(2_001):
            await taking.progress(done, 100_000)
        assert server.commits == before + 3
        assert taking.id is not None
        job = server.data.database.read(lambda tx: tx.tuples.get(JobId(taking.id or 0)))
        assert job is not None
        assert (job.state, job.done, job.total) == (JobState.RUNNING, 2_000, 100_000)


async def test_what_came_of_a_job_can_be_kept_for_its_person(
    server: Server, space: DurableSpace[StoreTransaction], people: tuple[int, int]
) -> None:
    await space.out(Fetch("https://one.test/"), person=people[0])
    taking = space.take(Fetch)
    async with taking:
        assert taking.person == people[0]
        taking.finish('{"links": 3}')
        taking.commit_with(note("one"))
    assert await space.try_rd(Fetch) is None
    (job,) = server.data.database.read(lambda tx: tx.tuples.of(PersonId(people[0]), limit=9))
    assert (job.state, job.report) == (JobState.DONE, '{"links": 3}')
    assert "one" in names(server.data)
    assert not await space.retry(job.id)
    assert await space.drop(job.id)


async def test_a_listener_hears_what_commands_beside_the_server_put(
    server: Server, space: DurableSpace[StoreTransaction]
) -> None:
    notices = space.notify(Blur)
    late = space.notify(Blur, image=2)
    server.data.database.write(lambda tx: [tx.tuples.put(Blur(image)) for image in range(3)])
    keeping = asyncio.ensure_future(space.run())
    assert [(await anext(notices)).image for _ in range(3)] == [0, 1, 2]
    assert (await anext(late)).image == 2
    keeping.cancel()


async def test_closing_ends_all_waiting(server: Server) -> None:
    space = server.space
    notices = space.notify(Blur)
    waiting = [
        await begin(_take_blur(space)),
        await begin(space.rd(Blurred)),
        await begin(_next(notices)),
    ]
    await space.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SpaceClosedError] * 3
    for call in (space.out(Blur(1)), space.rd(Blur), space.try_rd(Blur), _take_blur(space)):
        with pytest.raises(SpaceClosedError):
            await call
    with pytest.raises(SpaceClosedError):
        space.notify(Blur)


async def _next(notices: AsyncIterator[Blur]) -> Blur:
    return await anext(notices)


async def test_what_is_held_when_the_space_closes_can_still_be_ended(server: Server) -> None:
    await server.space.out(Fetch("https://one.test/"), Fetch("https://two.test/"))
    done, failed = server.space.take(Fetch), server.space.take(Fetch)
    async with done:
        with pytest.raises(FailedError):
            await _fail_and_close(failed, server)
    assert server.states() == [("ready", 1)]


async def _fail_and_close(taking: Taking[Fetch], server: Server) -> None:
    async with taking:
        await server.space.close()
        raise FailedError("no such page")


async def test_many_servers_share_a_store(data: OpenData) -> None:
    """Several spaces over one database, each entry done once: what PostgreSQL will do between machines."""
    servers = [Server(data, f"server {number}") for number in range(4)]
    await servers[0].space.out(*(Fetch(f"https://{number}.test/") for number in range(60)))
    workers = [_work_all(each.space) for each in servers for _ in range(5)]
    await asyncio.gather(*workers)
    assert sorted(names(data)) == sorted(f"p{number}" for number in range(60))
    for each in servers:
        await each.close()


async def _work_all(space: DurableSpace[StoreTransaction]) -> None:
    while True:
        taking = space.try_take(Fetch)
        async with taking as fetch:
            if fetch is None:
                return
            taking.commit_with(note("p" + fetch.url.removeprefix("https://").removesuffix(".test/")))


async def test_a_store_opens_again_with_what_was_put(tmp_path: Path, clock: StillClock) -> None:
    with closing(open_data(tmp_path / "store", clock)) as data:
        server = Server(data)
        await server.space.out(Blur(1), Blur(2, name="x" * 10_000))
        await server.close()
    with closing(open_data(tmp_path / "store", clock)) as data:
        server = Server(data)
        assert await server.space.take(Blur, image=2) == Blur(2, name="x" * 10_000)
        assert await server.space.take(Blur) == Blur(1)
        await server.close()
