"""Whatever a stranger's letter brings into the search index or a pool, nobody finds in it what is another's."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolhouse.rules.query import parse_query
from poolhouse.services.exports import export_json_lines, export_netscape
from poolhouse.services.links import save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import list_entries, search_items
from poolhouse.types import Seq
from tests.letters import receive, write_letter

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId, Pool, Query
    from tests.store.actor import Actor

SEARCHES = (
    "",
    "kind:message",
    "is:dead",
    "is:captured",
    "has:attachment",
    "#secret",
    'pool:"Bert\'s"',
    "friend",
)


@pytest.fixture
def berts(bert: Actor) -> Pool:
    """A pool of Bert's, who saved something that has a tag."""
    pool = bert.do(add_pool, "Bert's")
    bert.do(save_link, "https://bert.example/", title="own", tags=["secret"], pool_id=pool.id)
    return pool


def facets_of(bert: Actor, berts: Pool) -> str:
    """Words that Bert's searches look for, as somebody could write who guesses small numbers."""
    numbers = " ".join(f"t{number} p{number}" for number in range(1, 20))
    return f"o{bert.principal.person_id} p{berts.id} klink kmessage isdead iscaptured hasattachment {numbers}"


def titles(person: Actor, search: str) -> list[str]:
    return [item.title for item in person.ask(search_items, search)]


@pytest.mark.parametrize("separator", ["\u19b0", "\u19c9", "\u1cf3", "\u0130", " "])
def test_no_name_writes_facets(data: OpenData, anna: Actor, bert: Actor, berts: Pool, separator: str) -> None:
    saved = bert.do(add_pool, "Everything", query="-kind:link")
    name = separator + separator.join(facets_of(bert, berts).split())
    receive(data, write_letter("Forged", sender=f'"{name}" <friend@elsewhere.example>'))
    for search in ("friend", f'from:"{name}"'):
        assert titles(anna, search) == ["Forged"]
    for search in ("is:dead", "is:captured", "has:attachment", "kind:link", "pool:Later"):
        assert titles(anna, search) == []
    for search in SEARCHES:
        assert "Forged" not in titles(bert, search)
    assert bert.ask(list_entries, saved.id) == []


@pytest.fixture
def forged(data: OpenData, anna: Actor, bert: Actor, berts: Pool) -> ItemId:
    """A letter of Anna's of which the index says that it is Bert's, however that came about."""
    item_id = receive(data, write_letter("Forged")).item_id
    data.database.write(
        lambda tx: tx.items._run(
            "INSERT OR REPLACE INTO item_text (rowid, facet, title, note, description, url, tags, body)"
            " VALUES (:id, :facet, 'Forged', '', '', '', '', 'friend')",
            id=item_id,
            facet=facets_of(bert, berts),
        )
    )
    return item_id


def test_the_index_alone_makes_nothing_ones_own(data: OpenData, bert: Actor, forged: ItemId) -> None:

    def matches(tx: Transaction, query: Query) -> bool:
        return tx.search.matches(bert.principal.person_id, query, forged)

    for search in SEARCHES:
        matching = data.database.read(partial(matches, query=parse_query(search)))
        pool = bert.do(add_pool, f"Saved search {SEARCHES.index(search)}", query=search or "-nothing")
        assert not matching
        assert "Forged" not in titles(bert, search)
        assert "Forged" not in [entry.item.title for entry in bert.ask(list_entries, pool.id)]


def test_no_pool_takes_what_is_anothers(data: OpenData, berts: Pool, forged: ItemId) -> None:
    with pytest.raises(AssertionError, match="another's"):
        data.database.write(lambda tx: tx.memberships.put(berts.id, forged, Seq(1)))


def test_no_export_holds_what_is_anothers(data: OpenData, anna: Actor, bert: Actor, berts: Pool) -> None:
    foreign = anna.do(save_link, "https://anna.example/", title="Forged").item.id
    data.database.write(
        lambda tx: tx.memberships._run(
            "UPDATE membership SET pool_id = :pool_id, position = 99 WHERE item_id = :item_id",
            pool_id=berts.id,
            item_id=foreign,
        )
    )
    lines = bert.ask(lambda tx, me: [json.loads(line) for line in export_json_lines(tx, me)])
    assert [line["title"] for line in lines if line["type"] == "item"] == ["own"]
    assert "Forged" not in bert.ask(export_netscape)
