"""A person sees, repeats and gives up their own jobs, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.services.imports import queue_import
from poolhouse.services.jobs import (
    CALLED_OFF,
    cancel_job,
    count_jobs,
    drop_job,
    get_job,
    list_jobs,
    retry_job,
)
from poolhouse.services.links import save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item
from poolhouse.space.shelf import wanted
from poolhouse.store.verify import verify
from poolhouse.types import (
    CheckLink,
    ImportFile,
    Job,
    JobId,
    JobState,
    PageState,
    PoolId,
    Principal,
    ReadPage,
    Scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.data import OpenData
    from tests.store.actor import Actor

OWNER, LEASE_SECONDS = "server", 60


@pytest.fixture(autouse=True)
def whole(data: OpenData) -> Iterator[None]:
    """Whatever a test does, the store is whole after it."""
    yield
    assert verify(data.database.path.parent).faults == ()


def begin(data: OpenData) -> None:
    """A worker takes what is next of the pages that are to be read."""
    data.database.write(lambda tx: tx.tuples.lease(wanted(ReadPage, {}), OWNER, LEASE_SECONDS, 1))


def fail(data: OpenData, job: Job) -> None:
    begin(data)
    data.database.write(lambda tx: tx.tuples.put_back(job.id, OWNER, "the worker died", 1))


def save(anna: Actor, title: str) -> Job:
    anna.do(save_link, f"https://{title}.test/", title=title)
    return next(job for job in anna.ask(list_jobs) if job.label == title)


def states(anna: Actor) -> list[tuple[str, JobState]]:
    return [(job.label, job.state) for job in anna.ask(list_jobs)]


def test_what_runs_comes_first_then_what_failed_then_what_waits(data: OpenData, anna: Actor) -> None:
    first = save(anna, "first")
    fail(data, first)
    save(anna, "second")
    save(anna, "third")
    begin(data)
    assert states(anna) == [
        ("second", JobState.RUNNING),
        ("first", JobState.FAILED),
        ("third", JobState.WAITING),
    ]
    assert anna.ask(count_jobs) == {JobState.RUNNING: 1, JobState.FAILED: 1, JobState.WAITING: 1}
    assert [job.label for job in anna.ask(list_jobs, limit=2)] == ["second", "first"]
    failed = anna.ask(get_job, first.id)
    assert (failed.kind, failed.reason, failed.attempts) == (ReadPage.KIND, "the worker died", 1)


def test_a_job_that_failed_begins_anew(data: OpenData, anna: Actor) -> None:
    job = save(anna, "first")
    save(anna, "second")
    with pytest.raises(ConflictError):
        anna.do(retry_job, job.id)
    fail(data, job)
    anna.do(retry_job, job.id)
    assert states(anna) == [("first", JobState.WAITING), ("second", JobState.WAITING)]
    with pytest.raises(ConflictError):
        anna.do(retry_job, job.id)


def test_a_job_that_failed_can_be_given_up_and_its_page_waits_no_more(data: OpenData, anna: Actor) -> None:
    job = save(anna, "first")
    with pytest.raises(ConflictError):
        anna.do(drop_job, job.id)
    fail(data, job)
    anna.do(drop_job, job.id)
    assert anna.ask(list_jobs) == []
    with pytest.raises(NotFoundError):
        anna.ask(get_job, job.id)
    item = anna.do(save_link, "https://first.test/").item
    assert (item.page_state, item.page_error) == (PageState.FAILED, CALLED_OFF)


def test_a_job_that_waits_can_be_called_off(data: OpenData, anna: Actor) -> None:
    job = save(anna, "first")
    anna.do(cancel_job, job.id)
    assert anna.ask(list_jobs) == []
    assert anna.do(save_link, "https://first.test/").item.page_state is PageState.FAILED
    other = save(anna, "second")
    begin(data)
    for refuse in (cancel_job, drop_job, retry_job):
        with pytest.raises(ConflictError):
            anna.do(refuse, other.id)
    assert anna.do(save_link, "https://second.test/").item.page_state is PageState.PENDING


def test_a_job_that_is_about_no_page_changes_none(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, "https://first.test/").item
    look = data.database.write(
        lambda tx: tx.tuples.put(CheckLink(item_id=item.id, url=item.url), person_id=item.owner_id)
    )
    anna.do(cancel_job, look)
    assert anna.ask(get_item, item.id).page_state is PageState.PENDING


def test_nobody_elses_jobs_are_there(data: OpenData, anna: Actor, bert: Actor) -> None:
    job = save(anna, "first")
    servers_own = data.database.write(lambda tx: tx.tuples.put(CheckLink(item_id=1, url="https://x.test/")))
    fail(data, job)
    reader = Principal(person_id=anna.principal.person_id, scope=Scope.FEED, pool_id=anna.bookmarks.id)
    asked = [(bert.principal, job.id), (reader, job.id), (anna.principal, servers_own)]
    for principal, job_id in (*asked, (anna.principal, JobId(999))):
        for service in (get_job, retry_job, drop_job, cancel_job):
            with pytest.raises(NotFoundError):
                data.database.write(lambda tx: service(tx, principal, job_id))  # noqa: B023 - called at once
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: list_jobs(tx, reader))
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: count_jobs(tx, reader))
    assert bert.ask(list_jobs) == []
    assert bert.ask(count_jobs) == {}
    assert states(anna) == [("first", JobState.FAILED)]


def test_a_file_is_imported_by_a_job(data: OpenData, anna: Actor, bert: Actor) -> None:
    blob = data.blobs.put(b"bookmarks")
    pool = anna.do(add_pool, "Old")
    searched = anna.do(add_pool, "Searched", query="alpha")
    job_id = anna.do(queue_import, blob, "book\x00marks.html", pool_id=pool.id)
    job = anna.ask(get_job, job_id)
    assert (job.kind, job.label) == (ImportFile.KIND, "book marks.html")
    body = data.database.read(lambda tx: tx.tuples.body(job_id))
    assert body == f'{{"blob":"{blob}","pool_id":{pool.id},"name":"book marks.html"}}'.encode()
    with pytest.raises(InvalidInputError):
        anna.do(queue_import, blob, "x", pool_id=searched.id)
    for nobodys in (pool.id, PoolId(999)):
        with pytest.raises(NotFoundError):
            bert.do(queue_import, blob, "x", pool_id=nobodys)
