"""The work that is under way for a person, as the frame of every page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.services.jobs import count_jobs
from poolhouse.types import JobState

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Principal


@dataclass(frozen=True, slots=True)
class Work:
    """How many jobs wait or run, and how many failed."""

    under_way: int = 0
    failed: int = 0


def read_work(tx: Transaction, principal: Principal) -> Work:
    """Count the person's jobs. One question of an index."""
    counts = count_jobs(tx, principal)
    under_way = counts.get(JobState.RUNNING, 0) + counts.get(JobState.WAITING, 0)
    return Work(under_way, counts.get(JobState.FAILED, 0))
