"""What must always hold: whatever is counted, ordered or indexed, against the rows it speaks of."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from poolhouse.errors import InvalidInputError, NotAnEntryError
from poolhouse.rules.query import parse_query
from poolhouse.rules.urls import message_key, url_key
from poolhouse.space.entries import look_into
from poolhouse.space.shelf import key_of
from poolhouse.store.captures import CURRENT
from poolhouse.store.facets import (
    ATTACHMENT_FACET,
    CAPTURED_FACET,
    DEAD_FACET,
    owner_facet,
    pool_facet,
    tag_facet,
)
from poolhouse.store.packing import unpack
from poolhouse.store.search import SearchTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

_MISSING = "id NOT IN (SELECT id FROM item_text_docsize)"
_MAY_BE_MISSING = "(kind = 'message' AND page_state = 'pending')"
"""A message is put into the search index when it was read, or changed before that."""

RULES = (
    (
        "pool {} counts {} entries and holds {}",
        "SELECT pool.id, entry_count, count(item_id) AS held FROM pool LEFT JOIN membership ON pool_id = pool.id"
        " GROUP BY pool.id HAVING entry_count <> held",
    ),
    (
        "pool {} has given number {} or position {} already, by its counters {} and {} it has not",
        "SELECT pool.id, max(number), max(position), last_number, last_position FROM pool JOIN membership"
        " ON pool_id = pool.id GROUP BY pool.id HAVING max(number) > last_number OR max(position) > last_position",
    ),
    (
        "pool {} has number {} twice",
        "SELECT pool_id, number FROM membership GROUP BY pool_id, number HAVING count(*) > 1",
    ),
    (
        "entry of item {} in pool {} has version {}, which is still to come",
        "SELECT item_id, pool_id, version FROM membership"
        " WHERE version > (SELECT coalesce(max(seq), 0) FROM change)",
    ),
    (
        "pool {} has version {}, which is still to come",
        "SELECT id, version FROM pool WHERE version > (SELECT coalesce(max(seq), 0) FROM change)",
    ),
    (
        "entry of item {} in pool {} is of version {}, its pool of an earlier one, {}",
        "SELECT item_id, pool_id, membership.version, pool.version FROM membership JOIN pool ON pool.id = pool_id"
        " WHERE membership.version > pool.version",
    ),
    (
        "tag {} counts {} items and {} bear it",
        "SELECT tag.id, item_count, count(item.id) AS held FROM tag LEFT JOIN item_tag ON tag_id = tag.id"
        " LEFT JOIN item ON item.id = item_id AND trashed_at IS NULL GROUP BY tag.id HAVING item_count <> held",
    ),
    (
        "item {} is in no pool",
        "SELECT id FROM item WHERE trashed_at IS NULL AND NOT EXISTS (SELECT 1 FROM membership JOIN pool"
        " ON pool.id = pool_id WHERE item_id = item.id AND kind = 'manual' AND pool.trashed_at IS NULL)",
    ),
    (
        "item {} is in the trash and in pool {}",
        "SELECT item.id, pool_id FROM item JOIN membership ON item_id = item.id WHERE trashed_at IS NOT NULL",
    ),
    (
        "item {} is not in the trash, but has a place to go back to in pool {}",
        "SELECT item.id, pool_id FROM item JOIN trashed_place ON item_id = item.id WHERE trashed_at IS NULL",
    ),
    (
        "item {} of person {} is in pool {} of person {}",
        "SELECT item.id, item.owner_id, pool.id, pool.owner_id FROM membership JOIN item ON item.id = item_id"
        " JOIN pool ON pool.id = pool_id WHERE item.owner_id <> pool.owner_id",
    ),
    (
        "item {} of person {} bears tag {} of person {}",
        "SELECT item.id, item.owner_id, tag.id, tag.owner_id FROM item_tag JOIN item ON item.id = item_id"
        " JOIN tag ON tag.id = tag_id WHERE item.owner_id <> tag.owner_id",
    ),
    (
        "pool {} is called {}, but its path is {}",
        "SELECT pool.id, pool.name, pool.path FROM pool LEFT JOIN pool AS parent ON parent.id = pool.parent_id"
        " WHERE pool.path COLLATE BINARY <> coalesce(parent.path || '/', '') || pool.name",
    ),
    (
        "pool {} is live in pool {}, which is in the trash",
        "SELECT pool.id, parent.id FROM pool JOIN pool AS parent ON parent.id = pool.parent_id"
        " WHERE pool.trashed_at IS NULL AND parent.trashed_at IS NOT NULL",
    ),
    (
        "person {} has {} pools that are always there, not 2",
        "SELECT person.id, count(role) FROM person LEFT JOIN pool ON owner_id = person.id"
        " AND role IN ('inbox', 'bookmarks') AND trashed_at IS NULL GROUP BY person.id HAVING count(role) <> 2",
    ),
    (
        "item {} is not in the search index",
        f"SELECT id FROM item WHERE trashed_at IS NULL AND {_MISSING} AND NOT {_MAY_BE_MISSING}",
    ),
    (
        "the search index has item {}, which is not there",
        "SELECT id FROM item_text_docsize WHERE id NOT IN (SELECT id FROM item WHERE trashed_at IS NULL)",
    ),
    (
        # a CHECK too; but a reading connection knows of none, so integrity_check finds nothing on it
        "job {} is {}, but its owner is {} until {}",
        "SELECT id, state, owner, lease_until FROM tuple"
        " WHERE (state = 'held') <> (owner IS NOT NULL) OR (owner IS NULL) <> (lease_until IS NULL)",
    ),
    (
        "job {} is {}, but its report is {}",
        "SELECT id, state, report FROM tuple WHERE (state = 'done') <> (report IS NOT NULL)",
    ),
    (
        "item {} shows capture {} and should show {}",
        f"SELECT id, capture_id, {CURRENT} AS wanted FROM item WHERE capture_id IS NOT wanted",
    ),
    (
        "item {} counts {} captures and has {}",
        "SELECT item.id, capture_count, count(capture.id) AS held FROM item LEFT JOIN capture ON item_id = item.id"
        " GROUP BY item.id HAVING capture_count <> held",
    ),
    (
        "item {} says of its capture what that does not",
        "SELECT item.id FROM item LEFT JOIN capture ON capture.id = capture_id"
        " WHERE item.word_count <> coalesce(capture.word_count, 0) OR thumbnail IS NOT thumbnail_blob"
        " OR item.language <> coalesce(capture.language, '')",
    ),
    (
        "item {} waits for its page, and there is no job to read it",
        "SELECT id FROM item WHERE page_state = 'pending' AND kind = 'link'"
        " AND CAST(id AS TEXT) NOT IN (SELECT key FROM tuple WHERE kind = 'read-page')",
    ),
    (
        "message {} waits to be read, and there is no job to read it",
        "SELECT id FROM item WHERE page_state = 'pending' AND kind = 'message'"
        " AND CAST(owner_id AS TEXT) NOT IN (SELECT key FROM tuple WHERE kind = 'read-mail')",
    ),
    (
        "item {} is a message, and what came is not kept with it",
        "SELECT item.id FROM item LEFT JOIN message ON item_id = item.id"
        " WHERE item.kind = 'message' AND (item_id IS NULL OR blob IS NULL)",
    ),
    (
        "item {} is no message, but one is kept with it",
        "SELECT item.id FROM item JOIN message ON item_id = item.id WHERE item.kind <> 'message'",
    ),
    (
        "message {} is of person {}, but its row is of person {}",
        "SELECT item.id, item.owner_id, message.owner_id FROM item JOIN message ON item_id = item.id"
        " WHERE item.owner_id <> message.owner_id",
    ),
    (
        "list {} of person {} counts {} messages and has {}",
        "SELECT list_id, owner_id, message_count, coalesce(held, 0) FROM mailing_list LEFT JOIN"
        " (SELECT message.owner_id, list_id, count(*) AS held FROM message JOIN item ON item.id = item_id"
        " WHERE trashed_at IS NULL GROUP BY message.owner_id, list_id) USING (owner_id, list_id)"
        " WHERE message_count <> coalesce(held, 0)",
    ),
    (
        "message {} is of list {}, which is not kept",
        "SELECT item_id, list_id FROM message JOIN item ON item.id = item_id WHERE list_id <> ''"
        " AND trashed_at IS NULL AND NOT EXISTS (SELECT 1 FROM mailing_list"
        " WHERE owner_id = message.owner_id AND list_id = message.list_id)",
    ),
    (
        "message {} is in conversation {}, which nobody names",
        "SELECT id, thread_id FROM item WHERE thread_id <> 0 AND thread_id NOT IN"
        " (SELECT thread_id FROM message_name WHERE message_name.owner_id = item.owner_id)",
    ),
    (
        "item {} is deferred until {}, but is not in Later",
        "SELECT id, deferred_until FROM item WHERE deferred_until IS NOT NULL AND trashed_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM membership JOIN pool ON pool.id = pool_id WHERE item_id = item.id AND role = 'later')",
    ),
    (
        "item {} is dead since {}, failing since {}, because {}",
        "SELECT id, dead_since, failing_since, dead_reason FROM item WHERE (dead_since IS NULL)"
        " <> (dead_reason IS NULL) OR (dead_since IS NOT NULL AND dead_since IS NOT failing_since)",
    ),
    (
        "pool {} is a saved search, but is to capture pages",
        "SELECT id FROM pool WHERE kind = 'computed' AND capture <> 'off'",
    ),
)
"""What must find nothing: the fault's words, and a query whose rows fill them."""

_FACETS = (
    (
        owner_facet,
        "SELECT id FROM person",
        "SELECT id FROM item WHERE owner_id = ? AND trashed_at IS NULL",
    ),
    (
        tag_facet,
        "SELECT id FROM tag",
        "SELECT id FROM item JOIN item_tag ON item_id = id WHERE tag_id = ? AND trashed_at IS NULL",
    ),
    (
        pool_facet,
        "SELECT id FROM pool WHERE kind = 'manual'",
        "SELECT item_id FROM membership WHERE pool_id = ?",
    ),
    (
        lambda _: CAPTURED_FACET,
        "SELECT 0",
        "SELECT id FROM item WHERE word_count > ? AND trashed_at IS NULL",
    ),
    (
        lambda _: DEAD_FACET,
        "SELECT 0",
        "SELECT id FROM item WHERE dead_since > ? AND trashed_at IS NULL",
    ),
    (
        lambda _: ATTACHMENT_FACET,
        "SELECT 0",
        "SELECT id FROM item WHERE attachment_count > ? AND trashed_at IS NULL",
    ),
)
"""Made-up words of the index: the word of a thing, the things, and the items that must bear the word of each."""


def broken_rules(connection: apsw.Connection) -> Iterator[str]:
    """The faults that plain queries find."""
    for words, sql in RULES:
        for row in connection.execute(sql):
            yield words.format(*row)


def wrong_keys(connection: apsw.Connection) -> Iterator[str]:
    """Items whose address is kept under another key than the one it has: the same page could be saved twice."""
    for item_id, url, key, kind, blob in connection.execute("SELECT id, url, url_key, kind, blob FROM item"):
        try:
            wanted = message_key(blob or "") if kind == "message" else url_key(url)
        except InvalidInputError:
            yield f"item {item_id} has an address that is none: {url[:100]!r}"
            continue
        if wanted != key:
            yield f"item {item_id} is kept under {key[:100]!r} and should be under {wanted[:100]!r}"


def wrong_job_keys(connection: apsw.Connection) -> Iterator[str]:
    """Jobs that are no entries, or kept under another key than their first field's: nobody would find them by it."""
    for job_id, body, key in connection.execute("SELECT id, body, key FROM tuple"):
        try:
            fields = look_into(body.encode())
        except NotAnEntryError as error:
            yield f"job {job_id} cannot be read: {error}"
            continue
        wanted = key_of(next(iter(fields.values()))) if fields else None
        if wanted != key:
            yield f"job {job_id} is kept under {str(key)[:100]!r} and should be under {str(wanted)[:100]!r}"


def wrong_facets(connection: apsw.Connection) -> Iterator[str]:
    """Tags, pools and persons that the search index does not have as the tables do."""
    absent = set(_numbers(connection, f"SELECT id FROM item WHERE {_MISSING} AND {_MAY_BE_MISSING}"))
    for facet, things, bearers in _FACETS:
        for thing in _numbers(connection, things):
            found = {row[0] for row in connection.execute(_MATCH, (f'facet : "{facet(thing)}"',))}
            wanted = {row[0] for row in connection.execute(bearers, (thing,))} - absent
            if found != wanted:
                yield f"the search index has {facet(thing)} wrong for items {sorted(found ^ wanted)[:10]}"


def wrong_texts(connection: apsw.Connection) -> Iterator[str]:
    """Texts of pages that cannot be unpacked: their item could not be indexed again."""
    for capture_id, packed in connection.execute("SELECT id, text FROM capture"):
        try:
            unpack(packed)
        except (zlib.error, UnicodeDecodeError):
            yield f"the text of capture {capture_id} is not what it was"


def _numbers(connection: apsw.Connection, sql: str) -> list[Any]:
    return [row[0] for row in connection.execute(sql)]


_MATCH = "SELECT rowid FROM item_text WHERE item_text MATCH ?"


def wrong_computed_pools(connection: apsw.Connection) -> Iterator[str]:
    """Computed pools that do not hold what their query finds."""
    search = SearchTable(connection, datetime.fromtimestamp(0, UTC))
    sql = "SELECT id, owner_id, query FROM pool WHERE kind = 'computed' AND trashed_at IS NULL"
    rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    for pool_id, owner_id, text in rows:
        try:
            wanted = set(search.all_matches(owner_id, parse_query(text)))
        except InvalidInputError as error:
            yield f"pool {pool_id} has a query that is none: {error.reason}"
            continue
        held = {
            row[0]
            for row in connection.execute("SELECT item_id FROM membership WHERE pool_id = ?", (pool_id,))
        }
        if held != wanted:
            yield f"pool {pool_id} does not hold what its query finds: items {sorted(held ^ wanted)[:10]}"
