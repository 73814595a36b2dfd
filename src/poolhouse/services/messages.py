"""Messages: taken in whole, read afterwards, and never lost for what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.names import clean_title
from poolhouse.rules.urls import message_key
from poolhouse.services._access import require_item, require_own
from poolhouse.services.filing import put_in_pool, refile, say_changed
from poolhouse.services.links import Saved, save_link
from poolhouse.services.mail_saving import save_from_mail
from poolhouse.services.pages import NOBODY, TITLE_LENGTH
from poolhouse.services.pools import receiving_pool
from poolhouse.services.setting_aside import is_set_aside, skip_inbox
from poolhouse.types import (
    ChangeKind,
    ItemKind,
    JobState,
    MessageSource,
    PageState,
    PoolRole,
    ReadMail,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.types import (
        Envelope,
        Item,
        ItemId,
        JobId,
        Mark,
        Message,
        MessageBodies,
        MessageFacts,
        MessageReading,
        PersonId,
        PoolId,
        Principal,
        Recipient,
    )

READER_REVISION = 1
"""Which reader this is: a larger one reads again what this one has read."""

NEVER = 0
"""Of no reader."""

NO_SUBJECT = "(no subject)"
FIRST_CONTACT = "You have had no mail from this address before."
THREAD_LIMIT = 200
LISTS_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of a message: its item, and whether its bytes were not kept before."""

    item_id: ItemId
    is_new: bool


def deliver_message(
    tx: Transaction, recipient: Recipient, *, blob: str, size_bytes: int, envelope: Envelope
) -> Delivered:
    """Keep what was sent to somebody, and ask for its reading: a job in the same commit.

    The same bytes are one item for one person: delivered again they change nothing, but for joining another pool; what
    was set aside does not come back into the Inbox, and what was thrown away stays there. It is found by search, and
    filed into saved searches, once it was read: before, there is nothing to find it by. Some twelve statements.
    """
    if recipient.address_id is not None:
        tx.deliveries.record_use(recipient.address_id)
    pool_id = receiving_pool(tx, recipient.person_id, recipient.pool_id).id
    known = _known(tx, recipient.person_id, blob)
    if known is not None:
        _join(tx, recipient.person_id, known, pool_id)
        return Delivered(item_id=known, is_new=False)
    item_id = _add(
        tx, recipient.person_id, blob=blob, size_bytes=size_bytes, envelope=envelope, received_at=tx.now
    )
    put_in_pool(tx, recipient.person_id, pool_id, item_id)
    ask_to_read(tx, recipient.person_id)
    return Delivered(item_id=item_id, is_new=True)


def add_message(
    tx: Transaction,
    principal: Principal,
    *,
    blob: str,
    size_bytes: int,
    envelope: Envelope,
    pool_ids: Sequence[PoolId],
    received_at: datetime,
    marks: Iterable[Mark] = (),
    tags: Sequence[str] = (),
) -> Delivered:
    """Keep a message that was imported or pulled, in manual pools of the caller's; `ask_to_read` is theirs to call.

    One that is kept already joins those pools, but not the Inbox where it was set aside, and is otherwise left alone.
    """
    require_own(principal, Verb.WRITE)
    owner_id = principal.person_id
    known = _known(tx, owner_id, blob)
    if known is not None:
        for pool_id in pool_ids:
            _join(tx, owner_id, known, pool_id)
        return Delivered(item_id=known, is_new=False)
    at = min(received_at, tx.now)
    item_id = _add(tx, owner_id, blob=blob, size_bytes=size_bytes, envelope=envelope, received_at=at)
    for mark in marks:
        tx.items.set_mark(item_id, owner_id, mark, is_on=True)
    if tags:
        tx.items.set_tags(item_id, tags)
    for pool_id in pool_ids:
        put_in_pool(tx, owner_id, pool_id, item_id)
    return Delivered(item_id=item_id, is_new=True)


def _known(tx: Transaction, owner_id: PersonId, blob: str) -> ItemId | None:
    return tx.items.by_key(owner_id, message_key(blob))


def _add(
    tx: Transaction,
    owner_id: PersonId,
    *,
    blob: str,
    size_bytes: int,
    envelope: Envelope,
    received_at: datetime,
) -> ItemId:
    item_id = tx.items.add(
        owner_id,
        ItemKind.MESSAGE,
        url="",
        url_key=message_key(blob),
        title=NO_SUBJECT,
        note="",
        author="",
        description="",
        created_at=received_at,
        page_state=PageState.PENDING,
        blob=blob,
    )
    tx.messages.add(item_id, size_bytes=size_bytes, received_at=received_at, envelope=envelope)
    tx.changes.add(ChangeKind.ITEM_ADDED, owner_id, item_id=item_id)
    return item_id


def _join(tx: Transaction, owner_id: PersonId, item_id: ItemId, pool_id: PoolId) -> None:
    item = tx.items.get(item_id, NOBODY)
    if item is None or item.trashed_at is not None or tx.memberships.get(pool_id, item_id) is not None:
        return
    if pool_id == tx.pools.by_role(owner_id, PoolRole.INBOX).id and is_set_aside(tx, item):
        return  # it came there before, and is out of the way
    put_in_pool(tx, owner_id, pool_id, item_id)
    refile(tx, owner_id, item_id)


def ask_to_read(tx: Transaction, person_id: PersonId) -> JobId:
    """Have a person's messages read that nobody has read: a job in the same commit, or one that waits already.

    One that is under way may have looked for them before this, and does not count.
    """
    waiting = tx.tuples.of(person_id, state=JobState.WAITING, kind=ReadMail.KIND, limit=1)
    if waiting:
        return waiting[0].id
    return tx.tuples.put(ReadMail(person_id=person_id), person_id=person_id, label="new messages")


def ask_to_read_again(tx: Transaction, item: Item) -> JobId:
    """Have one message read that was read before: what kept it from being read may have passed."""
    tx.messages.record_unread(item.id, NEVER)
    if item.page_state is PageState.FAILED:
        tx.items.edit(item.id, page_state=PageState.PENDING)
    return ask_to_read(tx, item.owner_id)


def ask_to_reread(tx: Transaction) -> None:
    """After an upgrade: have everybody's messages read that only an older reader has read."""
    for person_id in tx.messages.owners_unread_by(READER_REVISION):
        ask_to_read(tx, person_id)


def record_reading(tx: Transaction, item_id: ItemId, reading: MessageReading, *, authserv: str = "") -> None:
    """File what a reading found. Nothing happens where the message is gone.

    A title that its person gave stays. At its first reading a message leaves the Inbox for the Archive where a saved
    search says so, and what its person sent to the save address is saved: `authserv` is the server whose word counts
    for who sent it (services.mail_saving).
    """
    item, message = tx.items.get(item_id, NOBODY), tx.messages.get(item_id)
    if item is None or message is None:
        return
    is_first = item.page_state is PageState.PENDING
    facts = _with_contact(tx, item, message, reading.facts, is_first=is_first)
    names = (facts.message_id or f"item:{item_id}", *facts.references)
    thread_id = tx.messages.thread(item.owner_id, item_id, names[:THREAD_LIMIT])
    tx.messages.record(item_id, replace(reading, facts=facts), READER_REVISION)
    tx.items.record_message(
        item_id,
        title=item.title if _is_edited(item, message) else subject_of(facts),
        author=_sender(facts),
        description=facts.preview,
        thread_id=thread_id,
        attachment_count=len(facts.attachments),
        page_state=PageState.DONE,
        page_error=facts.remark or None,
    )
    say_changed(tx, item)
    if is_first and item.trashed_at is None:
        skip_inbox(tx, item)
        if message.envelope.source is MessageSource.LMTP:
            save_from_mail(tx, item, message.envelope, facts, authserv=authserv)


def record_unreadable(tx: Transaction, item_id: ItemId, reason: str) -> None:
    """Remember why a message could not be read, a sentence for its person; it stays listed and can be downloaded."""
    item = tx.items.get(item_id, NOBODY)
    if item is None:
        return
    tx.messages.record_unread(item_id, READER_REVISION)
    if item.page_state is not PageState.DONE:  # what an older reader made of it is better than nothing
        tx.items.edit(item_id, page_state=PageState.FAILED, page_error=clean_title(reason[:TITLE_LENGTH]))
        say_changed(tx, item)


def subject_of(facts: MessageFacts) -> str:
    """A message's subject as a title, never empty."""
    return clean_title(facts.subject[:TITLE_LENGTH]) or NO_SUBJECT


def _sender(facts: MessageFacts) -> str:
    sender = facts.senders[0] if facts.senders else None
    return "" if sender is None else clean_title((sender.name or sender.address)[:200])


def _is_edited(item: Item, message: Message) -> bool:
    return item.title != (NO_SUBJECT if message.facts is None else subject_of(message.facts))


def _with_contact(
    tx: Transaction, item: Item, message: Message, facts: MessageFacts, *, is_first: bool
) -> MessageFacts:
    """Say where somebody writes for the first time; what was brought along from elsewhere only teaches who has."""
    is_told = message.facts is not None and FIRST_CONTACT in message.facts.warnings
    if is_first:
        addresses = [each.address for each in facts.senders if each.address]
        fresh = tx.messages.add_correspondents(item.owner_id, addresses[:10])
        is_told = bool(fresh) and message.envelope.source is MessageSource.LMTP
    return replace(facts, warnings=(*facts.warnings, FIRST_CONTACT)) if is_told else facts


def get_message(tx: Transaction, principal: Principal, item_id: ItemId) -> Message:
    """One message, trashed or not. Raises NotFoundError, also for an item that is none."""
    _require_message(tx, principal, item_id)
    message = tx.messages.get(item_id)
    if message is None:
        raise NotFoundError("message")
    return message


def _require_message(tx: Transaction, principal: Principal, item_id: ItemId) -> Item:
    """The item of a message: what is asked of it beside its facts need not unpack them."""
    item = require_item(tx, principal, Verb.READ, item_id)
    if item.kind is not ItemKind.MESSAGE:
        raise NotFoundError("message")
    return item


def message_bodies(tx: Transaction, principal: Principal, item_id: ItemId) -> MessageBodies | None:
    """What a message says; None for one that was not read. Raises NotFoundError."""
    _require_message(tx, principal, item_id)
    return tx.messages.bodies(item_id)


def thread_of(tx: Transaction, principal: Principal, item_id: ItemId) -> Sequence[Item]:
    """The messages of its conversation, itself among them, oldest first. Raises NotFoundError."""
    item = _require_message(tx, principal, item_id)
    return tx.messages.of_thread(item.owner_id, item.thread_id, limit=THREAD_LIMIT)


def recipients_of(tx: Transaction, principal: Principal, items: Sequence[Item]) -> Mapping[ItemId, str]:
    """The addresses that the messages among some items were delivered to. One statement for all of them."""
    if not all(allows(principal, Verb.READ, item.owner_id) for item in items):
        raise NotFoundError("link")
    return tx.messages.recipients([item.id for item in items if item.kind is ItemKind.MESSAGE])


def save_found_link(tx: Transaction, principal: Principal, item_id: ItemId, url: str) -> Saved:
    """Save a link that stands in a message, under its words; the link remembers where it was found.

    Raises InvalidInputError, NotFoundError (also for an address that does not stand there), ConflictError (in the
    trash).
    """
    message = get_message(tx, principal, item_id)
    if require_item(tx, principal, Verb.WRITE, item_id).trashed_at is not None:
        raise ConflictError("message", "it is in the trash; put it back first")
    link = next((each for each in message.facts.links if each.url == url), None) if message.facts else None
    if link is None:
        raise NotFoundError("link in this message")
    title = "" if link.text == link.url else clean_title(link.text[:TITLE_LENGTH])
    return save_link(tx, principal, url, title=title, found_in=item_id)


def mailing_lists(tx: Transaction, principal: Principal) -> Sequence[tuple[str, str, int]]:
    """The lists that a person has most mail of: List-Id, its name or "", how many messages."""
    require_own(principal, Verb.READ)
    return tx.messages.lists(principal.person_id, limit=LISTS_LIMIT)
