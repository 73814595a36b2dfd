"""Jobs: what is being done for a person, what waits and what failed; and having all links looked at."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.live import JOBS_LIMIT
from poolhouse.services.checks import ask_for_checks
from poolhouse.services.jobs import cancel_job, drop_job, list_jobs, retry_job
from poolhouse.types import ImportFile, ImportMail, JobState

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import ItemId, JobId, Principal


_REPORTING = (ImportFile.KIND, ImportMail.KIND)


async def show_jobs(visit: Visit) -> Response:
    """The person's jobs: those that run, that failed, that have something to report, and the next that wait."""
    me = visit.me
    jobs = visit.house.read(lambda tx: list_jobs(tx, me, limit=JOBS_LIMIT))
    by_state = {str(state): [job for job in jobs if job.state is state] for state in JobState}
    reports = {job.id: json.loads(job.report) for job in jobs if job.report and job.kind in _REPORTING}
    return visit.page("jobs.html", jobs=by_state, reports=reports, is_cut=len(jobs) == JOBS_LIMIT)


async def retry(visit: Visit) -> Response:
    """Let a job that failed begin anew."""
    return await _change(visit, retry_job, "job-retried")


async def drop(visit: Visit) -> Response:
    """Forget a job that failed."""
    return await _change(visit, drop_job, "job-dropped")


async def cancel(visit: Visit) -> Response:
    """Call off a job that waits."""
    return await _change(visit, cancel_job, "job-cancelled")


async def _change(
    visit: Visit, change: Callable[[Transaction, Principal, JobId], None], said: str
) -> Response:
    me, job_id = visit.me, visit.job_id()
    try:
        await visit.house.write(lambda tx: change(tx, me, job_id))
    except ConflictError:
        # it went on while the page was looked at; the page shows where it is now
        return visit.go("/jobs", "job-moved")
    return visit.go("/jobs", said)


async def check_links(visit: Visit) -> Response:
    """Have every link of the person's looked at now, and not when its turn comes."""
    me = visit.me
    before: ItemId | None = None
    try:
        while True:
            asked = await visit.house.write(partial(ask_for_checks, principal=me, before=before))
            if (before := asked.before) is None:
                return visit.go("/jobs", "checking")
    except ConflictError:
        return visit.go("/jobs", "checking-already")


PAGES = (
    Page(path="/jobs", get=show_jobs),
    Page(path="/jobs/{id}/retry", post=retry),
    Page(path="/jobs/{id}/drop", post=drop),
    Page(path="/jobs/{id}/cancel", post=cancel),
    Page(path="/jobs/check-links", post=check_links),
)
