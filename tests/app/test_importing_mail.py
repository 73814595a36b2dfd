"""Mail that somebody sent as a file, imported by a job: whole, broken off and gone on with, or told why not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.importing_mail import ImportingMail
from poolhouse.services.jobs import get_job
from poolhouse.services.mail_imports import mail_pool, queue_mail_import
from poolhouse.services.pools import add_pool
from poolhouse.space.durable import DurableSpace
from poolhouse.types import ImportMail, JobState
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.types import JobId, PoolId

LINE = b"From anna@example.org Thu Jan  1 00:00:00 2026\n"
OWNER = "server"


def mbox(count: int) -> bytes:
    return b"".join(LINE + b"Subject: %d\n\ntext\n\n" % number for number in range(count))


@pytest.fixture
def anna(house: RunningHouse) -> Actor:
    return new_actor(house.data.database, "anna")


async def do_next(house: RunningHouse) -> None:
    """Do the job that is next as a server does, on a server's way: taken, done and committed."""
    jobs = DurableSpace[Any](house.write, house.read, lambda tx: tx.tuples, owner=OWNER)
    importing = ImportingMail(house, owner=OWNER)
    try:
        taking = jobs.take(ImportMail)
        async with taking as job:
            await importing.keep(taking, job)
    finally:
        await jobs.close()


def queue(
    house: RunningHouse, anna: Actor, content: bytes, pool_id: PoolId | None = None
) -> tuple[JobId, PoolId]:
    blob = house.blobs.put(content)

    def put(tx: Transaction) -> tuple[JobId, PoolId]:
        target = mail_pool(tx, anna.principal, pool_id)
        return queue_mail_import(tx, anna.principal, blob, "mine.mbox", pool_id=target), target

    return house.data.database.write(put)


def report_of(anna: Actor, job_id: JobId) -> dict[str, Any]:
    job = anna.ask(get_job, job_id)
    assert job.state is JobState.DONE
    found: dict[str, Any] = json.loads(job.report or "")
    return found


def count_in(anna: Actor, pool_id: PoolId) -> int:
    pool = anna.database.read(lambda tx: tx.pools.get(pool_id))
    assert pool is not None
    return pool.entry_count


@pytest.mark.parametrize("content", [mbox(250), b"Subject: one\r\n\r\ntext"])
async def test_a_file_is_imported(house: RunningHouse, anna: Actor, content: bytes) -> None:
    count = max(content.count(LINE), 1)
    job_id, pool_id = queue(house, anna, content)
    await do_next(house)
    assert report_of(anna, job_id) == {
        "added": count,
        "merged": 0,
        "refused_count": 0,
        "refused": [],
        "problems": [],
    }
    assert count_in(anna, pool_id) == count
    job_id, _ = queue(house, anna, content)
    await do_next(house)
    assert (report_of(anna, job_id)["added"], report_of(anna, job_id)["merged"]) == (0, count)


async def test_one_that_is_broken_off_goes_on_and_reports_all_of_it(
    house: RunningHouse, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = mbox(350)
    job_id, pool_id = queue(house, anna, content)
    writes = 0
    write = house.write

    async def broken_off(change: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == 5:  # what the server before held, the lease, two batches; the third is broken off
            raise asyncio.CancelledError
        return await write(change)

    monkeypatch.setattr(house, "write", broken_off)
    with pytest.raises(asyncio.CancelledError):
        await do_next(house)
    monkeypatch.undo()
    job = anna.ask(get_job, job_id)
    assert (job.state, job.done, job.total) == (
        JobState.WAITING,
        content.find(LINE + b"Subject: 200\n"),
        len(content),
    )
    assert count_in(anna, pool_id) == 200
    await do_next(house)
    report = report_of(anna, job_id)
    assert (report["added"], report["merged"]) == (350, 0)
    assert count_in(anna, pool_id) == 350
    rows = house.data.database.writing.execute("SELECT count(*) FROM mail_import").get
    assert rows == 0


async def test_what_cannot_be_imported_is_told(house: RunningHouse, anna: Actor) -> None:
    job_id, _ = queue(house, anna, b"\x00 no mail")
    await do_next(house)
    assert report_of(anna, job_id)["problems"] == [
        "The import ended: file: it holds no mail that Poolhouse can find."
    ]
    pool = anna.do(add_pool, "Here")
    job_id, _ = queue(house, anna, mbox(1), pool.id)
    anna.database.write(lambda tx: tx.pools.set_trashed([pool.id], tx.now))
    await do_next(house)
    (problem,) = report_of(anna, job_id)["problems"]
    assert problem.startswith("The import ended: ")
    job_id, _ = queue(house, anna, mbox(2))
    for address in list(house.blobs.addresses()):
        house.blobs.path(address).unlink()
    await do_next(house)
    assert report_of(anna, job_id)["problems"] == ["The file is not there any more; send it again."]
