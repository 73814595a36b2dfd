"""Job: work that somebody asked for and that is still to be done, as that person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.person import PersonId

JobId = NewType("JobId", int)


class JobState(StrEnum):
    """Where a job stands. One that is done is kept only where it has something to report."""

    RUNNING = "running"
    FAILED = "failed"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An entry of the durable tuple space, without what it says to whoever does it.

    `kind` names the sort of work, `label` what it is done to: a title, an address, a file's name, or "". `attempts` is
    how often it was begun, `reason` why the last attempt failed, a short sentence or "". `done` of `total` says how
    far a long one is, where it tells. `report` is what came of one that is done, as JSON. `person_id` is None for the
    server's own.
    """

    id: JobId
    kind: str
    state: JobState
    attempts: int
    reason: str
    person_id: PersonId | None
    created_at: datetime
    changed_at: datetime
    label: str = ""
    done: int | None = None
    total: int | None = None
    report: str | None = None
