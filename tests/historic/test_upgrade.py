"""Every release's database opens in this one, whole: the frozen files are kept for ever and never made anew.

`python -m tests.historic.freeze VERSION` makes the file of a release, once, when it is released.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.passwords import is_password
from poolhouse.services.reading import list_entries, search_items
from poolhouse.services.secrets import open_with_secret
from poolhouse.space.entries import decode
from poolhouse.space.shelf import wanted
from poolhouse.store.backup import back_up
from poolhouse.store.database import FILE_NAME, migrations
from poolhouse.store.restore import restore
from poolhouse.store.verify import verify
from poolhouse.types import CaptureMode, PoolKind, Principal, ReadPage, Scope
from tests.historic.freeze import PASSWORD, PERSON, SECRET_FILE
from tests.store.readings import read

RELEASES = sorted(path for path in Path(__file__).parent.iterdir() if (path / FILE_NAME).exists())


def test_there_is_one() -> None:
    assert RELEASES


def taken_over(release: Path, tmp_path: Path) -> Path:
    """A copy that this version may write to."""
    directory = tmp_path / "data"
    shutil.copytree(release, directory)
    directory.chmod(0o700)
    for path in directory.iterdir():
        path.chmod(0o600)
    return directory


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_upgrades_whole(release: Path, tmp_path: Path) -> None:
    directory = taken_over(release, tmp_path)
    data = open_data(directory, SystemClock())
    try:
        assert data.database.writing.pragma("user_version") == migrations()[-1][0]
        person = data.database.read(lambda tx: tx.persons.by_name(PERSON))
        assert person is not None
        principal = Principal(person_id=person.id, scope=Scope.PERSON)
        password_hash = data.database.read(lambda tx: tx.persons.password_hash(person.id))
        assert is_password(password_hash, PASSWORD)
        pools = {pool.path: pool for pool in data.database.read(lambda tx: tx.pools.of(person.id))}
        assert {"Bookmarks", "Inbox", "Reading", "Reading/Python", "Tagged"} <= set(pools)
        entries = data.database.read(lambda tx: list_entries(tx, principal, pools["Tagged"].id))
        assert [entry.item.title for entry in entries] == ["Ünïcode & <markup>", "A page"]
        found = data.database.read(lambda tx: search_items(tx, principal, "unicode"))
        assert [item.title for item in found] == ["Ünïcode & <markup>"]
        secret = (release / SECRET_FILE).read_text("ascii").strip()
        assert data.database.read(lambda tx: open_with_secret(tx, data.vault, secret)) is not None
    finally:
        data.close()
    assert verify(directory).faults == ()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_pages_that_were_still_to_be_read_are_read_in_turn(release: Path, tmp_path: Path) -> None:
    data = open_data(taken_over(release, tmp_path), SystemClock())
    try:
        sql = "SELECT id, owner_id, url FROM item WHERE page_state = 'pending' ORDER BY id"
        pending: list[tuple[Any, ...]] = data.database.writing.execute(sql).fetchall()
        assert len(pending) == 4
        for item_id, owner_id, url in pending:
            sought = wanted(ReadPage, {"item_id": item_id})
            (kept,) = data.database.write(lambda tx: tx.tuples.lease(sought, "server", 60, 9))  # noqa: B023 - called at once
            assert decode(ReadPage, kept.body) == ReadPage(item_id, url)
            assert kept.person == owner_id
    finally:
        data.close()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_what_is_new_is_as_in_a_new_store(release: Path, tmp_path: Path) -> None:
    data = open_data(taken_over(release, tmp_path), SystemClock())
    try:
        person = data.database.read(lambda tx: tx.persons.by_name(PERSON))
        assert person is not None
        principal = Principal(person_id=person.id, scope=Scope.PERSON)
        pools = data.database.read(lambda tx: [*tx.pools.of(person.id), *tx.pools.trashed(person.id)])
        assert {(pool.kind, pool.capture) for pool in pools} == {
            (PoolKind.MANUAL, CaptureMode.TEXT),
            (PoolKind.COMPUTED, CaptureMode.OFF),
        }
        item = data.database.read(lambda tx: search_items(tx, principal, "unicode"))[0]
        assert (item.capture_id, item.capture_count, item.word_count) == (None, 0, 0)
        capture_id = data.database.write(lambda tx: read(tx, item.id, "Words of the page"))
        found = data.database.read(lambda tx: search_items(tx, principal, "is:captured words -is:dead"))
        assert [each.capture_id for each in found] == [capture_id]
    finally:
        data.close()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_backup_of_a_release_restores_into_this_one(release: Path, tmp_path: Path) -> None:
    directory = taken_over(release, tmp_path)
    back_up(directory, tmp_path / "old.tar", SystemClock(), lambda *_: None)
    restore(tmp_path / "old.tar", tmp_path / "new")
    open_data(tmp_path / "new", SystemClock()).close()
    assert verify(tmp_path / "new").faults == ()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_an_upgraded_store_has_the_schema_of_a_new_one(release: Path, tmp_path: Path) -> None:
    """Also where a migration wrote into the schema itself; another connection sees it, and SQLite finds it sound."""
    upgraded = taken_over(release, tmp_path)
    open_data(upgraded, SystemClock()).close()
    open_data(tmp_path / "new", SystemClock()).close()
    schemas = []
    for directory in (upgraded, tmp_path / "new"):
        with closing(apsw.Connection(str(directory / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as other:
            assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            schema = other.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
            ).fetchall()
            schemas.append((schema, other.execute("SELECT * FROM item_text_config ORDER BY k").fetchall()))
    assert schemas[0] == schemas[1]
    assert any("'message'" in str(sql) for *_, sql in schemas[0][0])


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_connection_that_was_open_meanwhile_may_keep_mail(release: Path, tmp_path: Path) -> None:
    """The words that a column may hold are read anew with the schema; others are refused as before."""
    directory = taken_over(release, tmp_path)
    with closing(apsw.Connection(str(directory / FILE_NAME))) as early:
        assert early.execute("SELECT count(*) FROM item").get
        with pytest.raises(apsw.ConstraintError):
            early.execute("UPDATE item SET kind = 'message'")
        open_data(directory, SystemClock()).close()
        early.execute("BEGIN")
        early.execute("UPDATE item SET kind = 'message'")
        early.execute("UPDATE pool SET role = 'later' WHERE role = 'inbox'")
        for sql in ("UPDATE item SET kind = 'other'", "UPDATE pool SET role = 'other'"):
            with pytest.raises(apsw.ConstraintError):
                early.execute(sql)
        early.execute("ROLLBACK")


MAIL = ("message", "mailing_list", "message_name", "correspondent", "delivery_address", "own_address")


def test_what_mail_speaks_of_is_found_by_an_index(tmp_path: Path) -> None:
    """Else each delete of a parent reads the whole table of its children."""
    open_data(tmp_path / "new", SystemClock()).close()
    with closing(apsw.Connection(str(tmp_path / "new" / FILE_NAME))) as connection:
        keys = [("item", "found_in"), ("item", "deferred_from")]
        for table in MAIL:
            keys += [(table, str(key[3])) for key in connection.execute(f"PRAGMA foreign_key_list({table})")]
        assert len(keys) == 10
        for table, column in keys:
            plan = connection.execute(f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE {column} = ?", (1,))
            assert str(plan.fetchall()[0][3]).startswith("SEARCH"), f"{table}.{column}"
