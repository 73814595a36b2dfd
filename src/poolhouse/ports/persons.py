"""Persons: the accounts; Sessions: the browsers that are logged in to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.types import Person, PersonId, Session, SessionId


class Persons(Protocol):
    """Accounts."""

    def add(self, name: str, password_hash: str | None) -> Person:
        """Add an account; the name is free (ask `by_name` first; compared without case)."""

    def get(self, person_id: PersonId) -> Person | None: ...
    def by_name(self, name: str) -> Person | None: ...
    def all(self) -> Sequence[Person]: ...
    def password_hash(self, person_id: PersonId) -> str | None: ...
    def set_password_hash(self, person_id: PersonId, password_hash: str) -> None: ...
    def set_disabled(self, person_id: PersonId, at: datetime | None) -> None: ...


class Sessions(Protocol):
    """Browsers that are logged in, found by the keyed hash of their cookie."""

    def add(
        self, person_id: PersonId, token_hash: bytes, expires_at: datetime, user_agent: str
    ) -> Session: ...
    def by_hash(self, token_hash: bytes) -> tuple[Session, Person] | None:
        """The session that has not expired, with its person, who is not disabled."""

    def of(self, person_id: PersonId) -> Sequence[Session]: ...
    def remove(self, session_id: SessionId) -> None: ...
    def remove_all(self, person_id: PersonId, *, but: SessionId | None = None) -> int:
        """Log out everywhere, or everywhere else; returns how many sessions ended."""

    def remove_expired(self) -> int: ...
