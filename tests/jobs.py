"""Doing jobs by hand, as a server does them: taken, failed, finished."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from poolhouse.formats.netscape import read_netscape
from poolhouse.services.imports import import_batch, plan_import, report_json
from poolhouse.services.pools import get_pool
from poolhouse.space.shelf import wanted
from poolhouse.types import ImportFile, JobId, Principal, ReadPage, Scope

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.store.database import Database
    from poolhouse.store.transaction import StoreTransaction

SERVER = "server"


def hold_job(database: Database, cls: type = ReadPage) -> int:
    """Take the job of a class that is next; returns its id."""
    (kept,) = database.write(lambda tx: tx.tuples.lease(wanted(cls, {}), SERVER, 60, 1))
    return kept.id


def fail_job(database: Database, cls: type = ReadPage, reason: str = "no such host") -> int:
    """Let the job that is next fail for good."""
    number = hold_job(database, cls)
    assert database.write(lambda tx: tx.tuples.put_back(number, SERVER, reason, 1))
    return number


def do_import(house: RunningHouse) -> dict[str, Any]:
    """Do the import that is next as a server does, but here and at once; returns what it reports."""
    database = house.data.database
    number = hold_job(database, ImportFile)
    job = database.read(lambda tx: tx.tuples.get(JobId(number)))
    entry = json.loads(database.read(lambda tx: tx.tuples.body(JobId(number))) or b"")
    assert job is not None
    assert job.person_id is not None
    me = Principal(person_id=job.person_id, scope=Scope.PERSON)
    reading = read_netscape(house.blobs.get(entry["blob"]) or b"")

    def save(tx: StoreTransaction) -> str:
        pool = None if entry["pool_id"] is None else get_pool(tx, me, entry["pool_id"])
        report = import_batch(tx, me, plan_import(reading), base_pool=pool)
        text = report_json(report, [f"Line {each.line}: {each.reason}" for each in reading.problems])
        assert tx.tuples.commit(number, SERVER, text)
        return text

    found: dict[str, Any] = json.loads(database.write(save))
    return found


def finish_job(database: Database, cls: type = ReadPage, report: object = None) -> int:
    """Do the job that is next; what came of it is kept where there is a report."""
    number = hold_job(database, cls)
    text = None if report is None else json.dumps(report)
    assert database.write(lambda tx: tx.tuples.commit(number, SERVER, text))
    return number
