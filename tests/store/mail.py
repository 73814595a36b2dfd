"""Messages as a worker would have read them, without bytes, a worker or a parser."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from poolhouse.services.messages import add_message, record_reading
from poolhouse.types import (
    Envelope,
    Mailbox,
    MessageBodies,
    MessageFacts,
    MessageReading,
    MessageSource,
    Part,
    PoolRole,
)

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId, Principal

IMPORTED = Envelope(source=MessageSource.IMPORT)
FILE = Part(path="2", media_type="application/pdf", start=0, end=9, size_bytes=9, is_attachment=True)


def found(subject: str = "Beds", text: str = "Dig none.", **given: Any) -> MessageReading:
    """What a reading finds; `given` are fields of `MessageFacts`."""
    facts = MessageFacts(subject=subject, preview=text[:300], **given)
    return MessageReading(facts=facts, bodies=MessageBodies(text=text, html=f"<p>{text}", feed_html=text))


def box(name: str, address: str) -> tuple[Mailbox, ...]:
    return (Mailbox(name, address),)


def keep(tx: Transaction, principal: Principal, content: str) -> ItemId:
    """Keep a message in the Inbox, as an import does; `content` stands for its bytes."""
    return add_message(
        tx,
        principal,
        blob=sha256(content.encode()).hexdigest(),
        size_bytes=len(content),
        envelope=IMPORTED,
        pool_ids=[tx.pools.by_role(principal.person_id, PoolRole.INBOX).id],
        received_at=tx.now,
    ).item_id


def keep_read(tx: Transaction, principal: Principal, content: str, reading: MessageReading) -> ItemId:
    """Keep a message, and file what was found in it."""
    item_id = keep(tx, principal, content)
    record_reading(tx, item_id, reading)
    return item_id
