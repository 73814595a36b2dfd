"""Jobs: what is being done for the person, what waits, what could not be done, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from poolhouse.errors import InvalidInputError
from poolhouse.servers.api.answers import json_answer, list_answer, no_content
from poolhouse.servers.api.views import job_data
from poolhouse.services.checks import ask_for_checks
from poolhouse.services.jobs import count_jobs, end_job, get_job, list_jobs, retry_job
from poolhouse.types import CheckLink, ImportFile, ImportMail, JobId, JobState, ReadMail, ReadPage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.types import ItemId

Choice = TypeVar("Choice", bound=StrEnum)


class JobKind(StrEnum):
    """The sorts of work that a person's jobs are."""

    READ_PAGE = ReadPage.KIND
    CHECK_LINK = CheckLink.KIND
    IMPORT_FILE = ImportFile.KIND
    IMPORT_MAIL = ImportMail.KIND
    READ_MAIL = ReadMail.KIND


async def list_all(call: Call) -> Response:
    """GET /jobs"""
    state, kind, limit = _choice(call, "state", JobState), _choice(call, "kind", JobKind), call.page().limit

    def ask(tx: Transaction) -> tuple[list[dict[str, Any]], Mapping[JobState, int]]:
        found = list_jobs(tx, call.principal, state=state, kind=kind, limit=limit)
        return [job_data(job) for job in found], count_jobs(tx, call.principal)

    items, counts = call.house.read(ask)
    return list_answer(items, more={"counts": {state.value: counts.get(state, 0) for state in JobState}})


async def get(call: Call) -> Response:
    """GET /jobs/{job_id}"""
    job_id = JobId(call.id("job_id"))
    return json_answer(call.house.read(lambda tx: job_data(get_job(tx, call.principal, job_id))))


async def retry(call: Call) -> Response:
    """POST /jobs/{job_id}/retry"""
    job_id = JobId(call.id("job_id"))

    def again(tx: Transaction) -> dict[str, Any]:
        retry_job(tx, call.principal, job_id)
        return job_data(get_job(tx, call.principal, job_id))

    return json_answer(await call.house.write(again))


async def delete(call: Call) -> Response:
    """DELETE /jobs/{job_id}"""
    job_id = JobId(call.id("job_id"))
    await call.house.write(lambda tx: end_job(tx, call.principal, job_id))
    return no_content()


async def check_links(call: Call) -> Response:
    """POST /checks"""
    queued = 0
    before: ItemId | None = None
    while True:
        # some at a time: others save in between
        ask = partial(ask_for_checks, principal=call.principal, before=before)
        link_count, before = await call.house.write(ask)
        queued += link_count
        if before is None:
            return json_answer({"queued": queued}, 202)


def _choice(call: Call, name: str, choices: type[Choice]) -> Choice | None:
    value = call.query.get(name)
    if value is None:
        return None
    if value not in list(choices):
        raise InvalidInputError(name, f"This is one of {', '.join(choices)}.")
    return choices(value)
