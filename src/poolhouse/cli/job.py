"""`poolhouse job`: what the server does for a person, what waits, and what could not be done."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, principal_named
from poolhouse.services.jobs import count_jobs, end_job, get_job, list_jobs, retry_job
from poolhouse.types import CheckLink, ImportFile, ImportMail, JobId, JobState, ReadMail, ReadPage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from poolhouse.cli._progress import Progress
    from poolhouse.ports import Transaction
    from poolhouse.store.database import Database
    from poolhouse.types import Job, Principal

LOOK_SECONDS: Final = 0.2
STILL_SECONDS: Final = 10.0
_STILL = "poolhouse: nothing moves; jobs are done while `poolhouse serve` runs on this data directory"


def add(commands: Any) -> None:
    """Declare the commands."""
    jobs = group(commands, "job", "what the server does for a person: list, retry, drop, wait")
    parser = _command(
        jobs,
        "list",
        run_list,
        "list jobs: what runs, what failed, what is done and has something to report, then what waits",
        "poolhouse job list anna --state failed",
    )
    parser.add_argument("--state", choices=[state.value for state in JobState], help="only those")
    kinds = (ReadPage.KIND, CheckLink.KIND, ImportFile.KIND, ImportMail.KIND, ReadMail.KIND)
    parser.add_argument("--kind", choices=kinds, help="only those")
    parser.add_argument("--limit", type=int, default=50, help="at most so many (default: %(default)s)")
    parser = _command(
        jobs,
        "retry",
        run_retry,
        "try jobs again that failed: those given, or all of them",
        "poolhouse job retry anna 31 32",
    )
    parser.add_argument(
        "ids", type=int, nargs="*", metavar="ID", help="their numbers, as `job list` prints them"
    )
    parser = _command(
        jobs,
        "drop",
        run_drop,
        "call off jobs that wait, and forget those that failed or are done",
        "poolhouse job drop anna 31",
    )
    parser.add_argument(
        "ids", type=int, nargs="+", metavar="ID", help="their numbers, as `job list` prints them"
    )
    _command(
        jobs,
        "wait",
        run_wait,
        "wait until nothing runs or waits any more; the exit status is 1 where something failed meanwhile",
        "poolhouse job wait anna",
    )


def _command(jobs: Any, name: str, run: Any, summary: str, example: str) -> argparse.ArgumentParser:
    parser = command(jobs, name, run, summary, example)
    parser.add_argument("person", metavar="NAME")
    return parser


def _say(arguments: argparse.Namespace, jobs: Sequence[Job]) -> int:
    for job in jobs:
        output_of(arguments).say(_line(job), job_data(job))
    return 0


def _line(job: Job) -> str:
    far = f" ({job.done:,} of {job.total:,})" if job.done is not None and job.total is not None else ""
    return "\t".join(
        filter(None, (str(job.id), f"{job.state.value}{far}", job.kind, job.label, job.reason, _report(job)))
    )


def _report(job: Job) -> str:
    """What came of an import, in a few words."""
    report = {} if job.report is None else json.loads(job.report)
    counts = {"added": "added", "merged": "were there already", "refused_count": "refused"}
    return ", ".join(f"{report[name]:,} {words}" for name, words in counts.items() if name in report)


def run_list(arguments: argparse.Namespace) -> int:
    """List jobs, one a line."""
    state = None if arguments.state is None else JobState(arguments.state)

    def ask(tx: Transaction) -> Sequence[Job]:
        principal = principal_named(tx, arguments.person)
        return list_jobs(tx, principal, state=state, kind=arguments.kind, limit=max(arguments.limit, 0))

    with opened(arguments) as data:
        return _say(arguments, data.database.read(ask))


def run_retry(arguments: argparse.Namespace) -> int:
    """Let jobs begin anew; all those given, or none."""

    def again(tx: Transaction) -> Sequence[Job]:
        principal = principal_named(tx, arguments.person)
        failed = count_jobs(tx, principal).get(JobState.FAILED, 0)
        ids = [JobId(number) for number in arguments.ids] or [
            job.id for job in list_jobs(tx, principal, state=JobState.FAILED, limit=failed)
        ]
        # the last first: each goes before what waits, so that they end in their order
        for job_id in reversed(ids):
            retry_job(tx, principal, job_id)
        return [get_job(tx, principal, job_id) for job_id in ids]

    with opened(arguments) as data:
        return _say(arguments, data.database.write(again))


def run_drop(arguments: argparse.Namespace) -> int:
    """End jobs; all those given, or none."""

    def end(tx: Transaction) -> Sequence[Job]:
        principal = principal_named(tx, arguments.person)
        jobs = [get_job(tx, principal, JobId(number)) for number in arguments.ids]
        for job in jobs:
            end_job(tx, principal, job.id)
        return jobs

    with opened(arguments) as data:
        for job in data.database.write(end):
            output_of(arguments).say(f"Dropped {job.kind} {job.label}.", job_data(job))
    return 0


def run_wait(arguments: argparse.Namespace) -> int:
    """Wait; to break it off (Ctrl-C) stops the waiting and no job."""
    output = output_of(arguments)
    with opened(arguments) as data:
        principal = data.database.read(lambda tx: principal_named(tx, arguments.person))
        with output.progress("waiting", "jobs") as progress:
            failed = wait_for_jobs(data.database, principal, progress, lambda: print(_STILL, file=sys.stderr))
    words = (
        f"{failed:,} failed: poolhouse job list {arguments.person} --state failed"
        if failed
        else "All is done."
    )
    output.say(words, {"failed": failed})
    return 1 if failed else 0


def wait_for_jobs(
    database: Database,
    principal: Principal,
    progress: Progress,
    still: Callable[[], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> int:
    """Return once none of the person's jobs runs or waits: how many failed meanwhile.

    `still` is told, once, when nothing ran and nothing was written for STILL_SECONDS. Looks at the store's version each
    LOOK_SECONDS, and at the jobs where that has changed.
    """
    version, moved_at, most = (
        database.version(),
        clock(),
        0,
    )  # before the first look, so that no change is missed
    counts = database.read(lambda tx: count_jobs(tx, principal))
    failed_before = counts.get(JobState.FAILED, 0)
    while left := counts.get(JobState.WAITING, 0) + counts.get(JobState.RUNNING, 0):
        most = max(most, left)
        progress(most - left, most)
        pause(LOOK_SECONDS)
        if (seen := database.version()) != version:
            version, moved_at = seen, clock()
            counts = database.read(lambda tx: count_jobs(tx, principal))
        elif clock() - moved_at > STILL_SECONDS and not counts.get(JobState.RUNNING):
            still()
            moved_at = float("inf")
    return max(counts.get(JobState.FAILED, 0) - failed_before, 0)


def job_data(job: Job) -> dict[str, Any]:
    """A job for programs."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "label": job.label,
        "attempts": job.attempts,
        "reason": job.reason or None,
        "done": job.done,
        "total": job.total,
        "report": None if job.report is None else json.loads(job.report),
        "created_at": job.created_at.isoformat(),
        "changed_at": job.changed_at.isoformat(),
    }
