"""What is done with mail costs the same in a store with many times as much of it, whoever it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.data import open_data
from poolhouse.services.links import find_all_saved
from poolhouse.services.messages import (
    READER_REVISION,
    deliver_message,
    get_message,
    mailing_lists,
    message_bodies,
    record_reading,
    thread_of,
)
from poolhouse.services.reading import list_entries, search_items
from poolhouse.services.setting_aside import defer_item, return_deferred
from poolhouse.types import DeliveryPurpose, Envelope, ItemId, MessageSource, Recipient
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor
from tests.store.mail import FILE, box, found, keep, keep_read
from tests.store.meter import Meter, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.data import OpenData
    from poolhouse.types import MessageReading, Pool

pytestmark = pytest.mark.slow

SMALL, LARGE = 200, 8_000
STEPS_GROWTH = 1.2
PAGES_GROWTH = 3.0
LINKS = [f"https://one.test/{number}" for number in range(40)]
TEXT = " ".join(f"ordinary{number}" for number in range(60))
GROUP = 50
MANY = 64
"""The search index merges its pieces now and then: what a change costs is what many cost together."""


@dataclass(frozen=True, slots=True)
class Mailroom:
    """A store with so many messages, all in an Inbox: half are Anna's and read, Bert's wait to be read."""

    data: OpenData
    anna: Actor
    bert: Actor
    size: int
    middle: ItemId
    reads: Meter
    writes: Meter
    costs: dict[str, Work] = field(default_factory=dict)

    def ask(self, question: Callable[[Any], object]) -> object:
        return self.data.database.read(question)


def letter(number: int) -> MessageReading:
    """Of one of ten senders and one of eight lists; every third with a file; conversations of five."""
    first = number - number % 5
    return found(
        f"Matter {first}",
        f"{TEXT} word{number % 1_000}",
        senders=box(f"Friend {number % 10}", f"friend{number % 10}@elsewhere.example"),
        to=box("Anna", "anna@pools.test"),
        list_id=f"list{number % 8}.example.org",
        message_id=f"{number}@elsewhere.example",
        references=(f"{first}@elsewhere.example",) if number != first else (),
        parts=(FILE,) * (number % 3 == 0),
    )


def fill(data: OpenData, anna: Actor, bert: Actor, size: int) -> list[ItemId]:
    """One message in ten of Anna's is deferred, and Bert has as many addresses."""
    ids: list[ItemId] = []
    for start in range(0, size // 2, GROUP):
        group = range(start, start + GROUP)
        ids += anna.do(_keep_read, group)
        bert.do(lambda tx, me, group: [keep(tx, me, f"bert {number}") for number in group], group)
    until = data.database.clock.now() + timedelta(days=9)
    anna.do(lambda tx, me: [defer_item(tx, me, item_id, until) for item_id in ids[::10]])
    bert.do(_add_addresses, size // 20)
    return ids


def _keep_read(tx: Any, me: Any, group: range) -> list[ItemId]:
    return [keep_read(tx, me, f"anna {number}", letter(number)) for number in group]


def _add_addresses(tx: Any, me: Any, count: int) -> None:
    given: dict[str, Any] = {"purpose": DeliveryPurpose.KEEP, "label": "", "pool_id": None}
    for number in range(count):
        tx.deliveries.add(me.person_id, f"n-{number}", **given, allowed_senders=())


def make_room(tmp_path_factory: pytest.TempPathFactory, size: int) -> Mailroom:
    data = open_data(tmp_path_factory.mktemp(f"mail{size}"), StillClock())
    anna, bert = new_actor(data.database, "anna"), new_actor(data.database, "bert")
    ids = fill(data, anna, bert, size)
    # how many pieces the search index is in depends on how long ago it last merged some, at any size
    data.database.writing.execute("INSERT INTO item_text (item_text) VALUES ('optimize')")
    data.close()
    data = open_data(data.database.path.parent, StillClock())
    meters = Meter(data.database._reading), Meter(data.database.writing)
    anna, bert = Actor(data.database, anna.principal), Actor(data.database, bert.principal)
    room = Mailroom(data, anna, bert, size, ids[len(ids) // 2 + 1], *meters)
    for name, read in READS.items():
        room.costs[name] = measure(room, read, room.reads, 1)
    for name, write in WRITES.items():
        room.costs[name] = measure(room, write, room.writes, MANY)
    return room


def measure(room: Mailroom, act: Callable[[Mailroom], object], meter: Meter, times: int) -> Work:
    meter.measure(lambda: act(room))  # the first use reads the schema
    return meter.measure(lambda: [act(room) for _ in range(times)])


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mailroom, Mailroom]:
    return make_room(tmp_path_factory, SMALL), make_room(tmp_path_factory, LARGE)


def search(query: str) -> Callable[[Mailroom], object]:
    def ask(room: Mailroom) -> None:
        assert len(room.anna.ask(search_items, query, limit=10)) == 10

    return ask


def has_attachments(room: Mailroom, pool: Pool) -> object:
    return room.ask(lambda tx: tx.messages.has_attachments(pool, 0, 2**62, limit=50))


READS: dict[str, Callable[[Mailroom], object]] = {
    "newest": lambda room: room.anna.ask(list_entries, room.anna.inbox.id, limit=20),
    "message": lambda room: room.anna.ask(get_message, room.middle),
    "conversation": lambda room: room.anna.ask(thread_of, room.middle),
    "bodies": lambda room: room.anna.ask(message_bodies, room.middle),
    "recipients": lambda room: room.ask(lambda tx: tx.messages.recipients([room.middle])),
    "which links are kept": lambda room: room.anna.ask(find_all_saved, LINKS),
    "search from": search("from:friend7"),
    "search from a beginning": search("from:frien*"),
    "search to": search("to:anna@pools.test"),
    "search subject": search("subject:matter"),
    "search list": search("list:list3.example.org"),
    "search attachment": search("has:attachment"),
    "search kind": search("kind:message"),
    "search word from": search("ordinary7 from:friend7"),
    "search correspondent": search("elsewhere"),
    "mailing lists": lambda room: room.anna.ask(mailing_lists),
    "address": lambda room: room.ask(lambda tx: tx.deliveries.by_local_part("n-3")),
    "no address": lambda room: room.ask(lambda tx: tx.deliveries.by_local_part("nobody")),
    "nothing due": lambda room: room.ask(lambda tx: tx.items.due(9)),
    "has messages": lambda room: room.ask(lambda tx: tx.messages.has_any(room.anna.principal.person_id)),
    "has attachments": lambda room: has_attachments(room, room.anna.inbox),
    "has no attachments": lambda room: has_attachments(room, room.bert.inbox),
    "to be read": lambda room: room.ask(
        lambda tx: tx.messages.unread_by(READER_REVISION, room.bert.principal.person_id, limit=20)
    ),
    "nothing to be read": lambda room: room.ask(
        lambda tx: tx.messages.unread_by(READER_REVISION, room.anna.principal.person_id, limit=20)
    ),
    "whose are to be read": lambda room: room.ask(lambda tx: tx.messages.owners_unread_by(READER_REVISION)),
}

_numbers = iter(range(10**9))


def deliver(room: Mailroom) -> None:
    recipient = Recipient(
        address="bert@pools.test",
        person_id=room.bert.principal.person_id,
        pool_id=room.bert.inbox.id,
        purpose=DeliveryPurpose.KEEP,
    )
    envelope = Envelope(source=MessageSource.LMTP, sender="friend7@elsewhere.example")
    blob = f"{next(_numbers):064x}"
    room.data.database.write(
        lambda tx: deliver_message(tx, recipient, blob=blob, size_bytes=9, envelope=envelope)
    )


def file(room: Mailroom) -> None:
    """A message in a conversation of five is read again."""
    room.data.database.write(lambda tx: record_reading(tx, room.middle, letter(room.size // 4 + 1)))


def defer_and_return(room: Mailroom) -> None:
    room.anna.do(defer_item, room.middle, room.data.database.clock.now() + timedelta(seconds=1))

    def bring_back(tx: Any) -> None:
        tx.items.set_deferred(room.middle, tx.now, tx.items.deferred_from(room.middle))
        assert return_deferred(tx) == 1

    room.data.database.write(bring_back)


WRITES: dict[str, Callable[[Mailroom], object]] = {
    "deliver": deliver,
    "file": file,
    "defer and return": defer_and_return,
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_it_costs_the_same(rooms: tuple[Mailroom, Mailroom], name: str) -> None:
    small, large = (room.costs[name] for room in rooms)
    assert small.steps > 0
    assert small.pages > 0
    assert large.steps <= STEPS_GROWTH * small.steps
    assert large.pages <= PAGES_GROWTH * small.pages
