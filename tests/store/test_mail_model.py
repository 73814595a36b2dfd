"""What becomes of one person's messages against a plain model, in any order that hypothesis can think of."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from poolhouse.errors import PoolhouseError
from poolhouse.services.links import mark_item
from poolhouse.services.messages import (
    NO_SUBJECT,
    deliver_message,
    mailing_lists,
    record_reading,
    record_unreadable,
)
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item, list_entries, search_items
from poolhouse.services.setting_aside import (
    archive_item,
    defer_item,
    return_deferred,
    role_pool,
    unarchive_item,
    undefer_item,
)
from poolhouse.services.trash import delete_item, list_trash, restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import (
    DeliveryPurpose,
    Envelope,
    ItemId,
    Mark,
    MessageSource,
    PoolId,
    PoolRole,
    Recipient,
)
from tests.conftest import StillClock, open_new
from tests.store.actor import Actor, new_actor
from tests.store.mail import FILE, box, found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolhouse.types import Pool

HOUR = timedelta(hours=1)
PICK = st.integers(0, 5)
SUBJECTS = st.sampled_from(["alpha", "beta", "alpha beta"])
LISTS = st.sampled_from(["", "boats.test", "winter.test"])
INBOX, ARCHIVE, LATER, READ = "Inbox", "Archive", "Later", "Read"


@dataclass
class Letter:
    """A message as it should be; `places` are the pools it is in by hand, in the trash those it goes back to."""

    id: ItemId
    places: set[str]
    subject: str = ""
    list_id: str = ""
    has_file: bool = False
    is_awaited: bool = True
    is_found: bool = False  # by search: once it was read, or changed before that
    is_trashed: bool = False
    marks: set[str] = field(default_factory=set)
    until: datetime | None = None
    origin: str | None = None


SEARCHES: dict[str, Callable[[Letter], bool]] = {
    "alpha": lambda letter: "alpha" in letter.subject,
    "list:winter.test": lambda letter: letter.list_id == "winter.test",
    "has:attachment beta": lambda letter: letter.has_file and "beta" in letter.subject,
    "is:unread": lambda letter: "read" not in letter.marks,
    "pool:Read": lambda letter: READ in letter.places,
}
"""Saved searches, each a pool of that name; what the second finds is kept out of the Inbox."""

SKIPPING = "list:winter.test"


class MailMachine(RuleBasedStateMachine):
    """One person, six messages, one pool of their own: few enough that everything meets everything."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.clock = StillClock()
        self.data = open_new(self.directory / "data", self.clock)
        self.letters: dict[int, Letter] = {}

    @initialize()
    def a_person(self) -> None:
        """With mail that was put off, read, and set aside, so that few steps lead to where it is interesting."""
        self.anna: Actor = new_actor(self.data.database, "anna")
        self.pools: dict[str, PoolId] = {INBOX: self.anna.inbox.id, READ: self.anna.do(add_pool, READ).id}
        for name, role in ((ARCHIVE, PoolRole.ARCHIVE), (LATER, PoolRole.LATER)):
            self.pools[name] = self.data.database.write(partial(self.role_pool, role=role)).id
        for number, query in enumerate(SEARCHES):
            made = self.anna.do(add_pool, f"Search {number}", query=query, skips_inbox=query == SKIPPING)
            self.pools[query] = made.id
        for pick, pool in enumerate((INBOX, READ, INBOX, INBOX)):
            self.deliver(pick, pool)
        self.read(0, "alpha", "boats.test", has_file=True)
        self.mark(0, is_on=True)
        self.defer(0, 2)
        self.read(1, "alpha beta", "", has_file=True)
        self.archive(2)

    def role_pool(self, tx: Any, *, role: PoolRole) -> Pool:
        return role_pool(tx, self.anna.principal.person_id, role)

    def there(self) -> bool:
        return bool(self.letters)

    def letter(self, pick: int) -> Letter:
        every = [letter for _, letter in sorted(self.letters.items())]
        return every[pick % len(every)]

    def both(self, is_refused: bool, service: Callable[[], Any]) -> bool:
        """Whether it is to be done; where it is not, the service refuses it."""
        if not is_refused:
            service()
            return True
        try:
            service()
        except PoolhouseError:
            return False
        raise AssertionError("the service did not refuse")

    # coming in

    @rule(content=PICK, pool=st.sampled_from([INBOX, INBOX, READ]))
    def deliver(self, content: int, pool: str) -> None:
        """The same bytes again join a pool, but not the Inbox where they were set aside, and not from the trash."""
        recipient = Recipient(
            address="anna@pools.test",
            person_id=self.anna.principal.person_id,
            purpose=DeliveryPurpose.KEEP,
            pool_id=self.pools[pool],
        )
        blob = sha256(bytes([content])).hexdigest()
        done = self.data.database.write(
            lambda tx: deliver_message(
                tx, recipient, blob=blob, size_bytes=1, envelope=Envelope(source=MessageSource.LMTP)
            )
        )
        letter = self.letters.get(content)
        assert done.is_new == (letter is None)
        if letter is None:
            self.letters[content] = Letter(done.item_id, {pool})
            return
        assert done.item_id == letter.id
        is_aside = pool == INBOX and letter.places & {ARCHIVE, LATER}
        if not letter.is_trashed and pool not in letter.places and not is_aside:
            letter.places.add(pool)
            letter.is_found = True

    @precondition(there)
    @rule(pick=PICK, subject=SUBJECTS, list_id=LISTS, has_file=st.booleans())
    def read(self, pick: int, subject: str, list_id: str, has_file: bool) -> None:
        """Read for the first time or again; the first time it may leave the Inbox for the Archive."""
        letter = self.letter(pick)
        reading = found(
            subject,
            "",
            senders=box("Robin", "robin@example.org"),
            message_id=f"{letter.id}@example.org",
            list_id=list_id,
            parts=(FILE,) * has_file,
        )
        self.data.database.write(lambda tx: record_reading(tx, letter.id, reading))
        letter.subject, letter.list_id, letter.has_file = subject, list_id, has_file
        is_first, letter.is_awaited = letter.is_awaited, False
        letter.is_found = letter.is_found or not letter.is_trashed
        if is_first and not letter.is_trashed and INBOX in letter.places and SEARCHES[SKIPPING](letter):
            letter.places = letter.places - {INBOX} | {ARCHIVE}

    @precondition(lambda self: any(letter.is_awaited for letter in self.letters.values()))
    @rule(pick=PICK)
    def fail_to_read(self, pick: int) -> None:
        letter = self.letter(pick)
        if letter.subject or not letter.is_awaited:
            return
        self.data.database.write(lambda tx: record_unreadable(tx, letter.id, "It could not be read."))
        letter.is_awaited = False
        letter.is_found = letter.is_found or not letter.is_trashed

    # setting aside

    @precondition(there)
    @rule(pick=PICK)
    def archive(self, pick: int) -> None:
        letter = self.letter(pick)
        if self.both(letter.is_trashed, lambda: self.anna.do(archive_item, letter.id)):
            letter.places = letter.places - {INBOX, LATER} | {ARCHIVE}
            letter.until, letter.is_found = None, True

    @precondition(there)
    @rule(pick=PICK)
    def unarchive(self, pick: int) -> None:
        letter = self.letter(pick)
        if self.both(letter.is_trashed, lambda: self.anna.do(unarchive_item, letter.id)):
            if ARCHIVE in letter.places:
                letter.places = letter.places - {ARCHIVE} | {INBOX}
            letter.until, letter.is_found = None, True

    @precondition(there)
    @rule(pick=PICK, hours=st.sampled_from([-1, 1, 1, 2]))
    def defer(self, pick: int, hours: int) -> None:
        letter = self.letter(pick)
        until = self.clock.now() + hours * HOUR
        if self.both(letter.is_trashed or hours <= 0, lambda: self.anna.do(defer_item, letter.id, until)):
            elsewhere = sorted(letter.places - {LATER}, key=lambda name: (name != INBOX, name))
            letter.origin = letter.origin if letter.until else None
            if elsewhere and (letter.origin is None or elsewhere[0] == INBOX):
                letter.origin = elsewhere[0]
                letter.places.remove(elsewhere[0])
            letter.places.add(LATER)
            letter.until, letter.is_found = until, True

    @precondition(there)
    @rule(pick=PICK)
    def undefer(self, pick: int) -> None:
        letter = self.letter(pick)
        if self.both(letter.is_trashed, lambda: self.anna.do(undefer_item, letter.id)):
            if letter.until is not None:
                self.bring_back(letter)
            letter.is_found = True

    @rule(hours=st.integers(1, 2))
    def time_passes(self, hours: int) -> None:
        self.clock.pass_seconds(3_600 * hours)
        due = [
            letter
            for letter in self.letters.values()
            if letter.until is not None and letter.until <= self.clock.now() and not letter.is_trashed
        ]
        assert self.data.database.write(return_deferred) == len(due)
        for letter in due:
            letter.marks.discard("read")
            self.bring_back(letter)
            letter.is_found = True

    def bring_back(self, letter: Letter) -> None:
        letter.places = letter.places - {LATER} | {letter.origin or INBOX}
        letter.until = None

    # marks and the trash

    @precondition(there)
    @rule(pick=PICK, is_on=st.booleans())
    def mark(self, pick: int, is_on: bool) -> None:
        letter = self.letter(pick)
        self.anna.do(mark_item, letter.id, Mark.READ, is_on=is_on)
        letter.marks = {"read"} if is_on else set()

    @precondition(there)
    @rule(pick=PICK)
    def trash(self, pick: int) -> None:
        letter = self.letter(pick)
        self.anna.do(trash_item, letter.id)
        letter.is_trashed, letter.is_found = True, False

    @precondition(there)
    @rule(pick=PICK)
    def restore(self, pick: int) -> None:
        letter = self.letter(pick)
        self.anna.do(restore_item, letter.id)
        if letter.is_trashed:
            letter.is_trashed, letter.is_found = False, True

    @precondition(there)
    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        letter = self.letter(pick)
        if self.both(not letter.is_trashed, lambda: self.anna.do(delete_item, letter.id)):
            self.letters = {key: each for key, each in self.letters.items() if each is not letter}

    # what is there

    @invariant()
    def pools_hold_what_the_model_says(self) -> None:
        live = [letter for letter in self.letters.values() if not letter.is_trashed]
        for name, pool_id in self.pools.items():
            if name in SEARCHES:
                wanted = {letter.id for letter in live if letter.is_found and SEARCHES[name](letter)}
                assert self.ids(self.anna.ask(search_items, name)) == wanted, name
            else:
                wanted = {letter.id for letter in live if name in letter.places}
            entries = self.anna.ask(list_entries, pool_id)
            assert self.ids([entry.item for entry in entries]) == wanted, name

    def ids(self, items: Sequence[Any]) -> set[ItemId]:
        found_ids = {item.id for item in items}
        assert len(found_ids) == len(items)
        return found_ids

    @invariant()
    def each_is_as_the_model_says(self) -> None:
        for letter in self.letters.values():
            item = self.anna.ask(get_item, letter.id)
            assert item.title == (letter.subject or NO_SUBJECT)
            assert item.attachment_count == int(letter.has_file)
            assert item.deferred_until == letter.until
            assert {str(mark) for mark in item.marks} == letter.marks
        trashed = {letter.id for letter in self.letters.values() if letter.is_trashed}
        assert self.ids(self.anna.ask(list_trash)) == trashed

    @invariant()
    def lists_count_what_is_not_in_the_trash(self) -> None:
        wanted: dict[str, int] = {}
        for letter in self.letters.values():
            if letter.list_id and not letter.is_trashed:
                wanted[letter.list_id] = wanted.get(letter.list_id, 0) + 1
        assert {list_id: count for list_id, _, count in self.anna.ask(mailing_lists)} == wanted

    def teardown(self) -> None:
        self.data.close()
        report = verify(self.directory / "data")
        shutil.rmtree(self.directory)
        assert [fault for fault in report.faults if "blob" not in fault.lower()] == []


TestMail = MailMachine.TestCase
TestMail.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
