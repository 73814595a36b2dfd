"""The search index's upkeep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.rules.query import parse_query
from poolhouse.services.links import save_link
from poolhouse.services.trash import trash_item

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import Principal


def test_merging_leaves_one_piece_and_every_answer(data: OpenData, principal: Principal) -> None:
    write = data.database.write
    for number in range(40):
        item = write(
            lambda tx, n=number: save_link(tx, principal, f"https://example.org/{n}", title="kettle")
        )  # type: ignore[misc]
    write(lambda tx: trash_item(tx, principal, item.item.id))
    assert _pieces(data) > 1
    write(lambda tx: tx.search.merge(1_000))
    found = data.database.read(
        lambda tx: tx.search.find(principal.person_id, parse_query("kettle"), limit=50)
    )
    assert len(found) == 39
    assert _pieces(data) == 1


def _pieces(data: OpenData) -> int:
    (count,) = data.database.writing.execute("SELECT count(DISTINCT segid) FROM item_text_idx").fetchall()[0]
    return int(count)
