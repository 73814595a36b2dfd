"""Messages as the store keeps them: packed and whole, in conversations, in lists, found by their words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import apsw
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from poolhouse.app.data import open_data
from poolhouse.rules.query import parse_query
from poolhouse.services.links import find_all_saved, mark_item, save_link
from poolhouse.services.messages import message_bodies, recipients_of, record_reading, thread_of
from poolhouse.services.reading import get_item, list_entries
from poolhouse.services.trash import delete_item, restore_item, trash_item
from poolhouse.store.backup import back_up
from poolhouse.store.invariants import broken_rules, wrong_facets
from poolhouse.store.mail_invariants import wrong_messages
from poolhouse.store.restore import restore
from poolhouse.store.verify import verify
from poolhouse.types import (
    DeliveryPurpose,
    Mark,
    MessageBodies,
    MessageFacts,
    MessageLink,
    MessageReading,
    PersonId,
    Unsubscribe,
)
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor
from tests.store.mail import FILE, IMPORTED, box, found, keep, keep_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.types import ItemId

READING = MessageReading(
    facts=MessageFacts(
        subject="Größe 🪴",
        senders=box("Robin", "robin@elsewhere.example"),
        to=box("", "anna@pools.test"),
        sent_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        message_id="2@elsewhere.example",
        references=("1@elsewhere.example",),
        list_id="dev.example.org",
        list_name="Dev",
        unsubscribe=Unsubscribe(url="https://example.org/u", is_one_click=True),
        parts=(FILE,),
        links=(MessageLink("https://example.org/", "here"),),
        warnings=("It is not what it seems.",),
        authentication=("mx; spf=pass",),
        has_html=True,
    ),
    bodies=MessageBodies(text="Text", html="<p>Text", feed_html="<p>For feeds"),
)


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@pytest.fixture
def bert(data: OpenData, anna: Actor) -> Actor:
    return new_actor(data.database, "bert")


def finds(actor: Actor, query: str) -> list[int]:
    who = actor.principal.person_id
    return [
        item.id for item in actor.database.read(lambda tx: tx.search.find(who, parse_query(query), limit=99))
    ]


def test_what_was_read_comes_back_as_it_was(data: OpenData, anna: Actor) -> None:
    def unread_by(tx: Any, revision: int) -> Any:
        return tx.messages.unread_by(revision, anna.principal.person_id, limit=9)

    item_id = anna.do(keep, "one")
    before = data.database.read(lambda tx: tx.messages.get(item_id))
    assert before is not None
    assert (before.facts, before.size_bytes, before.envelope) == (None, 3, IMPORTED)
    assert [each[0] for each in data.database.read(lambda tx: unread_by(tx, 7))] == [item_id]
    assert data.database.read(lambda tx: tx.messages.bodies(item_id)) is None
    data.database.write(lambda tx: tx.messages.record(item_id, READING, 7))
    after = data.database.read(lambda tx: tx.messages.get(item_id))
    assert after is not None
    assert after.facts == READING.facts
    assert data.database.read(lambda tx: unread_by(tx, 7)) == []
    assert [each[0] for each in data.database.read(lambda tx: unread_by(tx, 8))] == [item_id]
    assert data.database.read(lambda tx: tx.messages.bodies(item_id)) == READING.bodies
    assert data.database.read(lambda tx: tx.messages.feed_bodies([item_id])) == {
        item_id: ("<p>For feeds", after)
    }


def test_what_is_to_be_read_is_told_oldest_first_and_to_nobody_else(
    data: OpenData, anna: Actor, bert: Actor
) -> None:
    first, second = anna.do(keep, "one"), anna.do(keep, "two")
    other = bert.do(keep, "one")
    data.database.write(lambda tx: tx.messages.record_unread(first, 1))

    def unread(who: Actor, revision: int) -> list[ItemId]:
        person = who.principal.person_id
        rows = data.database.read(lambda tx: tx.messages.unread_by(revision, person, limit=9))
        return [row[0] for row in rows]

    assert (unread(anna, 1), unread(bert, 1)) == ([second], [other])
    assert unread(anna, 2) == [second, first]  # what nobody has read comes before what an older reader did
    data.database.write(lambda tx: tx.messages.record_unread(other, 1))
    assert data.database.read(lambda tx: tx.messages.owners_unread_by(1)) == [anna.principal.person_id]
    assert len(data.database.read(lambda tx: tx.messages.owners_unread_by(2))) == 2


def test_lists_count_what_is_not_in_the_trash(data: OpenData, anna: Actor, bert: Actor) -> None:
    def lists(who: Actor = anna) -> Sequence[tuple[str, str, int]]:
        return data.database.read(lambda tx: tx.messages.lists(who.principal.person_id, limit=9))

    dev = [anna.do(keep_read, str(n), found(list_id="dev.example.org", list_name="Dev")) for n in range(2)]
    anna.do(keep_read, "boats", found(list_id="boats.example.org"))
    bert.do(keep_read, "boats", found(list_id="boats.example.org", list_name="Boats"))
    waiting = anna.do(keep, "waiting")
    assert lists() == [("dev.example.org", "Dev", 2), ("boats.example.org", "", 1)]
    assert lists(bert) == [("boats.example.org", "Boats", 1)]
    anna.do(trash_item, dev[0])
    anna.do(trash_item, waiting)
    assert lists() == [("boats.example.org", "", 1), ("dev.example.org", "Dev", 1)]
    for item_id in (dev[0], waiting):  # what is read in the trash is counted when it comes back
        data.database.write(lambda tx: record_reading(tx, item_id, found(list_id="new.example.org")))  # noqa: B023 - called at once
    assert [row[0] for row in lists()] == ["boats.example.org", "dev.example.org"]
    for item_id in (dev[0], waiting):
        anna.do(restore_item, item_id)
    assert lists()[0] == ("new.example.org", "", 2)
    data.database.write(lambda tx: record_reading(tx, dev[0], found()))
    anna.do(trash_item, waiting)
    anna.do(delete_item, waiting)
    assert [row[0] for row in lists()] == ["boats.example.org", "dev.example.org"]
    assert verify_rules(data) == []


def verify_rules(data: OpenData) -> list[str]:
    connection = data.database.writing
    return [*broken_rules(connection), *wrong_facets(connection), *wrong_messages(connection)]


def test_operators_find_their_field_and_no_other(anna: Actor) -> None:
    letter = anna.do(keep_read, "one", READING)
    anna.do(
        save_link,
        "https://one.test/robin",
        title="Größe mfrobin of dev.example.org",
        note="kmessage hasattachment",
    )
    for query in (
        "from:robin",
        "from:ROBIN",
        "from:rob*",
        "from:robin@elsewhere.example",
        'from:"robin robin"',
        "to:anna",
        "to:ann*",
        "list:dev.example.org",
        "list:dev",
        "has:attachment",
        "kind:message",
        "subject:grosse*",
        "elsewhere",
        "anna@pools.test",
        "robin text from:robin subject:größe",
    ):
        expected = [] if query == "subject:grosse*" else [letter]  # an ß is a letter of its own
        assert finds(anna, query) == expected, query
    assert len(finds(anna, "subject:größe")) == 2
    for query in (
        "from:anna",
        "to:robin",
        "list:robin",
        "mfrobin from:robin",
        "subject:text",
        "from:obin",
        "mtanna",
    ):
        assert finds(anna, query) == [], query
    assert letter not in finds(anna, "-from:robin")
    assert letter not in finds(anna, "-has:attachment")


def test_until_it_is_read_it_is_listed_and_not_found(anna: Actor) -> None:
    item_id = anna.do(keep, "one")
    assert [each.item.id for each in anna.ask(list_entries, anna.inbox.id)] == [item_id]
    for query in ("kind:message", "subject", "text", "from:robin", "has:attachment"):
        assert finds(anna, query) == [], query


# conversations

NAMES = st.lists(st.integers(0, 9).map(str), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.integers(0, 1), NAMES), min_size=1, max_size=14))
@settings(max_examples=150)
def test_conversations_are_the_unions_of_who_names_whom(
    store: OpenData, mails: list[tuple[int, list[str]]]
) -> None:
    """In whatever order they come: two messages are in one exactly if names lead from one to the other."""
    try:
        store.database.write(lambda tx: _compare(tx, mails))
    except _Done:
        return
    raise AssertionError


class _Done(Exception):  # noqa: N818 - it only takes back what was written
    pass


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenData]:
    data = open_data(tmp_path_factory.mktemp("threads"), StillClock())
    for name in ("anna", "bert"):
        new_actor(data.database, name)
    yield data
    data.close()


def _compare(tx: Any, mails: list[tuple[int, list[str]]]) -> None:
    groups: list[tuple[int, set[str], set[int]]] = []  # whose, names, messages
    for number, (who, names) in enumerate(mails):
        owner = PersonId(who + 1)
        item_id = _bare_message(tx, owner, number)
        thread = tx.messages.thread(owner, item_id, names)
        tx.items.record_message(item_id, title="", author="", description="", thread_id=thread,
                                attachment_count=0, page_state="done", page_error=None)  # fmt: skip
        met = [group for group in groups if group[0] == who and group[1] & set(names)]
        groups = [group for group in groups if group not in met]
        groups.append(
            (who, set(names).union(*(each[1] for each in met)), {item_id}.union(*(each[2] for each in met)))
        )
    told = set()
    for who, _, messages in groups:
        (thread,) = {tx.items.get(each, PersonId(who + 1)).thread_id for each in messages}
        assert {item.id for item in tx.messages.of_thread(PersonId(who + 1), thread, limit=99)} == messages
        assert tx.messages.thread_counts(PersonId(who + 1), [thread]) == {thread: len(messages)}
        told.add(thread)
    assert len(told) == len(groups)
    raise _Done


def _bare_message(tx: Any, owner: PersonId, number: int) -> ItemId:
    item_id: ItemId = tx.items.add(owner, "message", url="", url_key=f"message:{number}", title="", note="",
                                   author="", description="", created_at=tx.now, page_state="pending",
                                   blob="")  # fmt: skip
    tx.messages.add(item_id, size_bytes=1, received_at=tx.now, envelope=IMPORTED)
    return item_id


def test_the_larger_conversation_stays_where_two_meet(data: OpenData, anna: Actor) -> None:
    """Lonely messages that are joined one by one move themselves, and not a conversation that grows."""
    lonely = [anna.do(keep_read, f"lonely {n}", found(message_id=f"l{n}")) for n in range(8)]
    large = [anna.do(keep_read, f"large {n}", found(message_id=f"g{n}", references=("g",))) for n in range(8)]

    def thread_id(item_id: ItemId) -> int:
        return anna.ask(get_item, item_id).thread_id

    before = thread_id(large[0])
    assert before > lonely[0]
    for n, item_id in enumerate(lonely):
        anna.do(keep_read, f"bridge {n}", found(message_id=f"b{n}", references=(f"l{n}", "g")))
        assert thread_id(item_id) == before
    assert {thread_id(each) for each in large} == {before}
    assert verify_rules(data) == []


# what a list reads, and what filing writes


def test_a_list_of_mail_reads_nothing_of_what_messages_say(data: OpenData, anna: Actor) -> None:
    anna.do(keep_read, "one", READING)
    read: set[str] = set()

    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == apsw.SQLITE_READ:
            read.add(f"{table}.{column}")
        return apsw.SQLITE_OK

    data.database._reading.authorizer = note
    try:
        anna.ask(list_entries, anna.inbox.id)
    finally:
        data.database._reading.authorizer = None
    assert "item.title" in read
    assert not any(name.startswith("message.") for name in read)


def test_what_a_page_asks_of_many_is_one_statement_and_unpacks_no_facts(
    data: OpenData, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number}@a" for number in range(30)]
    ids = [anna.do(keep_read, name, found(message_id=name, references=(names[0],))) for name in names]
    urls = [f"https://one.test/{number}" for number in range(40)]
    link = anna.do(save_link, urls[3]).item.id
    anna.do(trash_item, anna.do(save_link, urls[4]).item.id)
    items = [entry.item for entry in anna.ask(list_entries, anna.inbox.id, limit=30)]
    monkeypatch.setattr("poolhouse.store.messages.read_facts", None)
    asked: list[str] = []

    def note(_: object, sql: str, __: object) -> bool:
        asked.append(sql)
        return True

    def ask(*question: Any) -> Any:
        asked.clear()
        return anna.ask(*question)

    data.database._reading.exec_trace = note
    assert ask(message_bodies, ids[0]) is not None
    assert sum("SELECT" in sql for sql in asked) == 2
    assert [item.id for item in ask(thread_of, ids[7])] == ids
    assert sum("SELECT" in sql for sql in asked) == 2
    assert ask(recipients_of, items) == dict.fromkeys(ids, "")
    assert sum("SELECT" in sql for sql in asked) == 1
    assert ask(find_all_saved, [*urls, "no address"]) == {urls[3]: link}
    assert sum("SELECT" in sql for sql in asked) == 1


def test_a_long_conversation_is_cut_where_it_is_asked_to_be(data: OpenData, anna: Actor) -> None:
    names = [f"{number}@a" for number in range(5)]
    ids = [anna.do(keep_read, name, found(message_id=name, references=(names[0],))) for name in names]
    anna.do(mark_item, ids[1], Mark.STARRED, is_on=True)
    anna.do(trash_item, ids[0])

    def ask(tx: Any) -> Any:
        thread = tx.items.get(ids[0], anna.principal.person_id).thread_id
        return tx.messages.of_thread(anna.principal.person_id, thread, limit=2)

    first, second = data.database.read(ask)
    assert (first, second.id) == (anna.ask(get_item, ids[1]), ids[2])
    assert Mark.STARRED in first.marks


def test_what_is_filed_in_one_commit_is_one_piece_of_the_search_index(data: OpenData, anna: Actor) -> None:
    """A statement that may write several rows has FTS5 write out its pending words: a piece for each message."""
    ids = [anna.do(keep, str(number)) for number in range(20)]

    def file_all(tx: Any) -> None:
        for number, item_id in enumerate(ids):
            reading = found(
                f"S{number}", message_id=str(number), references=("0",), list_id="dev.example.org"
            )
            record_reading(tx, item_id, reading)

    data.database.write(file_all)
    sql = "SELECT count(DISTINCT segid) FROM item_text_idx"
    assert data.database.writing.execute(sql).get == 1


# addresses, what is due, and copies


def test_addresses_are_kept_counted_and_switched_off(data: OpenData, anna: Actor) -> None:
    who, tell = anna.principal.person_id, data.database.write
    made = tell(
        lambda tx: tx.deliveries.add(
            who,
            "n-1",
            purpose=DeliveryPurpose.SAVE,
            label="Boats",
            pool_id=anna.inbox.id,
            allowed_senders=("a@b.example", "c.example"),
        )
    )
    assert (made.local_part, made.label, made.use_count, made.used_at) == ("n-1", "Boats", 0, None)
    assert made.allowed_senders == ("a@b.example", "c.example")
    tell(lambda tx: tx.deliveries.record_use(made.id))
    tell(lambda tx: tx.deliveries.edit(made.id, label="Ships", pool_id=None, allowed_senders=()))
    tell(lambda tx: tx.deliveries.set_disabled(made.id, tx.now))
    after = data.database.read(lambda tx: tx.deliveries.by_local_part("n-1"))
    assert after is not None
    assert (after.label, after.pool_id, after.use_count, after.allowed_senders) == ("Ships", None, 1, ())
    assert after.used_at == after.disabled_at == data.database.clock.now()
    tell(lambda tx: tx.deliveries.set_disabled(made.id, None))
    (only,) = data.database.read(lambda tx: tx.deliveries.of(who))
    assert only.disabled_at is None
    assert data.database.read(lambda tx: tx.deliveries.by_local_part("n-2")) is None
    with pytest.raises(apsw.ConstraintError):
        data.database.writing.execute("INSERT INTO delivery_address SELECT 9, person_id, local_part, purpose, pool_id,"
                                      " label, '', 0, 0, NULL, NULL FROM delivery_address")  # fmt: skip
    tell(lambda tx: tx.deliveries.set_own_addresses(who, ["b@x.example", "a@x.example", "a@x.example"]))
    assert data.database.read(lambda tx: tx.deliveries.own_addresses(who)) == ["a@x.example", "b@x.example"]
    tell(lambda tx: tx.deliveries.set_own_addresses(who, []))
    assert data.database.read(lambda tx: tx.deliveries.own_addresses(who)) == []


def test_what_is_due_is_told_oldest_first_and_not_from_the_trash(
    data: OpenData, anna: Actor, clock: StillClock
) -> None:
    ids = [anna.do(keep, str(number)) for number in range(4)]
    for number, item_id in enumerate(ids):
        until = clock.now() + timedelta(seconds=10 - number)
        data.database.write(lambda tx: tx.items.set_deferred(item_id, until, anna.inbox.id))  # noqa: B023 - called at once
    anna.do(trash_item, ids[3])
    clock.pass_seconds(9)
    who = anna.principal.person_id
    assert data.database.read(lambda tx: tx.items.due(9)) == [(ids[2], who), (ids[1], who)]
    assert data.database.read(lambda tx: tx.items.due(1)) == [(ids[2], who)]
    assert data.database.read(lambda tx: tx.items.deferred_from(ids[2])) == anna.inbox.id
    data.database.write(lambda tx: tx.items.set_deferred(ids[2], None, None))
    assert data.database.read(lambda tx: tx.items.deferred_from(ids[2])) is None


def test_a_backup_carries_mail_and_misses_none_of_its_bytes(
    data: OpenData, anna: Actor, tmp_path: Path
) -> None:
    raw = b"Subject: Beds\r\n\r\nDig none."
    blob = data.blobs.put(raw)
    item_id = anna.do(keep, raw.decode())
    assert anna.ask(get_item, item_id).blob == blob
    data.database.write(lambda tx: record_reading(tx, item_id, READING))
    back_up(data.database.path.parent, tmp_path / "copy.tar", StillClock(), lambda *_: None)
    restore(tmp_path / "copy.tar", tmp_path / "new")
    again = open_data(tmp_path / "new", StillClock())
    try:
        assert again.blobs.get(blob) == raw
        message = again.database.read(lambda tx: tx.messages.get(item_id))
        assert message is not None
        assert message.facts == READING.facts
    finally:
        again.close()
    assert verify(tmp_path / "new").faults == ()
    (data.database.path.parent / "blobs" / blob[:2] / blob[2:]).unlink()
    assert verify(data.database.path.parent).faults == (f"blob {blob} is missing",)
