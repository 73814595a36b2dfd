"""Accounts and sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, NotFoundError
from poolhouse.rules.access import Verb
from poolhouse.rules.names import clean_person_name
from poolhouse.services._access import require_own
from poolhouse.types import ChangeKind, PoolKind, PoolRole, Principal, Scope

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import Person, PersonId, Session, SessionId

SESSION_LIFETIME = timedelta(days=90)
USER_AGENT_LENGTH = 200


def add_person(tx: Transaction, name: str, password_hash: str | None) -> Person:
    """Add an account with its Inbox and Bookmarks. Raises InvalidInputError, ConflictError."""
    name = clean_person_name(name)
    if tx.persons.by_name(name):
        raise ConflictError("name", f"there is already a person called {name}")
    person = tx.persons.add(name, password_hash)
    tx.changes.add(ChangeKind.PERSON_ADDED, person.id)
    for pool_name, role in (("Inbox", PoolRole.INBOX), ("Bookmarks", PoolRole.BOOKMARKS)):
        tx.pools.add(person.id, pool_name, kind=PoolKind.MANUAL, role=role)
    return person


def find_person(tx: Transaction, name: str) -> Person:
    """The account of that name. Raises NotFoundError. For administrators at the command line."""
    person = tx.persons.by_name(name)
    if person is None:
        raise NotFoundError("person")
    return person


def set_person_disabled(tx: Transaction, name: str, *, is_disabled: bool) -> Person:
    """Shut or open every door for a person: sessions, tokens and readers' secrets stop with the same commit."""
    person = find_person(tx, name)
    tx.persons.set_disabled(person.id, tx.now if is_disabled else None)
    if is_disabled:
        tx.sessions.remove_all(person.id)
    tx.changes.add(ChangeKind.PERSON_CHANGED, person.id)
    return find_person(tx, name)


def start_session(tx: Transaction, vault: Vault, person_id: PersonId, user_agent: str) -> tuple[Session, str]:
    """Log a browser in; returns the session and its cookie, new at every log in so that none can be fixed before."""
    cookie = vault.new_secret()
    tx.sessions.remove_expired()
    session = tx.sessions.add(
        person_id, vault.hash(cookie), tx.now + SESSION_LIFETIME, user_agent[:USER_AGENT_LENGTH]
    )
    return session, cookie


def open_session(tx: Transaction, vault: Vault, cookie: str) -> tuple[Principal, Person, Session] | None:
    """Who is behind a session cookie, or None. One look-up."""
    found = tx.sessions.by_hash(vault.hash(cookie))
    if found is None:
        return None
    session, person = found
    return Principal(person_id=person.id, scope=Scope.PERSON), person, session


def end_session(tx: Transaction, vault: Vault, cookie: str) -> None:
    """Log out here."""
    if found := tx.sessions.by_hash(vault.hash(cookie)):
        tx.sessions.remove(found[0].id)


def end_all_sessions(tx: Transaction, principal: Principal, *, but: SessionId | None = None) -> int:
    """Log out everywhere (or everywhere else); returns how many browsers that were."""
    require_own(principal, Verb.WRITE)
    return tx.sessions.remove_all(principal.person_id, but=but)


def change_password(
    tx: Transaction, principal: Principal, password_hash: str, *, keep: SessionId | None = None
) -> None:
    """Set a new password and log out everywhere else. The caller has asked for the old one."""
    require_own(principal, Verb.WRITE)
    tx.persons.set_password_hash(principal.person_id, password_hash)
    tx.sessions.remove_all(principal.person_id, but=keep)
    tx.changes.add(ChangeKind.PERSON_CHANGED, principal.person_id)
