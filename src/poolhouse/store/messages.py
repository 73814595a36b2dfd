"""Messages: what a reading of their bytes found, packed, and which conversation each belongs to."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.store.packing import pack, unpack
from poolhouse.types import (
    Envelope,
    ItemId,
    Message,
    MessageBodies,
    MessageFacts,
    MessageSource,
    PersonId,
    ThreadId,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import apsw

    from poolhouse.types import Item, MessageReading, Pool

SEPARATOR = "\x1f"
"""Stands between the words of senders and those of recipients; facts are without control characters."""

_MESSAGE = (
    "message.item_id, message.size_bytes, message.received_at, message.source, message.sender, message.recipient,"
    " message.facts"
)
_facts = msgspec.json.Decoder(MessageFacts)


class MessageTable(Table):
    """`ports.Messages`."""

    __slots__ = ()

    def add(self, item_id: ItemId, *, size_bytes: int, received_at: datetime, envelope: Envelope) -> None:
        self._run(
            "INSERT INTO message (item_id, owner_id, source, sender, recipient, received_at, size_bytes)"
            " VALUES (:item_id, (SELECT owner_id FROM item WHERE id = :item_id), :source, :sender, :recipient,"
            " :received_at, :size_bytes)",
            item_id=item_id,
            source=str(envelope.source),
            sender=envelope.sender,
            recipient=envelope.recipient,
            received_at=rows.seconds(received_at),
            size_bytes=size_bytes,
        )

    def get(self, item_id: ItemId) -> Message | None:
        row = self._one(f"SELECT {_MESSAGE} FROM message WHERE item_id = :item_id", item_id=item_id)
        return _message(row) if row else None

    def bodies(self, item_id: ItemId) -> MessageBodies | None:
        row = self._one(
            "SELECT text, html, feed_html FROM message WHERE item_id = :item_id AND facts IS NOT NULL",
            item_id=item_id,
        )
        return MessageBodies(text=_body(row[0]), html=_body(row[1]), feed_html=_body(row[2])) if row else None

    def feed_bodies(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, tuple[str, Message]]:
        sql = (
            f"SELECT {_MESSAGE}, message.feed_html FROM json_each(:item_ids)"
            " CROSS JOIN message ON message.item_id = json_each.value WHERE message.facts IS NOT NULL"
        )
        found = self._all(sql, {"item_ids": json.dumps(list(item_ids))})
        return {ItemId(row[0]): (_body(row[7]), _message(row)) for row in found}

    def record(self, item_id: ItemId, reading: MessageReading, revision: int) -> None:
        facts, bodies = reading.facts, reading.bodies
        count_in_list(self._connection, item_id, -1)  # that of an earlier reading
        self._run(
            "UPDATE message SET reader_revision = :revision, list_id = :list_id,"
            " correspondents = :correspondents, facts = :facts, text = :text, html = :html, feed_html = :feed_html"
            " WHERE item_id = :item_id",
            item_id=item_id,
            revision=revision,
            list_id=facts.list_id,
            correspondents=correspondents_of(facts),
            facts=pack(msgspec.json.encode(facts).decode()),
            text=_packed(bodies.text),
            html=_packed(bodies.html),
            feed_html=_packed(bodies.feed_html),
        )
        if facts.list_id:
            count_in_list(self._connection, item_id, 1, facts.list_name)

    def record_unread(self, item_id: ItemId, revision: int) -> None:
        self._run(
            "UPDATE message SET reader_revision = :revision WHERE item_id = :item_id",
            item_id=item_id,
            revision=revision,
        )

    def thread(self, owner_id: PersonId, item_id: ItemId, names: Sequence[str]) -> ThreadId:
        hashes = sorted({name_hash(name) for name in names})
        known = self._threads_of(owner_id, hashes)
        thread_id = known[0] if known else item_id
        for other in known[1:]:
            # whoever named either now speaks of one conversation
            for sql in _JOIN:
                self._run(sql, owner_id=owner_id, other=other, thread_id=thread_id)
        self._connection.executemany(
            "INSERT OR IGNORE INTO message_name (owner_id, hash, thread_id) VALUES (?, ?, ?)",
            [(owner_id, each, thread_id) for each in hashes],
        )
        return ThreadId(thread_id)

    def _threads_of(self, owner_id: PersonId, hashes: Sequence[bytes]) -> Sequence[int]:
        """The largest first: it stays, so that nothing moves often, however many join one after the other."""
        marks = ", ".join("?" * len(hashes))
        sql = f"SELECT thread_id FROM message_name WHERE owner_id = ? AND hash IN ({marks})"
        # not DISTINCT: for that SQLite walks through all conversations in their order
        found = list({row[0] for row in self._connection.execute(sql, (owner_id, *hashes))})
        if len(found) < 2:
            return found
        return sorted(found, key=lambda each: (-self._size(owner_id, each), each))

    def _size(self, owner_id: PersonId, thread_id: int) -> int:
        row = self._one(_SIZE, owner_id=owner_id, thread_id=thread_id)
        return int(row[0]) if row else 0

    def recipients(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, str]:
        sql = (
            "SELECT message.item_id, message.recipient FROM json_each(:item_ids)"
            " CROSS JOIN message ON message.item_id = json_each.value"
        )
        found = self._all(sql, {"item_ids": json.dumps(list(item_ids))})
        return {ItemId(row[0]): row[1] for row in found}

    def of_thread(self, owner_id: PersonId, thread_id: int, *, limit: int) -> Sequence[Item]:
        # who they are first: of a long conversation, only those that are wanted are read whole
        sql = (
            f"SELECT {rows.ITEM} FROM item WHERE item.id IN (SELECT id FROM item"
            " WHERE owner_id = :reader_id AND thread_id = :thread_id AND thread_id <> 0 AND trashed_at IS NULL"
            " ORDER BY created_at, id LIMIT :limit) ORDER BY item.created_at, item.id"
        )
        values = {"reader_id": owner_id, "thread_id": thread_id, "limit": limit}
        return [rows.item(row) for row in self._all(sql, values)]

    def thread_counts(self, owner_id: PersonId, thread_ids: Sequence[int]) -> Mapping[int, int]:
        sql = (
            "SELECT item.thread_id, count(*) FROM json_each(:thread_ids)"
            " CROSS JOIN item ON item.owner_id = :owner_id AND item.thread_id = json_each.value"
            " AND item.thread_id <> 0 WHERE item.trashed_at IS NULL GROUP BY item.thread_id"
        )
        values = {"owner_id": owner_id, "thread_ids": json.dumps(sorted(set(thread_ids)))}
        return dict(self._all(sql, values))

    def has_any(self, owner_id: PersonId) -> bool:
        sql = (
            "SELECT 1 FROM item INDEXED BY item_thread WHERE owner_id = :owner_id AND thread_id <> 0 LIMIT 1"
        )
        return self._one(sql, owner_id=owner_id) is not None

    def has_attachments(self, pool: Pool, first: int, last: int, *, limit: int) -> bool:
        values = {"owner_id": pool.owner_id, "pool_id": pool.id, "first": first, "last": last, "limit": limit}
        row = self._one(_ATTACHED, **values)
        return bool(row and row[0])

    def lists(self, owner_id: PersonId, *, limit: int) -> Sequence[tuple[str, str, int]]:
        sql = (
            "SELECT list_id, name, message_count FROM mailing_list WHERE owner_id = :owner_id"
            " AND message_count > 0 ORDER BY message_count DESC, list_id LIMIT :limit"
        )
        return [(row[0], row[1], row[2]) for row in self._all(sql, {"owner_id": owner_id, "limit": limit})]

    def unread_by(
        self, revision: int, owner_id: PersonId, *, limit: int
    ) -> Sequence[tuple[ItemId, str, int]]:
        sql = (
            "SELECT item_id, item.blob, size_bytes FROM message INDEXED BY message_owner"
            " JOIN item ON item.id = item_id WHERE message.owner_id = :owner_id AND reader_revision < :revision"
            " AND item.blob IS NOT NULL ORDER BY reader_revision, item_id LIMIT :limit"
        )
        found = self._all(sql, {"revision": revision, "owner_id": owner_id, "limit": limit})
        return [(ItemId(row[0]), row[1], row[2]) for row in found]

    def owners_unread_by(self, revision: int) -> Sequence[PersonId]:
        sql = (
            "SELECT id FROM person WHERE EXISTS (SELECT 1 FROM message INDEXED BY message_owner"
            " WHERE owner_id = person.id AND reader_revision < :revision)"
        )
        return [PersonId(row[0]) for row in self._all(sql, {"revision": revision})]

    def add_correspondents(self, owner_id: PersonId, addresses: Sequence[str]) -> Sequence[str]:
        fresh = []
        for address in dict.fromkeys(each.lower() for each in addresses):
            self._run(
                "INSERT OR IGNORE INTO correspondent (owner_id, address) VALUES (:owner_id, :address)",
                owner_id=owner_id,
                address=address,
            )
            if self._changed():
                fresh.append(address)
        return fresh


_JOIN = (
    "UPDATE message_name SET thread_id = :thread_id WHERE owner_id = :owner_id AND thread_id = :other",
    "UPDATE item SET thread_id = :thread_id WHERE owner_id = :owner_id AND thread_id = :other AND thread_id <> 0",
)

_ATTACHED = (
    # CASE, not AND: for most the first question is the last
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM item INDEXED BY item_attached"
    " WHERE owner_id = :owner_id AND attachment_count > 0)"
    " THEN EXISTS (SELECT 1 FROM (SELECT item_id FROM membership WHERE pool_id = :pool_id"
    " AND position BETWEEN :first AND :last ORDER BY position DESC LIMIT :limit)"
    " CROSS JOIN item ON item.id = item_id WHERE attachment_count > 0) END"
)
_SIZE = (
    "SELECT (SELECT count(*) FROM message_name WHERE owner_id = :owner_id AND thread_id = :thread_id)"
    " + (SELECT count(*) FROM item WHERE owner_id = :owner_id AND thread_id = :thread_id AND thread_id <> 0)"
)
_LIST = (
    "SELECT message.owner_id, list_id FROM message JOIN item ON item.id = item_id"
    " WHERE item_id = ? AND list_id <> '' AND trashed_at IS NULL"
)
_COUNT = (
    "INSERT INTO mailing_list (owner_id, list_id, name, message_count) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET message_count = message_count + excluded.message_count,"
    " name = iif(excluded.name = '', name, excluded.name)"
)


def count_in_list(connection: apsw.Connection, item_id: ItemId, step: int, name: str = "") -> None:
    """Count a message in (1) or out (-1) of its mailing list, where it is of one and not in the trash."""
    found = connection.execute(_LIST, (item_id,)).fetchone()
    if found is not None:
        connection.execute(_COUNT, (*found, name, step))


def read_facts(stored: bytes) -> MessageFacts:
    """What was packed of a message. Raises msgspec.DecodeError, zlib.error, UnicodeDecodeError."""
    return _facts.decode(unpack(stored))


def _message(row: Sequence[Any]) -> Message:
    return Message(
        item_id=ItemId(row[0]),
        size_bytes=row[1],
        received_at=rows.time(row[2]),
        envelope=Envelope(source=MessageSource(row[3]), sender=row[4], recipient=row[5]),
        facts=None if row[6] is None else read_facts(row[6]),
    )


def _packed(text: str) -> bytes | None:
    return pack(text) if text else None


def _body(stored: bytes | None) -> str:
    return "" if stored is None else unpack(stored)


def name_hash(name: str) -> bytes:
    """What a Message-ID is kept as."""
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()


def correspondents_of(facts: MessageFacts) -> str:
    """Names and addresses as words: those who wrote it, then those it is for."""
    senders = " ".join(f"{each.name} {each.address}" for each in facts.senders)
    recipients = " ".join(f"{each.name} {each.address}" for each in (*facts.to, *facts.cc))
    return f"{senders}{SEPARATOR}{recipients}"
