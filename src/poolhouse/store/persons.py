"""Accounts and the browsers logged in to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import Person, PersonId, Session, SessionId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_SESSION = "session.id, session.person_id, session.created_at, session.expires_at, session.user_agent"


class PersonTable(Table):
    """`ports.Persons`."""

    __slots__ = ()

    def add(self, name: str, password_hash: str | None) -> Person:
        self._run(
            "INSERT INTO person (name, password_hash, created_at) VALUES (:name, :password_hash, :now)",
            name=name,
            password_hash=password_hash,
            now=self.now_seconds,
        )
        return Person(id=PersonId(self._added()), name=name, created_at=self.now)

    def get(self, person_id: PersonId) -> Person | None:
        row = self._one(f"SELECT {rows.PERSON} FROM person WHERE id = :id", id=person_id)
        return rows.person(row) if row else None

    def by_name(self, name: str) -> Person | None:
        row = self._one(f"SELECT {rows.PERSON} FROM person WHERE name = :name", name=name)
        return rows.person(row) if row else None

    def all(self) -> Sequence[Person]:
        return [rows.person(row) for row in self._all(f"SELECT {rows.PERSON} FROM person ORDER BY name", {})]

    def password_hash(self, person_id: PersonId) -> str | None:
        row = self._one("SELECT password_hash FROM person WHERE id = :id", id=person_id)
        return row[0] if row else None

    def set_password_hash(self, person_id: PersonId, password_hash: str) -> None:
        self._run(
            "UPDATE person SET password_hash = :password_hash WHERE id = :id",
            password_hash=password_hash,
            id=person_id,
        )

    def set_disabled(self, person_id: PersonId, at: datetime | None) -> None:
        self._run(
            "UPDATE person SET disabled_at = :at WHERE id = :id",
            at=None if at is None else rows.seconds(at),
            id=person_id,
        )


class SessionTable(Table):
    """`ports.Sessions`."""

    __slots__ = ()

    def add(self, person_id: PersonId, token_hash: bytes, expires_at: datetime, user_agent: str) -> Session:
        self._run(
            "INSERT INTO session (token_hash, person_id, created_at, expires_at, user_agent)"
            " VALUES (:token_hash, :person_id, :now, :expires_at, :user_agent)",
            token_hash=token_hash,
            person_id=person_id,
            now=self.now_seconds,
            expires_at=rows.seconds(expires_at),
            user_agent=user_agent,
        )
        return Session(
            id=SessionId(self._added()),
            person_id=person_id,
            created_at=self.now,
            expires_at=expires_at,
            user_agent=user_agent,
        )

    def by_hash(self, token_hash: bytes) -> tuple[Session, Person] | None:
        row = self._one(
            f"SELECT {rows.PERSON}, {_SESSION} FROM session JOIN person ON person.id = session.person_id"
            " WHERE token_hash = :token_hash AND expires_at > :now AND person.disabled_at IS NULL",
            token_hash=token_hash,
            now=self.now_seconds,
        )
        return (_session(row[4:]), rows.person(row)) if row else None

    def of(self, person_id: PersonId) -> Sequence[Session]:
        sql = f"SELECT {_SESSION} FROM session WHERE person_id = :person_id AND expires_at > :now ORDER BY id DESC"
        return [_session(row) for row in self._all(sql, {"person_id": person_id, "now": self.now_seconds})]

    def remove(self, session_id: SessionId) -> None:
        self._run("DELETE FROM session WHERE id = :id", id=session_id)

    def remove_all(self, person_id: PersonId, *, but: SessionId | None = None) -> int:
        self._run(
            "DELETE FROM session WHERE person_id = :person_id AND id IS NOT :but",
            person_id=person_id,
            but=but,
        )
        return self._changed()

    def remove_expired(self) -> int:
        self._run("DELETE FROM session WHERE expires_at <= :now", now=self.now_seconds)
        return self._changed()


def _session(row: rows.Row) -> Session:
    return Session(
        id=SessionId(row[0]),
        person_id=PersonId(row[1]),
        created_at=rows.time(row[2]),
        expires_at=rows.time(row[3]),
        user_agent=row[4],
    )
