"""The durable backing: the contract, and what of entries and jobs is kept in its store."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from poolhouse.app.data import open_data
from poolhouse.errors import NotAnEntryError
from poolhouse.space.blocks import BlockRef
from poolhouse.types import JobId, JobState, PersonId
from tests.space.contract import ATTEMPT_LIMIT, Blur, SpaceContract
from tests.space.server import Fetch, Server, names, note

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.space.durable import DurableSpace
    from poolhouse.store.transaction import StoreTransaction
    from tests.conftest import StillClock


class TestDurableSpace(SpaceContract):
    """The contract holds."""


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
