"""The search index's upkeep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.rules.query import parse_query
from poolhouse.services.links import save_link
from poolhouse.services.trash import trash_item

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import ItemId, Principal


def test_merging_leaves_one_piece_and_every_answer(data: OpenData, principal: Principal) -> None:
    ids = [_save(data, principal, f"https://example.org/{number}") for number in range(40)]
    data.database.write(lambda tx: trash_item(tx, principal, ids[0]))
    assert _pieces(data) > 1
    data.database.write(lambda tx: tx.search.merge(1_000))
    found = data.database.read(
        lambda tx: tx.search.find(principal.person_id, parse_query("kettle"), limit=50)
    )
    assert [item.id for item in found] == ids[:0:-1]
    assert _pieces(data) == 1


def _save(data: OpenData, principal: Principal, url: str) -> ItemId:
    return data.database.write(lambda tx: save_link(tx, principal, url, title="kettle")).item.id


def _pieces(data: OpenData) -> int:
    rows = data.database.writing.execute("SELECT DISTINCT segid FROM item_text_idx").fetchall()
    return len(rows)
