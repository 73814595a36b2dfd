"""A person's jobs: what is being done for them, what waits, and what could not be done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError
from poolhouse.rules.access import Verb
from poolhouse.services._access import require_job, require_own
from poolhouse.services.pages import record_page_failure
from poolhouse.types import ItemId, JobState, ReadPage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Job, JobId, Principal

CALLED_OFF = "The reading of this page was called off."


def list_jobs(
    tx: Transaction,
    principal: Principal,
    *,
    state: JobState | None = None,
    kind: str | None = None,
    limit: int = 200,
) -> Sequence[Job]:
    """At most `limit` of the person's jobs: what runs, what failed, what is done, then what waits.

    Of that state and that kind, where they are given.
    """
    require_own(principal, Verb.READ)
    return tx.tuples.of(principal.person_id, state=state, kind=kind, limit=limit)


def count_jobs(tx: Transaction, principal: Principal) -> Mapping[JobState, int]:
    """How many of the person's jobs are in each state; the states of none are left out."""
    require_own(principal, Verb.READ)
    return tx.tuples.counts(principal.person_id)


def get_job(tx: Transaction, principal: Principal, job_id: JobId) -> Job:
    """One job. Raises NotFoundError, also once it is done."""
    return require_job(tx, principal, Verb.READ, job_id)


def retry_job(tx: Transaction, principal: Principal, job_id: JobId) -> None:
    """Let a job that failed begin anew, before what waits. Raises ConflictError, NotFoundError."""
    require_job(tx, principal, Verb.WRITE, job_id)
    if not tx.tuples.retry(job_id):
        raise ConflictError("job", "it has not failed")


def drop_job(tx: Transaction, principal: Principal, job_id: JobId) -> None:
    """Give up a job that failed, or forget one that is done. Raises ConflictError, NotFoundError."""
    job = require_job(tx, principal, Verb.WRITE, job_id)
    body = tx.tuples.body(job_id)
    if not tx.tuples.drop(job_id):
        raise ConflictError("job", "it has neither failed nor is it done")
    _give_up(tx, job, body)


def cancel_job(tx: Transaction, principal: Principal, job_id: JobId) -> None:
    """Call off a job that waits. Raises ConflictError (it runs, or has failed), NotFoundError."""
    job = require_job(tx, principal, Verb.WRITE, job_id)
    body = tx.tuples.body(job_id)
    if not tx.tuples.cancel(job_id):
        raise ConflictError("job", "it does not wait any more")
    _give_up(tx, job, body)


def end_job(tx: Transaction, principal: Principal, job_id: JobId) -> None:
    """Call off a job that waits; forget one that failed or is done. Raises ConflictError (it runs), NotFoundError."""
    is_waiting = require_job(tx, principal, Verb.WRITE, job_id).state is JobState.WAITING
    (cancel_job if is_waiting else drop_job)(tx, principal, job_id)


def _give_up(tx: Transaction, job: Job, body: bytes | None) -> None:
    """An item whose page will not be read now does not wait for it."""
    if job.kind == ReadPage.KIND and body is not None:
        fields = json.loads(body)
        record_page_failure(tx, ItemId(fields["item_id"]), fields["url"], CALLED_OFF)
