"""Tuples: the jobs, as their persons and those who do them see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from poolhouse.types import Job, JobId, JobState, PersonId


class Tuples(Protocol):
    """Jobs: entries of the durable tuple space, there if and only if what caused them is.

    One that is done is gone, but for those that have something to report."""

    def put(
        self,
        entry: object,
        *,
        person_id: PersonId | None = None,
        label: str = "",
        total: int | None = None,
    ) -> JobId:
        """Ask for work. `entry` is a frozen dataclass of plain data, `label` what a person reads of it.

        Persons whose jobs are of one kind take turns. Raises NotAnEntryError."""

    def get(self, job_id: JobId) -> Job | None: ...
    def body(self, job_id: JobId) -> bytes | None:
        """The entry itself, as JSON: what a job says to whoever does it."""

    def of(
        self, person_id: PersonId, *, state: JobState | None = None, kind: str | None = None, limit: int
    ) -> Sequence[Job]:
        """At most `limit` jobs of a person: what runs, what failed, what is done, then what waits, next first.

        Of that state and that kind, where they are given."""

    def counts(self, person_id: PersonId) -> Mapping[JobState, int]:
        """How many jobs of a person are in each state; the states of none are left out. Looks at each of theirs."""

    def cancel(self, job_id: JobId) -> bool:
        """Withdraw a job that waits; False where it does not."""

    def retry(self, job_id: JobId) -> bool:
        """Let a job that failed begin anew, before what waits; False where it did not fail."""

    def drop(self, job_id: JobId) -> bool:
        """Forget a job that failed or is done; False where it is neither."""

    def progress(self, entry_id: int, owner: str, done: int, total: int) -> None:
        """Say how far the work on a job is that `owner` holds."""

    def remove_done(self, before: datetime) -> None:
        """Forget jobs that were done before that time."""
