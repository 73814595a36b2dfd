"""Captures: versions of items' pages, with their text packed, and what an item shows of the current one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.store.packing import pack, unpack
from poolhouse.types import Capture, Captured, CaptureId, CaptureMode, ItemId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CAPTURE = (
    "capture.id, capture.item_id, capture.captured_at, capture.url, capture.mode, capture.title, capture.author,"
    " capture.published_at, capture.language, capture.excerpt, capture.word_count, capture.reader_blob,"
    " capture.page_blob, capture.thumbnail_blob, capture.size_bytes, capture.url_key = item.url_key"
)
_OF_ITEM = (
    f"SELECT {_CAPTURE} FROM capture JOIN item ON item.id = capture.item_id WHERE capture.item_id = :item_id"
)
CURRENT = (
    "(SELECT capture.id FROM capture WHERE capture.item_id = item.id AND capture.url_key = item.url_key"
    " ORDER BY capture.word_count > 0 DESC, capture.id DESC LIMIT 1)"
)
"""Which capture an item shows: the newest with a readable text, or else the newest, of those at its address."""

SETTLE = (
    f"UPDATE item SET capture_id = {CURRENT},"
    " capture_count = (SELECT count(*) FROM capture WHERE item_id = item.id) WHERE id = :id",
    "UPDATE item SET word_count = coalesce((SELECT word_count FROM capture WHERE capture.id = capture_id), 0),"
    " language = coalesce((SELECT language FROM capture WHERE capture.id = capture_id), ''),"
    " thumbnail = (SELECT thumbnail_blob FROM capture WHERE capture.id = capture_id) WHERE id = :id",
)
"""What makes an item show its current capture."""


class CaptureTable(Table):
    """`ports.Captures`."""

    __slots__ = ()

    def add(self, item_id: ItemId, captured: Captured) -> CaptureId:
        self._run(
            "INSERT INTO capture (item_id, url_key, captured_at, url, mode, title, author, published_at, language,"
            " excerpt, word_count, reader_blob, page_blob, thumbnail_blob, size_bytes, text)"
            " VALUES (:item_id, (SELECT url_key FROM item WHERE id = :item_id), :now, :url, :mode, :title, :author,"
            " :published_at, :language, :excerpt, :word_count, :reader_blob, :page_blob, :thumbnail_blob,"
            " :size_bytes, :text)",
            item_id=item_id,
            now=self.now_seconds,
            url=captured.url,
            mode=str(captured.mode),
            title=captured.title,
            author=captured.author,
            published_at=None if captured.published_at is None else rows.seconds(captured.published_at),
            language=captured.language,
            excerpt=captured.excerpt,
            word_count=captured.word_count,
            reader_blob=captured.reader_blob,
            page_blob=captured.page_blob,
            thumbnail_blob=captured.thumbnail_blob,
            size_bytes=captured.size_bytes,
            text=pack(captured.text),
        )
        capture_id = CaptureId(self._added())
        self._settle(item_id)
        return capture_id

    def get(self, item_id: ItemId, capture_id: CaptureId) -> Capture | None:
        row = self._one(f"{_OF_ITEM} AND capture.id = :id", item_id=item_id, id=capture_id)
        return _capture(row) if row else None

    def of(self, item_id: ItemId) -> Sequence[Capture]:
        sql = f"{_OF_ITEM} ORDER BY capture.id"
        return [_capture(row) for row in self._all(sql, {"item_id": item_id})]

    def text(self, capture_id: CaptureId) -> str:
        row = self._one("SELECT text FROM capture WHERE id = :id", id=capture_id)
        return unpack(row[0]) if row else ""

    def readers(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, str]:
        sql = (
            "SELECT item.id, capture.reader_blob FROM json_each(:item_ids)"
            " CROSS JOIN item ON item.id = json_each.value JOIN capture ON capture.id = item.capture_id"
            " WHERE capture.reader_blob IS NOT NULL"
        )
        found = self._all(sql, {"item_ids": json.dumps(list(item_ids))})
        return {ItemId(item_id): blob for item_id, blob in found}

    def remove(self, item_id: ItemId, capture_id: CaptureId) -> None:
        self._run("DELETE FROM capture WHERE id = :id AND item_id = :item_id", id=capture_id, item_id=item_id)
        self._settle(item_id)

    def _settle(self, item_id: ItemId) -> None:
        for sql in SETTLE:
            self._run(sql, id=item_id)


def _capture(row: Sequence[Any]) -> Capture:
    return Capture(
        id=CaptureId(row[0]),
        item_id=ItemId(row[1]),
        captured_at=rows.time(row[2]),
        url=row[3],
        mode=CaptureMode(row[4]),
        title=row[5],
        author=row[6],
        published_at=rows.time_or_none(row[7]),
        language=row[8],
        excerpt=row[9],
        word_count=row[10],
        reader_blob=row[11],
        page_blob=row[12],
        thumbnail_blob=row[13],
        size_bytes=row[14],
        is_of_address=bool(row[15]),
    )
