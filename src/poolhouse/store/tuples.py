"""The durable tuple space's table: each look-up is one in an index; SQL narrows, and one rule says what matches."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from poolhouse.space.entries import look_into
from poolhouse.space.shelf import Kept, prepare
from poolhouse.space.taking import DeadLetter
from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import JobId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from poolhouse.space.shelf import Wanted
    from poolhouse.types import Job, JobState, PersonId

_KEPT = "id, body, person_id, attempts"
_EXPIRED = "state = 'held' AND lease_until < :now AND owner <> :owner"
_EXACT = 2**53  # up to here an integer is the same as a float

# in front of everything of the kind that can be taken
_FRONT = (
    "coalesce((SELECT min(first.turn) - 1 FROM tuple AS first"
    " WHERE first.kind = tuple.kind AND first.state = 'ready'), 0)"
)
# behind the last of the same person's, and not before what is next (space.bag)
_PUT = """INSERT INTO tuple (kind, key, body, person_id, label, total, state, created_at, changed_at, turn)
    SELECT :kind, :key, :body, :person_id, :label, :total, 'ready', :now, :now, coalesce(max(first, own + 1), first, 0)
    FROM (SELECT (SELECT min(turn) FROM tuple WHERE kind = :kind AND state = 'ready') AS first,
        (SELECT max(turn) FROM tuple WHERE person_id IS :person_id AND state = 'ready' AND kind = :kind) AS own)"""
_LEASE = """UPDATE tuple SET state = 'held', owner = :owner, lease_until = :until, attempts = attempts + 1,
    changed_at = :now WHERE id IN (SELECT value FROM json_each(:ids))"""
_PUT_BACK = f"""UPDATE tuple SET state = 'ready', owner = NULL, lease_until = NULL, turn = {_FRONT},
    attempts = :attempts, reason = :reason, changed_at = :now WHERE id = :id"""
_BURY = """UPDATE tuple SET state = 'dead', owner = NULL, lease_until = NULL, reason = :reason, changed_at = :now
    WHERE id = :id"""
_FORGET = "DELETE FROM tuple WHERE id = :id AND state = 'held' AND owner = :owner"
_REPORT = """UPDATE tuple SET state = 'done', owner = NULL, lease_until = NULL, report = :report, done = total,
    changed_at = :now WHERE id = :id AND state = 'held' AND owner = :owner"""
_RETRY = f"""UPDATE tuple SET state = 'ready', turn = {_FRONT}, attempts = 0, changed_at = :now
    WHERE id = :id AND state = 'dead'"""

_TYPES = {
    "str": "('text')",
    "int": "('integer')",
    "float": "('real', 'integer')",
    "bool": "('true', 'false')",
    "none": "('null')",
    "list": "('array')",
    "dict": "('object')",
}
"""SQLite's names for the types that formals ask for."""


class TupleTable(Table):
    """`space.shelf.Shelf` for who does the work, `ports.Tuples` for who asks for it."""

    __slots__ = ()

    def put(
        self, entry: object, *, person_id: int | None = None, label: str = "", total: int | None = None
    ) -> JobId:
        prepared = prepare(entry)
        self._run(
            _PUT,
            kind=prepared.kind,
            key=prepared.key,
            body=prepared.body.decode(),
            person_id=person_id,
            label=label,
            total=total,
            now=self.now_seconds,
        )
        return JobId(self._added())

    # who does the work

    def find(self, wanted: Wanted) -> Kept | None:
        return next(self._matching(wanted, 1), None)

    def lease(self, wanted: Wanted, owner: str, lease_seconds: int, limit: int) -> Sequence[Kept]:
        found = list(self._matching(wanted, limit))
        if found:
            self._run(
                _LEASE,
                ids=msgspec.json.encode([kept.id for kept in found]).decode(),
                owner=owner,
                until=self.now_seconds + lease_seconds,
                now=self.now_seconds,
            )
        return [Kept(kept.id, kept.body, kept.person, kept.attempts + 1) for kept in found]

    def extend(self, owner: str, lease_seconds: int) -> None:
        self._run(
            "UPDATE tuple SET lease_until = :until WHERE state = 'held' AND owner = :owner",
            owner=owner,
            until=self.now_seconds + lease_seconds,
        )

    def commit(self, entry_id: int, owner: str, report: str | None = None) -> bool:
        if report is None:
            self._run(_FORGET, id=entry_id, owner=owner)
        else:
            self._run(_REPORT, id=entry_id, owner=owner, report=report, now=self.now_seconds)
        return self._changed() == 1

    def put_back(self, entry_id: int, owner: str, reason: str | None, attempt_limit: int) -> bool:
        row = self._one(
            "SELECT attempts, reason FROM tuple WHERE id = :id AND state = 'held' AND owner = :owner",
            id=entry_id,
            owner=owner,
        )
        if row is None:
            return False
        attempts, last_reason = row
        if reason is not None and attempts >= attempt_limit:
            self._run(_BURY, id=entry_id, reason=reason or "it failed", now=self.now_seconds)
        else:
            self._run(
                _PUT_BACK,
                id=entry_id,
                attempts=attempts - 1 if reason is None else attempts,
                reason=last_reason if reason is None else reason,
                now=self.now_seconds,
            )
        return True

    def progress(self, entry_id: int, owner: str, done: int, total: int) -> None:
        self._run(
            "UPDATE tuple SET done = :done, total = :total, changed_at = :now"
            " WHERE id = :id AND state = 'held' AND owner = :owner",
            id=entry_id,
            owner=owner,
            done=done,
            total=total,
            now=self.now_seconds,
        )

    def reclaim(self, owner: str, attempt_limit: int, reason: str) -> int:
        return self._reclaim("state = 'held' AND owner = :owner", {"owner": owner}, attempt_limit, reason)

    def has_expired(self, owner: str) -> bool:
        return (
            self._one(f"SELECT 1 FROM tuple WHERE {_EXPIRED} LIMIT 1", owner=owner, now=self.now_seconds)
            is not None
        )

    def reclaim_expired(self, owner: str, attempt_limit: int, reason: str) -> int:
        values = {"owner": owner, "now": self.now_seconds}
        return self._reclaim(_EXPIRED, values, attempt_limit, reason)

    def last_id(self) -> int:
        row = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'tuple'")
        return int(row[0]) if row else 0

    def put_since(self, wanted: Wanted, entry_id: int) -> Sequence[Kept]:
        conditions, values = _conditions(wanted)
        sql = f"SELECT {_KEPT} FROM tuple WHERE id > :after AND {conditions} ORDER BY id"
        return list(_judged(self._connection.execute(sql, {**values, "after": entry_id}), wanted))

    def dead(self) -> Sequence[DeadLetter]:
        sql = "SELECT id, kind, body, attempts, reason, person_id FROM tuple WHERE state = 'dead' ORDER BY id"
        return [
            DeadLetter(
                id=row[0], kind=row[1], body=row[2].encode(), attempts=row[3], reason=row[4], person=row[5]
            )
            for row in self._all(sql, {})
        ]

    def retry(self, entry_id: int) -> bool:
        self._run(_RETRY, id=entry_id, now=self.now_seconds)
        return self._changed() == 1

    def drop(self, entry_id: int) -> bool:
        self._run("DELETE FROM tuple WHERE id = :id AND state IN ('dead', 'done')", id=entry_id)
        return self._changed() == 1

    # who asks for it

    def cancel(self, job_id: JobId) -> bool:
        self._run("DELETE FROM tuple WHERE id = :id AND state = 'ready'", id=job_id)
        return self._changed() == 1

    def remove_done(self, before: datetime) -> None:
        self._run(
            "DELETE FROM tuple WHERE state = 'done' AND changed_at < :before", before=rows.seconds(before)
        )

    def get(self, job_id: JobId) -> Job | None:
        row = self._one(f"SELECT {rows.JOB} FROM tuple WHERE id = :id", id=job_id)
        return rows.job(row) if row else None

    def body(self, job_id: JobId) -> bytes | None:
        row = self._one("SELECT body FROM tuple WHERE id = :id", id=job_id)
        return row[0].encode() if row else None

    def of(
        self, person_id: PersonId, *, state: JobState | None = None, kind: str | None = None, limit: int
    ) -> Sequence[Job]:
        found: list[Job] = []
        sql = (
            f"SELECT {rows.JOB} FROM tuple WHERE person_id = :person_id AND state = :state"
            f"{'' if kind is None else ' AND kind = :kind'} ORDER BY kind, turn, id LIMIT :limit"
        )
        for name in ("held", "dead", "done", "ready"):
            if state in {None, rows.JOB_STATES[name]}:
                values = {"person_id": person_id, "state": name, "kind": kind, "limit": limit - len(found)}
                found += [rows.job(row) for row in self._all(sql, values)]
        return found

    def counts(self, person_id: PersonId) -> Mapping[JobState, int]:
        sql = "SELECT state, count(*) FROM tuple WHERE person_id = :person_id GROUP BY state"
        return {rows.JOB_STATES[state]: count for state, count in self._all(sql, {"person_id": person_id})}

    def _matching(self, wanted: Wanted, limit: int) -> Iterator[Kept]:
        """At most `limit` entries that can be taken, next first."""
        conditions, values = _conditions(wanted)
        sql = f"SELECT {_KEPT} FROM tuple WHERE state = 'ready' AND {conditions} ORDER BY turn, id"
        if wanted.template.is_open:  # nothing is left to judge
            sql += " LIMIT :limit"
            values["limit"] = limit
        return islice(_judged(self._connection.execute(sql, values), wanted), limit)

    def _reclaim(self, which: str, values: Mapping[str, Any], attempt_limit: int, reason: str) -> int:
        """Last first, since each goes in front of the one before: they end in the order they had."""
        sql = f"SELECT id, owner FROM tuple WHERE {which} ORDER BY turn DESC, id DESC"
        held = self._all(sql, values)
        for entry_id, owner in held:
            self.put_back(entry_id, owner, reason, attempt_limit)
        return len(held)


def _judged(found: Iterator[tuple[Any, ...]], wanted: Wanted) -> Iterator[Kept]:
    """What SQL found, without what only looked as if it matched."""
    for entry_id, body, person_id, attempts in found:
        kept = Kept(entry_id, body.encode(), person_id, attempts)
        if wanted.template.is_open or wanted.template.matches(look_into(kept.body)):
            yield kept


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """Conditions that every match fulfils, and little else does."""
    conditions = ["kind = :kind"]
    values: dict[str, Any] = {"kind": wanted.template.kind}
    if wanted.key is not None:
        conditions.append("key = :key")
        values["key"] = wanted.key
    for number, (name, value) in enumerate(wanted.template.actuals):
        if isinstance(value, str) or (isinstance(value, int) and abs(value) <= _EXACT):
            conditions.append(f"json_extract(body, :path{number}) = :value{number}")
            values |= {f"path{number}": f'$."{name}"', f"value{number}": value}
    for number, (name, formal) in enumerate(wanted.template.formals):
        conditions.append(f"json_type(body, :formal{number}) IN {_TYPES[formal]}")
        values[f"formal{number}"] = f'$."{name}"'
    return " AND ".join(conditions), values
