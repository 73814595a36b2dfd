"""A person has all their links looked at: jobs of theirs, a batch at a time, and not twice at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, NotFoundError
from poolhouse.services.checks import ask_for_checks
from poolhouse.services.jobs import cancel_job, list_jobs
from poolhouse.services.links import save_link
from poolhouse.services.trash import trash_item
from poolhouse.types import CheckLink, JobState, Principal, Query, ReadPage, Scope

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, Job
    from tests.store.actor import Actor

URLS = ("https://example.org/1", "https://example.org/2", "http://example.org/3", "https://example.org/4")


def save_all(actor: Actor) -> list[Item]:
    return [actor.do(save_link, url).item for url in URLS]


def asked(actor: Actor) -> list[Job]:
    return [*actor.ask(list_jobs, kind=CheckLink.KIND)]


def ask_in_batches(actor: Actor, limit: int = 100) -> int:
    before: ItemId | None = None
    found = 0
    while True:
        count, before = actor.do(ask_for_checks, before=before, limit=limit)
        assert count <= limit
        found += count
        if before is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_every_link_once_in_batches_of_any_size(anna: Actor, bert: Actor, limit: int) -> None:
    items = save_all(anna)
    anna.do(save_link, "mailto:somebody@example.org")
    anna.do(trash_item, items[0].id)
    save_all(bert)
    assert ask_in_batches(anna, limit) == 3
    jobs = asked(anna)
    assert [job.label for job in jobs] == [item.title for item in reversed(items[1:])]
    assert {job.state for job in jobs} == {JobState.WAITING}
    assert asked(bert) == []


def test_they_are_not_due_again_at_once(data: OpenData, anna: Actor) -> None:
    save_all(anna)

    def make_due(tx: Transaction) -> int:
        for item in tx.search.find(anna.principal.person_id, Query(), limit=10):
            tx.checks.plan(item.id, tx.now)
        return len(tx.checks.due(10))

    assert data.database.write(make_due) == 4
    ask_in_batches(anna)
    assert data.database.read(lambda tx: tx.checks.due(10)) == []


def test_not_twice_at_once(anna: Actor, bert: Actor) -> None:
    save_all(anna)
    save_all(bert)
    ask_in_batches(anna)
    with pytest.raises(ConflictError):
        ask_in_batches(anna)
    assert ask_in_batches(bert) == 4
    for job in asked(anna):
        anna.do(cancel_job, job.id)
    assert ask_in_batches(anna) == 4


def test_a_readers_secret_asks_for_nothing(data: OpenData, anna: Actor) -> None:
    save_all(anna)
    reader = Principal(person_id=anna.principal.person_id, scope=Scope.FEED, pool_id=anna.bookmarks.id)
    with pytest.raises(NotFoundError):
        data.database.write(lambda tx: ask_for_checks(tx, reader))
    assert asked(anna) == []


def test_jobs_by_state_and_kind(anna: Actor, bert: Actor) -> None:
    save_all(anna)
    save_all(bert)
    ask_in_batches(anna)

    def kinds(kind: str | None = None, state: JobState | None = None, limit: int = 200) -> list[str]:
        jobs = anna.ask(list_jobs, kind=kind, state=state, limit=limit)
        assert {job.person_id for job in jobs} <= {anna.principal.person_id}
        return [job.kind for job in jobs]

    assert kinds() == [CheckLink.KIND] * 4 + [ReadPage.KIND] * 4
    assert kinds(ReadPage.KIND) == [ReadPage.KIND] * 4
    assert kinds(ReadPage.KIND, JobState.WAITING, limit=2) == [ReadPage.KIND] * 2
    assert kinds(state=JobState.FAILED) == []
    assert kinds(CheckLink.KIND, JobState.RUNNING) == []
    assert kinds("made-up") == []
