"""Verify finds nothing in a whole store, and each kind of damage in one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.errors import NotFoundError
from poolhouse.services.filing import refile
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.services.trash import trash_item
from poolhouse.store.invariants import RULES
from poolhouse.store.verify import FAULT_LIMIT, verify
from poolhouse.types import LinkHealth, Mark
from tests.letters import receive, write_letter
from tests.store.actor import new_actor
from tests.store.readings import read

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from poolhouse.app.data import OpenData


@dataclass(frozen=True)
class Look:
    """A job of the store under test."""

    url: str


def dead_since(at: datetime) -> LinkHealth:
    return LinkHealth(failing_since=at, dead_since=at, dead_reason="it is gone")


@pytest.fixture
def directory(data: OpenData) -> Path:
    """A store with some of everything: two people, pools of each kind, tags, marks, trash, a capture, a message."""
    anna, bert = new_actor(data.database, "anna"), new_actor(data.database, "bert")
    reading = anna.do(add_pool, "Reading")
    python = anna.do(add_pool, "Python", parent_id=reading.id)
    anna.do(add_pool, "Starred", query="is:starred -tag:old")
    gone = anna.do(add_pool, "Gone")
    first = anna.do(save_link, "https://one.test/", tags=["red", "old"]).item
    second = anna.do(save_link, "https://two.test/a?b=c", tags=["red"], pool_id=python.id).item
    third = anna.do(save_link, "https://three.test/", tags=["red"], pool_id=gone.id).item
    anna.do(save_link, "https://three.test/#again", pool_id=reading.id)
    anna.do(mark_item, second.id, Mark.STARRED, is_on=True)
    anna.do(trash_item, first.id)
    anna.do(trash_pool, gone.id)
    bert.do(save_link, "https://one.test/", tags=["red"])
    icon, image = data.blobs.put(b"icon"), data.blobs.put(b"image")
    data.database.write(lambda tx: tx.items.edit(third.id, favicon=icon))
    data.database.write(lambda tx: read(tx, second.id, "Its text", data.blobs, thumbnail_blob=image))
    data.database.write(lambda tx: tx.checks.record(second.id, dead_since(tx.now)))
    data.database.write(lambda tx: refile(tx, anna.principal.person_id, second.id))
    data.database.write(
        lambda tx: tx.tuples.put(Look("https://one.test/"), person_id=anna.principal.person_id)
    )
    receive(
        data,
        write_letter(
            files=(("a.pdf", b"%PDF"),), List_Id="Dev <dev.example.org>", Message_ID="<1@elsewhere.example>"
        ),
    )
    return data.database.path.parent


def test_a_whole_store_has_no_faults(directory: Path) -> None:
    report = verify(directory)
    assert report.faults == ()
    assert report.counts["items"] == 5
    assert report.counts["persons"] == 2
    assert report.counts["tuples"] == 6
    assert report.counts["captures"] == 1
    assert report.counts["blobs"] == 4


def test_no_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        verify(tmp_path)


STARRED = "(SELECT id FROM pool WHERE name = 'Starred')"
DAMAGE = {
    "counts 8 entries": "UPDATE pool SET entry_count = entry_count + 7 WHERE name = 'Python'",
    "by its counters": "UPDATE pool SET last_number = 0 WHERE name = 'Python'",
    "has given number": "UPDATE pool SET last_position = 0 WHERE name = 'Python'",
    "twice": f"INSERT INTO membership SELECT pool_id, 0, number, 3, 1 FROM membership WHERE pool_id = {STARRED}",
    "which is still to come": "UPDATE pool SET version = 9999 WHERE name = 'Inbox'",
    "entry of item 2 in pool": "UPDATE membership SET version = 9999 WHERE item_id = 2",
    "its pool of an earlier one": "UPDATE pool SET version = 0",
    "counts 3 items and 2 bear it": "UPDATE tag SET item_count = 3 WHERE id = 1",
    "is in no pool": "DELETE FROM membership WHERE item_id = 2",
    "is in the trash and in pool": "UPDATE item SET trashed_at = 1 WHERE id = 2",
    "has a place to go back to": "UPDATE item SET trashed_at = NULL WHERE id = 1",
    "of person 1 is in pool": "UPDATE membership SET pool_id = 3 WHERE item_id = 2 AND pool_id = 6",
    "bears tag": "UPDATE tag SET owner_id = 2 WHERE id = 2",
    "but its path is": "UPDATE pool SET path = 'Elsewhere' WHERE name = 'Python'",
    "which is in the trash": "UPDATE pool SET trashed_at = 1 WHERE name = 'Reading'",
    "always there": "DELETE FROM pool WHERE role = 'inbox' AND owner_id = 1",
    "is not in the search index": "DELETE FROM item_text WHERE rowid = 2",
    "which is not there": "INSERT INTO item_text (rowid, facet) VALUES (77, 'o1')",
    "shows capture": "UPDATE item SET capture_id = NULL WHERE id = 2",
    "counts 7 captures": "UPDATE item SET capture_count = 7 WHERE id = 2",
    "says of its capture what that does not": "UPDATE item SET thumbnail = NULL WHERE id = 2",
    "and there is no job to read it": "DELETE FROM tuple",
    "message 5 waits to be read": "DELETE FROM tuple; UPDATE item SET page_state = 'pending' WHERE id = 5",
    "and what came is not kept with it": "DELETE FROM message",
    "is no message, but one is kept with it": "UPDATE item SET kind = 'link' WHERE id = 5",
    "which nobody names": "DELETE FROM message_name",
    "but is not in Later": "UPDATE item SET deferred_until = 9 WHERE id = 2",
    "what was read of message 5 is not what it was": "UPDATE message SET facts = zeroblob(9)",
    "message 5 is of person 1, but its row is of person": "UPDATE message SET owner_id = 2",
    "of person 1 counts 9 messages and has 1": "UPDATE mailing_list SET message_count = 9",
    "message 5 is of list dev.example.org, which is not kept": "DELETE FROM mailing_list",
    "message 5 is not kept with": "UPDATE message SET correspondents = ''",
    "message 5 is in conversation 5, and its name in another": "UPDATE message_name SET thread_id = 4",
    "does not find message 5 by its people": (
        "DELETE FROM item_text WHERE rowid = 5; INSERT INTO item_text (rowid, facet) VALUES (5, 'o1 kmessage')"
    ),
    "has hasattachment wrong": "UPDATE item SET attachment_count = 1 WHERE id = 2",
    "is dead since": "UPDATE item SET dead_reason = NULL WHERE id = 2",
    "is a saved search, but is to capture pages": "UPDATE pool SET capture = 'text'",
    "the text of capture 1 is not what it was": "UPDATE capture SET text = zeroblob(9)",
    "has iscaptured wrong": "UPDATE item SET word_count = 0 WHERE id = 2",
    "has isdead wrong": "UPDATE item SET dead_since = NULL WHERE id = 2",
    "has t1 wrong": "DELETE FROM item_tag WHERE tag_id = 1",
    "has p3 wrong": "INSERT INTO membership SELECT 3, 99, 99, 2, 1",
    "does not hold what its query finds": "DELETE FROM mark",
    "has a query that is none": "UPDATE pool SET query = 'before:yesterday' WHERE kind = 'computed'",
    "and should be under": "UPDATE item SET url = 'https://else.test/' WHERE id = 2",
    "has an address that is none": "UPDATE item SET url = 'none' WHERE id = 2",
    "speaks of a pool that is not there": "UPDATE membership SET pool_id = 999 WHERE item_id = 2 AND pool_id = 6",
    "is missing": "UPDATE item SET favicon = hex(zeroblob(32)) WHERE id = 2",
    "job 1 is kept under": "UPDATE tuple SET key = '2'",
    "job 1 cannot be read": "UPDATE tuple SET body = '[]'",
    "but its owner is": "PRAGMA ignore_check_constraints = 1; UPDATE tuple SET state = 'held'",
    "but its report is": "PRAGMA ignore_check_constraints = 1; UPDATE tuple SET state = 'done'",
    "row 1 of tuple speaks of a person": "UPDATE tuple SET person_id = 999",
    "the store has schema 99": "PRAGMA user_version = 99",
    "not a Poolhouse store": "PRAGMA application_id = 7",
    "fts5": "UPDATE item_text_data SET block = zeroblob(20) WHERE id > 1000",
}


@pytest.mark.parametrize(("words", "sql"), DAMAGE.items(), ids=DAMAGE.keys())
def test_each_kind_of_damage_is_found(directory: Path, words: str, sql: str) -> None:
    connection = apsw.Connection(str(directory / "poolhouse.db"))
    connection.pragma("foreign_keys", "off")
    connection.execute(sql)
    connection.close()
    faults = verify(directory).faults
    assert any(words in fault for fault in faults), faults


def test_every_rule_has_its_damage() -> None:
    """A rule whose words no test above looks for might never find anything."""
    for words, _ in RULES:
        assert any(_could_be(words, looked_for) for looked_for in DAMAGE), words


def _could_be(words: str, looked_for: str) -> bool:
    fixed = [part.strip() for part in words.split("{}") if part.strip()]
    return any(part in looked_for or looked_for in part for part in fixed)


def test_faults_are_told_up_to_a_limit(data: OpenData, directory: Path) -> None:
    for _ in range(FAULT_LIMIT + 10):
        data.blobs.put(str(_).encode())
    for path in directory.glob("blobs/*/*"):
        path.write_bytes(b"rotten")
    assert len(verify(directory).faults) == FAULT_LIMIT


@pytest.mark.parametrize("name", ["poolhouse.db", "secret.key"])
def test_files_that_others_can_read_are_faults(directory: Path, name: str) -> None:
    (directory / name).chmod(0o640)
    assert verify(directory).faults == (f"{name} can be read or written by others than its owner",)


def test_a_changed_or_open_blob_is_a_fault(directory: Path) -> None:
    blob = next(directory.glob("blobs/*/*"))
    blob.chmod(0o604)
    address = blob.parent.name + blob.name
    assert verify(directory).faults == (
        f"blobs/{blob.parent.name}/{blob.name} can be read or written by others than its owner",
    )
    blob.chmod(0o600)
    blob.write_bytes(b"another icon")
    assert verify(directory).faults == (f"blob {address} is not what it was",)
    blob.unlink()
    assert verify(directory).faults == (f"blob {address} is missing",)


def test_a_missing_or_wrong_key_is_a_fault(directory: Path) -> None:
    (directory / "secret.key").write_bytes(b"short")
    assert verify(directory).faults == ("secret.key is missing or is not a key of 32 bytes",)
    (directory / "secret.key").unlink()
    assert verify(directory).faults == ("secret.key is missing or is not a key of 32 bytes",)


def test_garbage_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.db").write_bytes(b"garbage" * 1000)
    assert "cannot be read" in verify(tmp_path).faults[0]


def test_a_torn_page_is_a_fault(data: OpenData, directory: Path) -> None:
    data.close()
    path = directory / "poolhouse.db"
    whole = path.read_bytes()
    found = 0
    for page in range(1, len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        found += bool(verify(directory).faults)
    assert found == len(whole) // 4096 - 1
