"""Accounts and sessions: who is logged in, until when, and how every door shuts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.services.passwords import PASSWORD_LENGTH_MAX, hash_password, is_password
from poolhouse.services.people import (
    SESSION_LIFETIME,
    USER_AGENT_LENGTH,
    add_person,
    change_password,
    end_all_sessions,
    end_session,
    find_person,
    open_session,
    set_person_disabled,
    start_session,
)
from poolhouse.services.pools import list_pools
from poolhouse.services.secrets import add_feed_secret, add_token, open_with_key_of, open_with_secret
from poolhouse.types import ChangeKind, PoolRole, Principal, Scope, Seq

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import Session
    from tests.conftest import StillClock
    from tests.store.actor import Actor


def log_in(data: OpenData, anna: Actor, agent: str = "browser") -> tuple[Session, str]:
    return data.database.write(lambda tx: start_session(tx, data.vault, anna.principal.person_id, agent))


def is_open(data: OpenData, cookie: str) -> bool:
    return data.database.read(lambda tx: open_session(tx, data.vault, cookie)) is not None


def test_a_person_begins_with_inbox_and_bookmarks(anna: Actor) -> None:
    assert [(pool.path, pool.role) for pool in anna.ask(list_pools)] == [
        ("Bookmarks", PoolRole.BOOKMARKS),
        ("Inbox", PoolRole.INBOX),
    ]


@pytest.mark.parametrize("name", ["anna", "ANNA", " Anna "])
def test_a_name_is_taken_in_any_case(data: OpenData, anna: Actor, name: str) -> None:
    with pytest.raises(ConflictError):
        data.database.write(lambda tx: add_person(tx, name, None))
    assert len(data.database.read(lambda tx: tx.persons.all())) == 1


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 33, "-x", "a:b", "a\nb"])
def test_a_name_that_a_feed_could_not_carry_is_refused(data: OpenData, name: str) -> None:
    with pytest.raises(InvalidInputError):
        data.database.write(lambda tx: add_person(tx, name, None))
    assert data.database.read(lambda tx: tx.persons.all()) == []


def test_an_unknown_name_is_not_found(data: OpenData) -> None:
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: find_person(tx, "nobody"))


def test_a_session_opens_as_its_person(data: OpenData, anna: Actor) -> None:
    session, cookie = log_in(data, anna)
    found = data.database.read(lambda tx: open_session(tx, data.vault, cookie))
    assert found is not None
    principal, person, opened = found
    assert principal == Principal(person_id=anna.principal.person_id, scope=Scope.PERSON)
    assert person.name == "anna"
    assert opened == session


def test_every_log_in_is_a_new_cookie_and_the_store_has_none_of_them(data: OpenData, anna: Actor) -> None:
    cookies = {log_in(data, anna)[1] for _ in range(3)}
    assert len(cookies) == 3
    assert all(len(cookie) == 32 for cookie in cookies)
    kept = str(data.database.writing.execute("SELECT * FROM session").fetchall())
    assert not any(cookie in kept for cookie in cookies)


@pytest.mark.parametrize("cookie", ["", "x", "A" * 32, "\x00", "\udcff", "ä" * 5000])
def test_what_is_no_cookie_opens_nothing(data: OpenData, anna: Actor, cookie: str) -> None:
    log_in(data, anna)
    assert not is_open(data, cookie)


def test_a_session_ends_with_its_time(data: OpenData, anna: Actor, clock: StillClock) -> None:
    _, cookie = log_in(data, anna)
    clock.time += SESSION_LIFETIME
    clock.pass_seconds(-1)
    assert is_open(data, cookie)
    clock.pass_seconds(1)
    assert not is_open(data, cookie)
    log_in(data, anna)
    assert data.database.writing.execute("SELECT count(*) FROM session").get == 1


def test_log_out_here_ends_this_one(data: OpenData, anna: Actor) -> None:
    _, here = log_in(data, anna)
    _, there = log_in(data, anna)
    data.database.write(lambda tx: end_session(tx, data.vault, here))
    data.database.write(lambda tx: end_session(tx, data.vault, here))
    assert (is_open(data, here), is_open(data, there)) == (False, True)


def test_log_out_everywhere_ends_ones_own(data: OpenData, anna: Actor, bert: Actor) -> None:
    _, one = log_in(data, anna)
    _, two = log_in(data, anna)
    _, others = log_in(data, bert)
    assert anna.do(end_all_sessions) == 2
    assert [is_open(data, each) for each in (one, two, others)] == [False, False, True]


def test_log_out_everywhere_else_keeps_this_one(data: OpenData, anna: Actor) -> None:
    session, here = log_in(data, anna)
    _, there = log_in(data, anna)
    assert anna.do(end_all_sessions, but=session.id) == 1
    assert (is_open(data, here), is_open(data, there)) == (True, False)


def test_a_new_password_logs_out_everywhere_else(data: OpenData, anna: Actor) -> None:
    session, here = log_in(data, anna)
    _, there = log_in(data, anna)
    hashed = hash_password("another password")
    anna.do(change_password, hashed, keep=session.id)
    assert (is_open(data, here), is_open(data, there)) == (True, False)
    assert data.database.read(lambda tx: tx.persons.password_hash(anna.principal.person_id)) == hashed


def test_a_readers_secret_ends_no_session_and_sets_no_password(data: OpenData, anna: Actor) -> None:
    _, cookie = log_in(data, anna)
    reader = Principal(person_id=anna.principal.person_id, scope=Scope.FEED, pool_id=anna.bookmarks.id)
    with pytest.raises(NotFoundError):
        data.database.write(lambda tx: end_all_sessions(tx, reader))
    with pytest.raises(NotFoundError):
        data.database.write(lambda tx: change_password(tx, reader, "x"))
    assert is_open(data, cookie)


def test_disabling_a_person_shuts_every_door_with_the_commit(
    data: OpenData, anna: Actor, bert: Actor
) -> None:
    _, cookie = log_in(data, anna)
    _, others = log_in(data, bert)
    _, token = data.database.write(lambda tx: add_token(tx, data.vault, anna.principal, "script"))
    pool = anna.bookmarks.id
    secret, reader = data.database.write(
        lambda tx: add_feed_secret(tx, data.vault, anna.principal, pool, "reader")
    )

    def opens(secret: str) -> bool:
        return open_with_secret(data.database.glance(), data.vault, secret) is not None

    def key_opens() -> bool:
        return open_with_key_of(data.database.glance(), secret.id) is not None

    assert opens(token)
    assert opens(reader)
    assert key_opens()
    person = data.database.write(lambda tx: set_person_disabled(tx, "ANNA", is_disabled=True))
    assert person.is_disabled
    assert [is_open(data, cookie), opens(token), opens(reader), is_open(data, others)] == [False] * 3 + [True]
    assert not key_opens()
    data.database.write(lambda tx: set_person_disabled(tx, "anna", is_disabled=False))
    # secrets are open again, browsers log in again
    assert [is_open(data, cookie), opens(token), opens(reader), key_opens()] == [False, True, True, True]
    changes = data.database.read(lambda tx: tx.changes.since(Seq(tx.changes.last() - 2), limit=9))
    assert [change.kind for change in changes] == [ChangeKind.PERSON_CHANGED] * 2


def test_a_long_user_agent_is_cut(data: OpenData, anna: Actor) -> None:
    assert len(log_in(data, anna, "x" * 10_000)[0].user_agent) == USER_AGENT_LENGTH


def test_a_password_is_kept_as_argon2id_and_checked() -> None:
    hashed = hash_password("correct horse")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hash_password("correct horse") != hashed
    assert is_password(hashed, "correct horse")
    assert not is_password(hashed, "correct horsf")
    assert not is_password(hashed, "")


@pytest.mark.parametrize("kept", [None, "", "$argon2id$broken", "plain"])
def test_no_password_opens_an_account_without_one(kept: str | None) -> None:
    assert not is_password(kept, "")
    assert not is_password(kept, "password")


@pytest.mark.parametrize("password", ["", "short67", "x" * (PASSWORD_LENGTH_MAX + 1)])
def test_a_password_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(InvalidInputError):
        hash_password(password)
