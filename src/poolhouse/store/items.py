"""Items, their tags and marks; the search index follows in the same transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from poolhouse.rules.tags import tag_key
from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.store.captures import SETTLE
from poolhouse.store.facets import facets_of, mail_facets
from poolhouse.store.messages import SEPARATOR, count_in_list
from poolhouse.store.packing import unpack
from poolhouse.types import Item, ItemId, ItemKind, Mark, PageState, PersonId, PoolId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.types import ThreadId

_LARGEST = 2**62
_INDEXED = """SELECT title, note, description, url,
    (SELECT group_concat(name, ' ') FROM item_tag JOIN tag ON tag.id = tag_id WHERE item_id = item.id),
    (SELECT text FROM capture WHERE capture.id = capture_id),
    owner_id, kind, (SELECT group_concat(tag_id) FROM item_tag WHERE item_id = item.id),
    (SELECT group_concat(pool_id) FROM membership JOIN pool ON pool.id = pool_id
     WHERE item_id = item.id AND pool.kind = 'manual'),
    word_count > 0, dead_since IS NOT NULL, attachment_count > 0,
    (SELECT correspondents || char(31) || list_id FROM message WHERE message.item_id = item.id),
    (SELECT text FROM message WHERE message.item_id = item.id)
    FROM item WHERE id = :id AND trashed_at IS NULL"""
"""What the search index holds of an item: its texts, then what its facets are made of."""


class ItemTable(Table):
    """`ports.Items`."""

    __slots__ = ()

    def add(
        self,
        owner_id: PersonId,
        kind: ItemKind,
        *,
        url: str,
        url_key: str,
        title: str,
        note: str,
        author: str,
        description: str,
        created_at: datetime,
        page_state: PageState,
        check_at: datetime | None = None,
        blob: str | None = None,
        found_in: ItemId | None = None,
    ) -> ItemId:
        self._run(
            "INSERT INTO item (owner_id, kind, url, url_key, title, note, author, description, created_at,"
            " saved_at, changed_at, page_state, check_at, blob, found_in) VALUES (:owner_id, :kind, :url, :url_key,"
            " :title, :note, :author, :description, :created_at, :created_at, :now, :page_state, :check_at, :blob,"
            " :found_in)",
            owner_id=owner_id,
            kind=str(kind),
            url=url,
            url_key=url_key,
            title=title,
            note=note,
            author=author,
            description=description,
            created_at=rows.seconds(created_at),
            now=self.now_seconds,
            page_state=str(page_state),
            check_at=None if check_at is None else rows.seconds(check_at),
            blob=blob,
            found_in=found_in,
        )
        return ItemId(self._added())

    def get(self, item_id: ItemId, reader_id: PersonId) -> Item | None:
        row = self._one(f"SELECT {rows.ITEM} FROM item WHERE id = :id", id=item_id, reader_id=reader_id)
        return rows.item(row) if row else None

    def by_key(self, owner_id: PersonId, url_key: str) -> ItemId | None:
        row = self._one(
            "SELECT id FROM item WHERE owner_id = :owner_id AND url_key = :url_key",
            owner_id=owner_id,
            url_key=url_key,
        )
        return ItemId(row[0]) if row else None

    def by_keys(self, owner_id: PersonId, url_keys: Iterable[str]) -> Mapping[str, ItemId]:
        sql = (
            "SELECT item.url_key, item.id FROM json_each(:url_keys)"
            " CROSS JOIN item ON item.owner_id = :owner_id AND item.url_key = json_each.value"
            " WHERE item.trashed_at IS NULL"
        )
        found = self._all(sql, {"owner_id": owner_id, "url_keys": json.dumps(list(url_keys))})
        return {row[0]: ItemId(row[1]) for row in found}

    def edit(
        self,
        item_id: ItemId,
        *,
        url: str | None = None,
        url_key: str | None = None,
        title: str | None = None,
        note: str | None = None,
        author: str | None = None,
        description: str | None = None,
        saved_at: datetime | None = None,
        favicon: str | None = None,
        page_state: PageState | None = None,
        page_error: str | None = None,
    ) -> None:
        given: dict[str, Any] = {
            "url": url,
            "url_key": url_key,
            "title": title,
            "note": note,
            "author": author,
            "description": description,
            "saved_at": None if saved_at is None else rows.seconds(saved_at),
            "favicon": favicon,
            "page_state": None if page_state is None else str(page_state),
        }
        values = {name: value for name, value in given.items() if value is not None}
        if values.keys() != {"page_state"}:
            values["changed_at"] = self.now_seconds
        if page_state is not None:
            values["page_error"] = page_error
        sets = ", ".join(f"{name} = :{name}" for name in values)
        self._run(f"UPDATE item SET {sets} WHERE id = :id", id=item_id, **values)

    def record_message(
        self,
        item_id: ItemId,
        *,
        title: str,
        author: str,
        description: str,
        thread_id: ThreadId,
        attachment_count: int,
        page_state: PageState,
        page_error: str | None,
    ) -> None:
        self._run(
            "UPDATE item SET title = :title, author = :author, description = :description, thread_id = :thread_id,"
            " attachment_count = :attachment_count, page_state = :page_state, page_error = :page_error,"
            " changed_at = :now WHERE id = :id",
            id=item_id,
            title=title,
            author=author,
            description=description,
            thread_id=thread_id,
            attachment_count=attachment_count,
            page_state=str(page_state),
            page_error=page_error,
            now=self.now_seconds,
        )

    def set_deferred(self, item_id: ItemId, until: datetime | None, from_pool_id: PoolId | None) -> None:
        self._run(
            "UPDATE item SET deferred_until = :until, deferred_from = :from_pool_id WHERE id = :id",
            id=item_id,
            until=None if until is None else rows.seconds(until),
            from_pool_id=from_pool_id,
        )

    def deferred_from(self, item_id: ItemId) -> PoolId | None:
        row = self._one("SELECT deferred_from FROM item WHERE id = :id", id=item_id)
        return PoolId(row[0]) if row and row[0] is not None else None

    def due(self, limit: int) -> Sequence[tuple[ItemId, PersonId]]:
        sql = (
            "SELECT id, owner_id FROM item WHERE deferred_until <= :now AND trashed_at IS NULL"
            " ORDER BY deferred_until, id LIMIT :limit"
        )
        found = self._all(sql, {"now": self.now_seconds, "limit": limit})
        return [(ItemId(row[0]), PersonId(row[1])) for row in found]

    def forget_page(self, item_id: ItemId, page_state: PageState) -> None:
        self._run(
            "UPDATE item SET description = '', author = '', favicon = NULL, page_error = NULL,"
            " page_state = :page_state WHERE id = :id",
            id=item_id,
            page_state=str(page_state),
        )
        for sql in SETTLE:
            self._run(sql, id=item_id)

    def set_tags(self, item_id: ItemId, tags: Sequence[str]) -> None:
        self._drop_tags(item_id)
        for name in tags:
            row = self._one(
                "INSERT INTO tag (owner_id, key, name, item_count)"
                " VALUES ((SELECT owner_id FROM item WHERE id = :item_id), :key, :name, 1)"
                " ON CONFLICT (owner_id, key) DO UPDATE SET item_count = item_count + 1,"
                " name = CASE item_count WHEN 0 THEN excluded.name ELSE name END RETURNING id",
                item_id=item_id,
                key=tag_key(name),
                name=name,
            )
            assert row is not None
            self._run(
                "INSERT INTO item_tag (item_id, tag_id) VALUES (:item_id, :tag_id)",
                item_id=item_id,
                tag_id=row[0],
            )

    def _drop_tags(self, item_id: ItemId) -> None:
        sql = "DELETE FROM item_tag WHERE item_id = :item_id RETURNING tag_id"
        for (tag_id,) in self._all(sql, {"item_id": item_id}):
            self._run("UPDATE tag SET item_count = item_count - 1 WHERE id = :id", id=tag_id)

    def set_mark(self, item_id: ItemId, person_id: PersonId, mark: Mark, *, is_on: bool) -> None:
        if is_on:
            sql = "INSERT OR IGNORE INTO mark (item_id, person_id, name) VALUES (:item_id, :person_id, :name)"
        else:
            sql = "DELETE FROM mark WHERE item_id = :item_id AND person_id = :person_id AND name = :name"
        self._run(sql, item_id=item_id, person_id=person_id, name=str(mark))

    def set_trashed(self, item_id: ItemId, at: datetime | None) -> None:
        step = 1 if at is None else -1
        if at is not None:
            count_in_list(self._connection, item_id, step)
        self._run(
            "UPDATE item SET trashed_at = :at WHERE id = :id",
            at=None if at is None else rows.seconds(at),
            id=item_id,
        )
        if at is None:
            count_in_list(self._connection, item_id, step)
        # a tag's count speaks of what can be seen
        self._run(
            "UPDATE tag SET item_count = item_count + :step"
            " WHERE id IN (SELECT tag_id FROM item_tag WHERE item_id = :id)",
            step=step,
            id=item_id,
        )

    def trashed(self, owner_id: PersonId, *, before: int | None, limit: int) -> Sequence[Item]:
        sql = (
            f"SELECT {rows.ITEM} FROM item WHERE owner_id = :reader_id AND trashed_at IS NOT NULL"
            " AND id < :before ORDER BY id DESC LIMIT :limit"
        )
        below = _LARGEST if before is None else before
        values = {"reader_id": owner_id, "before": below, "limit": limit}
        return [rows.item(row) for row in self._all(sql, values)]

    def remove(self, item_id: ItemId) -> None:
        self._run("DELETE FROM item_text WHERE rowid = :id", id=item_id)
        self._run("DELETE FROM item WHERE id = :id AND trashed_at IS NOT NULL", id=item_id)

    def index(self, item_id: ItemId) -> None:
        row = self._one(_INDEXED, id=item_id)
        if row is None:
            self._run("DELETE FROM item_text WHERE rowid = :id", id=item_id)
            return
        owner_id, kind, tag_ids, pool_ids, is_captured, is_dead, has_attachment, mail, mail_text = row[6:]
        title, note, description, url, tags, packed = row[:6]
        senders, recipients, list_id = ("", "", "") if not mail else (*mail.split(SEPARATOR), "", "")[:3]
        if mail_text is not None:
            packed, description = mail_text, ""  # its description is how its text begins
        self._run(
            "INSERT OR REPLACE INTO item_text (rowid, facet, title, note, description, url, tags, body)"
            " VALUES (:id, :facet, :title, :note, :description, :url, :tags, :body)",
            id=item_id,
            facet=" ".join(
                (
                    facets_of(
                        owner_id,
                        kind,
                        url,
                        tag_ids or "",
                        pool_ids or "",
                        is_captured=is_captured,
                        is_dead=is_dead,
                    ),
                    *mail_facets(senders, recipients, list_id, has_attachment=has_attachment),
                )
            ),
            title=title,
            note=note,
            description=description,
            url=url or f"{senders} {recipients}",  # who it is from is where a message is from
            tags=tags or "",
            body="" if packed is None else unpack(packed),
        )

    def tags_of(self, owner_id: PersonId) -> Sequence[tuple[str, int]]:
        sql = "SELECT name, item_count FROM tag WHERE owner_id = :owner_id AND item_count > 0 ORDER BY key"
        return [(row[0], row[1]) for row in self._all(sql, {"owner_id": owner_id})]
