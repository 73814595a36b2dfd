"""Pulling against a mailbox that does anything a mailbox may: broken off anywhere, everything comes once."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from poolhouse.app.sealing import FileSealer
from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.rules.pulling import new_uids, plan_batches
from poolhouse.services.accounts import (
    ACCOUNT_LIMIT,
    add_account,
    choose_folder,
    clean_place,
    edit_account,
    get_account,
    leave_folder,
    list_accounts,
    list_folders,
    move_account,
    pause_account,
    pull_account,
    remove_account,
)
from poolhouse.services.filing import take_from_pool
from poolhouse.services.links import mark_item
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.services.pulling import (
    PulledMail,
    PullTask,
    begin_pull,
    follow_flags,
    keep_pulled,
    open_folder,
    record_asked,
    record_failure,
)
from poolhouse.services.reading import list_entries
from poolhouse.types import AccountSecurity, AccountState, FolderProgress, Mark, PoolRole, RemoteFlags
from tests.conftest import StillClock, open_new
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.types import FolderId, ItemId, MailAccount

PLACE = clean_place("imap.elsewhere.example", "anna@elsewhere.example")
FOLDERS = (("INBOX", "/"), ("Lists/python", "/"), ("Sent", "/"))
NO_FLAGS = RemoteFlags()


def add(actor: Actor, data: OpenData, **given: str) -> MailAccount:
    place = replace(PLACE, **given)  # type: ignore[arg-type]  # its texts
    sealer = FileSealer(data.database.path.parent)
    return data.database.write(
        lambda tx: add_account(tx, sealer, actor.principal, place, "secret", folders=FOLDERS)
    )


def begin(data: OpenData, account: MailAccount) -> PullTask:
    sealer = FileSealer(data.database.path.parent)
    task = data.database.write(lambda tx: begin_pull(tx, sealer, account.id))
    assert task is not None
    return task


@dataclass
class Remote:
    """A message in the mailbox."""

    content: bytes
    flags: RemoteFlags
    mod_seq: int


class Pulls(RuleBasedStateMachine):
    """One folder of one account, and what it is pulled into."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.data = open_new(Path(self._directory.name) / "data", StillClock())
        self.anna = new_actor(self.data.database, "anna")
        self.account = add(self.anna, self.data)
        folders = self.anna.ask(list_folders, self.account.id)
        self.folder_id: FolderId = folders[0].id
        self.messages: dict[int, Remote] = {}
        self.uid_validity, self.next_uid, self.mod_seq, self.hosts = 100, 1, 1, 0
        self.expected: dict[bytes, set[Mark]] = {}
        self.known: dict[bytes, RemoteFlags] = {}
        self.mirrors = (False, False)
        self.counts_changes = True

    def teardown(self) -> None:
        self.data.close()
        self._directory.cleanup()

    @initialize(counts_changes=st.booleans(), mirrors=st.booleans())
    def begin(self, counts_changes: bool, mirrors: bool) -> None:
        self.counts_changes = counts_changes
        self.mirror(mirrors, mirrors)

    @rule(number=st.integers(0, 30), is_read=st.booleans(), is_starred=st.booleans())
    def deliver(self, number: int, is_read: bool, is_starred: bool) -> None:
        content = b"Subject: %d\r\n\r\n" % number
        if any(each.content == content for each in self.messages.values()):
            return  # two copies have one item, and whose flags those are is not said
        self.mod_seq += 1
        self.messages[self.next_uid] = Remote(content, RemoteFlags(is_read, is_starred), self.mod_seq)
        self.next_uid += 1

    @rule(place=st.integers(0, 99))
    def expunge(self, place: int) -> None:
        if self.messages:
            del self.messages[sorted(self.messages)[place % len(self.messages)]]

    @rule(place=st.integers(0, 99), is_read=st.booleans(), is_starred=st.booleans())
    def flag(self, place: int, is_read: bool, is_starred: bool) -> None:
        if self.messages:
            self.mod_seq += 1
            message = self.messages[sorted(self.messages)[place % len(self.messages)]]
            message.flags, message.mod_seq = RemoteFlags(is_read, is_starred), self.mod_seq

    @rule(gap=st.integers(0, 5))
    def number_anew(self, gap: int) -> None:
        """As after a mailbox was restored: other UIDs, of the same messages."""
        self.uid_validity += 1
        self.messages = {uid + gap: each for uid, each in enumerate(self.messages.values(), start=1)}
        self.next_uid = len(self.messages) + gap + 1

    @rule(kept=st.integers(0, 9), fresh=st.integers(0, 3))
    def move(self, kept: int, fresh: int) -> None:
        """To another server that has some of it, begins with its UIDs anew, and has the same UIDVALIDITY by chance."""
        self.hosts += 1
        place = clean_place(f"imap{self.hosts}.example", PLACE.user_name)
        sealer = FileSealer(self.data.database.path.parent)
        me, account_id = self.anna.principal, self.account.id
        self.data.database.write(lambda tx: move_account(tx, sealer, me, account_id, place, "secret"))
        brought = list(self.messages.values())[:kept]
        self.mod_seq, self.next_uid, self.messages = 1, 1, {}
        for each in brought:
            self.mod_seq += 1
            self.messages[self.next_uid] = replace(each, mod_seq=self.mod_seq)
            self.next_uid += 1
        for number in range(fresh):
            self.deliver(31 + (3 * self.hosts + number) % 20, is_read=False, is_starred=False)

    @rule(place=st.integers(0, 99), mark=st.sampled_from(Mark), is_on=st.booleans())
    def mark_here(self, place: int, mark: Mark, is_on: bool) -> None:
        if self.expected:
            content = sorted(self.expected)[place % len(self.expected)]
            self.anna.do(mark_item, self._item_id(content), mark, is_on=is_on)
            (self.expected[content].add if is_on else self.expected[content].discard)(mark)

    @rule(read=st.booleans(), starred=st.booleans())
    def mirror(self, read: bool, starred: bool) -> None:
        self.mirrors = (read, starred)
        self.anna.do(edit_account, self.account.id, mirrors_read=read, mirrors_starred=starred)

    @rule(batches_until_killed=st.none() | st.integers(0, 3))
    def pull(self, batches_until_killed: int | None) -> None:
        """As app.account_pull does, broken off after some batches where a number is given."""
        write, task, folder_id = self.data.database.write, begin(self.data, self.account), self.folder_id
        mod_seq = self.mod_seq if self.counts_changes else 0
        progress = write(
            lambda tx: open_folder(tx, task, folder_id, uid_validity=self.uid_validity, mod_seq=mod_seq)
        )
        uids = new_uids([*self.messages], progress.last_uid)
        sizes = [(uid, len(self.messages[uid].content)) for uid in uids]
        for number, batch in enumerate(plan_batches(sizes, message_bytes=1_000)):
            if number == batches_until_killed:
                return
            progress = replace(progress, last_uid=batch.last_uid)
            mail = [self._arrived(uid) for uid in batch.uids]
            write(partial(keep_pulled, task=task, folder_id=folder_id, messages=mail, progress=progress))
        if self.mirrors == (False, False):
            return
        changed = {
            uid: each.flags
            for uid, each in self.messages.items()
            if uid <= progress.last_uid and (not self.counts_changes or each.mod_seq > progress.mod_seq)
        }
        done = replace(progress, mod_seq=mod_seq)
        write(lambda tx: follow_flags(tx, task, folder_id, changed, done))
        for uid in changed:
            self._follow(self.messages[uid])

    def _arrived(self, uid: int) -> PulledMail:
        message = self.messages[uid]
        if message.content in self.expected:
            self._follow(message)
        else:
            self.expected[message.content] = {
                mark
                for mark, is_on in (
                    (Mark.READ, message.flags.is_read),
                    (Mark.STARRED, message.flags.is_starred),
                )
                if is_on
            }
            self.known[message.content] = message.flags
        return PulledMail(
            uid=uid,
            blob=sha256(message.content).hexdigest(),
            size_bytes=len(message.content),
            received_at=None,
            flags=message.flags,
        )

    def _follow(self, message: Remote) -> None:
        known, now, marks = self.known[message.content], message.flags, self.expected[message.content]
        for mark, before, after, is_wanted in (
            (Mark.READ, known.is_read, now.is_read, self.mirrors[0]),
            (Mark.STARRED, known.is_starred, now.is_starred, self.mirrors[1]),
        ):
            if is_wanted and before != after:
                (marks.add if after else marks.discard)(mark)
        self.known[message.content] = now

    def _item_id(self, content: bytes) -> ItemId:
        key = f"message:{sha256(content).hexdigest()}"
        found = self.data.database.read(lambda tx: tx.items.by_key(self.anna.principal.person_id, key))
        assert found is not None
        return found

    @invariant()
    def everything_is_there_once_and_marked(self) -> None:
        def look(tx: Transaction) -> dict[str, frozenset[Mark]]:
            inbox = tx.pools.by_role(self.anna.principal.person_id, PoolRole.INBOX)
            entries = tx.memberships.newest(inbox.id, self.anna.principal.person_id, limit=100)
            return {entry.item.blob or "": entry.item.marks for entry in entries}

        assert self.data.database.read(look) == {
            sha256(content).hexdigest(): marks for content, marks in self.expected.items()
        }


TestPulls = Pulls.TestCase
TestPulls.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


@pytest.fixture
def account(anna: Actor, data: OpenData) -> MailAccount:
    return add(anna, data)


def test_an_account_begins_with_its_inbox(anna: Actor, account: MailAccount) -> None:
    folders = anna.ask(list_folders, account.id)
    assert [(each.name, each.is_chosen, each.pool_id) for each in folders] == [
        ("INBOX", True, None),
        ("Lists/python", False, None),
        ("Sent", False, None),
    ]
    assert account.label == PLACE.user_name
    assert (account.state, account.mirrors_read, account.mirrors_starred) == (
        AccountState.ACTIVE,
        False,
        False,
    )


def test_others_accounts_are_not_there(anna: Actor, bert: Actor, account: MailAccount) -> None:
    assert bert.ask(list_accounts) == []
    folder = anna.ask(list_folders, account.id)[1]
    for refused in (get_account, list_folders):
        with pytest.raises(NotFoundError):
            bert.ask(refused, account.id)
    for changed in (pull_account, pause_account, remove_account):
        with pytest.raises(NotFoundError):
            bert.do(changed, account.id)
    with pytest.raises(NotFoundError):
        bert.do(choose_folder, account.id, folder.id, pool_id=None)
    other = bert.do(add_pool, "Bert's")
    with pytest.raises(NotFoundError):
        anna.do(choose_folder, account.id, folder.id, pool_id=other.id)


def test_an_account_is_there_once_and_not_too_many_are(
    anna: Actor, data: OpenData, account: MailAccount
) -> None:
    with pytest.raises(ConflictError):
        add(anna, data)
    for number in range(1, ACCOUNT_LIMIT):
        add(anna, data, user_name=f"user-{number}")
    with pytest.raises(ConflictError):
        add(anna, data, user_name="one more")


def test_folders_go_where_they_are_sent(anna: Actor, data: OpenData, account: MailAccount) -> None:
    _, python, sent = anna.ask(list_folders, account.id)
    own = anna.do(choose_folder, account.id, python.id, pool_id=None, has_own_pool=True)
    pool = data.database.read(lambda tx: tx.pools.get(own.pool_id) if own.pool_id else None)
    assert pool is not None
    assert pool.path == f"{PLACE.user_name}/Lists/python"
    search = anna.do(add_pool, "Starred", query="is:starred")
    with pytest.raises(InvalidInputError):
        anna.do(choose_folder, account.id, sent.id, pool_id=search.id)
    assert [each.name for each in begin(data, account).folders] == ["INBOX", "Lists/python"]
    anna.do(leave_folder, account.id, python.id)
    assert [each.name for each in begin(data, account).folders] == ["INBOX"]


def test_flags_follow_a_message_under_its_new_uid(anna: Actor, data: OpenData, account: MailAccount) -> None:
    inbox, *_ = anna.ask(list_folders, account.id)
    account = anna.do(edit_account, account.id, mirrors_read=True)
    task, write = begin(data, account), data.database.write
    first, second = (
        PulledMail(uid=uid, blob=str(uid) * 64, size_bytes=1, received_at=None, flags=NO_FLAGS)
        for uid in (1, 2)
    )
    read, starred = RemoteFlags(is_read=True), RemoteFlags(is_starred=True)
    progress = write(lambda tx: open_folder(tx, task, inbox.id, uid_validity=1, mod_seq=5))
    write(lambda tx: keep_pulled(tx, task, inbox.id, [first, second], replace(progress, last_uid=2)))

    def read_now() -> list[str]:
        items = [entry.item for entry in anna.ask(list_entries, anna.inbox.id)]
        return sorted(item.blob or "" for item in items if Mark.READ in item.marks)

    # the first is gone there; the second was read meanwhile, and is number 1 now
    progress = write(lambda tx: open_folder(tx, task, inbox.id, uid_validity=2, mod_seq=9))
    moved = replace(second, uid=1, flags=read)
    write(lambda tx: keep_pulled(tx, task, inbox.id, [moved], replace(progress, last_uid=1)))
    assert read_now() == [second.blob]
    write(lambda tx: follow_flags(tx, task, inbox.id, {1: starred}, replace(progress, last_uid=1)))
    assert read_now() == []
    write(lambda tx: follow_flags(tx, task, inbox.id, {1: read}, replace(progress, last_uid=1)))
    assert read_now() == [second.blob]


def test_a_pool_in_the_trash_takes_no_mail(anna: Actor, data: OpenData, account: MailAccount) -> None:
    inbox, *_ = anna.ask(list_folders, account.id)
    pool = anna.do(add_pool, "Mail")
    anna.do(choose_folder, account.id, inbox.id, pool_id=pool.id)
    anna.do(trash_pool, pool.id)
    task = begin(data, account)
    mail = PulledMail(uid=1, blob="a" * 64, size_bytes=1, received_at=None, flags=NO_FLAGS)
    progress = data.database.write(lambda tx: open_folder(tx, task, inbox.id, uid_validity=1, mod_seq=0))
    assert data.database.write(lambda tx: keep_pulled(tx, task, inbox.id, [mail], progress)) == 1
    role = data.database.read(lambda tx: tx.pools.by_role(anna.principal.person_id, PoolRole.INBOX))
    assert role.entry_count == 1


def test_whoever_changes_an_account_ends_the_pull_that_is_under_way(
    anna: Actor, data: OpenData, account: MailAccount
) -> None:
    changes = (
        lambda: anna.do(pause_account, account.id),
        lambda: anna.do(pull_account, account.id),
        lambda: anna.do(edit_account, account.id, mirrors_read=True),
        lambda: anna.do(remove_account, account.id),
    )
    for change in changes:
        anna.do(pull_account, account.id)
        task = begin(data, account)
        change()
        with pytest.raises(ConflictError):
            data.database.write(partial(record_asked, task=task, new_count=1))
        data.database.write(partial(record_failure, task=task, reason="late", stops=True))
    assert anna.ask(list_accounts) == []


def test_a_failure_is_told_and_over_with_the_next_success(
    anna: Actor, data: OpenData, account: MailAccount
) -> None:
    task = begin(data, account)
    data.database.write(lambda tx: record_failure(tx, task, "it is away"))
    assert anna.ask(get_account, account.id).reason == "It is away."
    data.database.write(lambda tx: record_asked(tx, task, 3))
    found = anna.ask(get_account, account.id)
    assert (found.reason, found.new_count, found.asked_at) == ("", 3, data.database.read(lambda tx: tx.now))


def test_disabled_persons_accounts_are_not_pulled(anna: Actor, data: OpenData, account: MailAccount) -> None:
    assert data.database.read(lambda tx: tx.accounts.active()) == [(account.id, account.revision)]
    data.database.write(lambda tx: tx.persons.set_disabled(anna.principal.person_id, tx.now))
    assert data.database.read(lambda tx: tx.accounts.active()) == []


def test_a_password_goes_to_its_place_and_no_other(anna: Actor, data: OpenData, account: MailAccount) -> None:
    """Whoever can write into the database cannot have it sent to a server of their own."""
    data.database.write(
        lambda _: data.database.writing.execute("UPDATE mail_account SET host = 'evil.example'")
    )
    sealer = FileSealer(data.database.path.parent)
    assert data.database.write(lambda tx: begin_pull(tx, sealer, account.id)) is None
    assert anna.ask(get_account, account.id).state is AccountState.STOPPED
    place = replace(PLACE, host="imap.new.example")
    moved = data.database.write(
        lambda tx: move_account(tx, sealer, anna.principal, account.id, place, "other")
    )
    assert moved.state is AccountState.ACTIVE
    assert begin(data, moved).password == "other"


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ({"host": "imap.new.example"}, True),
        ({"user_name": "anna.new@elsewhere.example"}, True),
        ({}, False),  # its password alone
        ({"port": 143, "security": AccountSecurity.STARTTLS}, False),
    ],
)
def test_another_mailbox_is_pulled_from_its_beginning(
    anna: Actor, data: OpenData, account: MailAccount, change: dict[str, object], *, is_another: bool
) -> None:
    write, sealer = data.database.write, FileSealer(data.database.path.parent)
    inbox, python, _ = anna.ask(list_folders, account.id)
    anna.do(choose_folder, account.id, python.id, pool_id=None)
    task = begin(data, account)
    first, second = (
        PulledMail(uid=1, blob=name * 64, size_bytes=1, received_at=None, flags=NO_FLAGS) for name in "ab"
    )
    for folder in (inbox, python):
        write(partial(open_folder, task=task, folder_id=folder.id, uid_validity=7, mod_seq=5))
        progress = FolderProgress(uid_validity=7, last_uid=1, mod_seq=5)
        write(partial(keep_pulled, task=task, folder_id=folder.id, messages=[first], progress=progress))
    here = anna.ask(list_entries, anna.inbox.id)[0].item
    write(lambda tx: take_from_pool(tx, anna.principal.person_id, anna.inbox.id, here.id))

    place = replace(PLACE, **change)  # type: ignore[arg-type]  # its texts and numbers
    write(lambda tx: move_account(tx, sealer, anna.principal, account.id, place, "other"))
    chosen = begin(data, account).folders
    expected = FolderProgress() if is_another else FolderProgress(uid_validity=7, last_uid=1, mod_seq=5)
    assert [each.progress for each in chosen] == [expected] * 2
    assert [each.is_chosen for each in anna.ask(list_folders, account.id)] == [True, True, False]
    if is_another:  # by chance its UIDVALIDITY is the same, and UID 1 another message
        task = begin(data, account)
        begun = write(lambda tx: open_folder(tx, task, inbox.id, uid_validity=7, mod_seq=2))
        assert begun == FolderProgress(uid_validity=7, last_uid=0, mod_seq=2)
        read = RemoteFlags(is_read=True)
        assert write(lambda tx: follow_flags(tx, task, inbox.id, {1: read}, begun)) == 0
        brought = replace(first, uid=2)
        done = replace(begun, last_uid=2)
        assert write(lambda tx: keep_pulled(tx, task, inbox.id, [second, brought], done)) == 1
        # what was taken from there here, and was brought along there, is not put back
        assert [each.item.blob for each in anna.ask(list_entries, anna.inbox.id)] == [second.blob]


@pytest.mark.parametrize(
    ("host", "port", "user", "field"),
    [
        ("", None, "anna", "host"),
        ("imap.example.org/x", None, "anna", "host"),
        ("imap example", None, "anna", "host"),
        ("imap.example.org\r\nX", None, "anna", "host"),
        ("imap.example.org", 0, "anna", "port"),
        ("imap.example.org", 70_000, "anna", "port"),
        ("imap.example.org", None, "", "user_name"),
        ("imap.example.org", None, "an\r\nna", "user_name"),
    ],
)
def test_places_that_are_none(host: str, port: int | None, user: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        clean_place(host, user, port=port)
    assert refused.value.field == field


def test_places_as_people_write_them() -> None:
    place = clean_place(" IMAP.Example.org. ", " anna ", security=AccountSecurity.STARTTLS)
    assert (place.host, place.port, place.user_name) == ("imap.example.org", 143, "anna")
    assert clean_place("[::1]", "anna").host == "::1"
