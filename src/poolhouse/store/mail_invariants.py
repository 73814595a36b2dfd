"""What must always hold of mail: what was read of a message, against what was made of it to find it by."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from poolhouse.store.facets import mail_facets
from poolhouse.store.messages import SEPARATOR, correspondents_of, name_hash, read_facts
from poolhouse.store.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import apsw

    from poolhouse.types import MessageFacts

_MESSAGES = (
    "SELECT item.id, item.owner_id, item.thread_id, item.attachment_count, list_id, correspondents, trashed_at,"
    " facts, text, html, feed_html FROM message JOIN item ON item.id = item_id WHERE facts IS NOT NULL"
)
_WORDS = 20
"""So many words of each kind are looked for: of a message to hundreds of people they would be thousands."""


def wrong_messages(connection: apsw.Connection) -> Iterator[str]:
    """Messages of which something cannot be unpacked, or that are not found by what was read of them."""
    for row in connection.execute(_MESSAGES):
        item_id, owner_id, thread_id, *made, trashed_at = row[:7]
        try:
            facts = read_facts(row[7])
            for packed in row[8:]:
                if packed is not None:
                    unpack(packed)
        except (zlib.error, UnicodeDecodeError, msgspec.DecodeError):
            yield f"what was read of message {item_id} is not what it was"
            continue
        if made != [len(facts.attachments), facts.list_id, correspondents_of(facts)]:
            yield f"message {item_id} is not kept with the attachments, list and people that it names"
        if facts.message_id and _thread_named(connection, owner_id, facts.message_id) != thread_id:
            yield f"message {item_id} is in conversation {thread_id}, and its name in another"
        if trashed_at is None and not _is_indexed(connection, item_id, facts):
            yield f"the search index does not find message {item_id} by its people and list"


def _thread_named(connection: apsw.Connection, owner_id: int, name: str) -> Any:
    sql = "SELECT thread_id FROM message_name WHERE owner_id = ? AND hash = ?"
    return connection.execute(sql, (owner_id, name_hash(name))).get


def _is_indexed(connection: apsw.Connection, item_id: int, facts: MessageFacts) -> bool:
    senders, recipients = correspondents_of(facts).split(SEPARATOR)
    kinds = ((senders, "", ""), ("", recipients, ""), ("", "", facts.list_id))
    found = [mail_facets(*texts, has_attachment=False)[:_WORDS] for texts in kinds]
    phrases = [f'facet : "{" ".join(words)}"' for words in found if words]
    sql = "SELECT 1 FROM item_text WHERE item_text MATCH ? AND rowid = ?"
    return not phrases or connection.execute(sql, (" AND ".join(phrases), item_id)).get is not None
