"""Search: a Query becomes one FTS5 expression and, for what is no word, plain conditions.

Newest first by rowid, which FTS5 walks backwards and stops at the limit: a common word costs no more than a rare one
(ranking a common word by bm25 over 100,000 items costs some 18,000 times as much).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from poolhouse.rules.query import split_words
from poolhouse.rules.tags import tag_key
from poolhouse.store import facets, rows
from poolhouse.store._table import Table
from poolhouse.types import Condition, ConditionTerm, Item, ItemId, PersonId, Query, TextTerm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LARGEST = 2**62


class SearchTable(Table):
    """`ports.Search`."""

    __slots__ = ()

    def find(
        self, owner_id: PersonId, query: Query, *, before: ItemId | None = None, limit: int
    ) -> Sequence[Item]:
        where, values = self._where(owner_id, query)
        sql = (
            f"SELECT {rows.ITEM} FROM item_text JOIN item ON item.id = item_text.rowid WHERE {where}"
            " AND item_text.rowid < :before ORDER BY item_text.rowid DESC LIMIT :limit"
        )
        below = _LARGEST if before is None else before
        values |= {"reader_id": owner_id, "before": below, "limit": limit}
        return [rows.item(row) for row in self._all(sql, values)]

    def matches(self, owner_id: PersonId, query: Query, item_id: ItemId) -> bool:
        where, values = self._where(owner_id, query)
        sql = f"SELECT 1 FROM item_text JOIN item ON item.id = item_text.rowid WHERE {where} AND item_text.rowid = :id"
        return self._one(sql, **values, reader_id=owner_id, id=item_id) is not None

    def all_matches(self, owner_id: PersonId, query: Query) -> Sequence[ItemId]:
        where, values = self._where(owner_id, query)
        sql = (
            f"SELECT item.id FROM item_text JOIN item ON item.id = item_text.rowid WHERE {where}"
            " ORDER BY item_text.rowid"
        )
        return [ItemId(row[0]) for row in self._all(sql, values | {"reader_id": owner_id})]

    def merge(self, limit_pages: int) -> None:
        # a negative number begins a merge of all segments where none is under way (FTS5, "The 'merge' command")
        self._run("INSERT INTO item_text (item_text, rank) VALUES ('merge', :pages)", pages=-limit_pages)

    def _where(self, owner_id: PersonId, query: Query) -> tuple[str, dict[str, Any]]:
        wanted = [_facet(facets.owner_facet(owner_id))]
        unwanted: list[str] = []
        # the facet finds quickly; whose it is the row says, whatever words a stranger's letter brought into the index
        conditions = ["item_text MATCH :expression", "item.owner_id = :reader_id"]
        values: dict[str, Any] = {}
        for place, term in enumerate(query.terms):
            if isinstance(term, TextTerm):
                (unwanted if term.is_negated else wanted).append(_text(term))
            elif (expression := self._expression(owner_id, term)) is not None:
                (unwanted if term.is_negated else wanted).append(expression)
            else:
                sql, value = _condition(term, f"value{place}")
                conditions.append(f"NOT ({sql})" if term.is_negated else sql)
                values |= value
        expression = " AND ".join(wanted)
        for each in unwanted:
            expression = f"({expression}) NOT {each}"
        return " AND ".join(conditions), values | {"expression": expression}

    def _expression(self, owner_id: PersonId, term: ConditionTerm) -> str | None:
        """The FTS5 words of a condition that the index knows as facets; None for the others."""
        make = _EXPRESSIONS.get(term.condition)
        return None if make is None else make(self, owner_id, term.value)

    def tag_facet(self, owner_id: PersonId, name: str) -> str:
        """The word of a tag; one that nothing bears for a tag that is not there."""
        row = self._one(
            "SELECT id FROM tag WHERE owner_id = :owner_id AND key = :key",
            owner_id=owner_id,
            key=tag_key(name),
        )
        return facets.tag_facet(row[0] if row else 0)

    def pool_facets(self, owner_id: PersonId, value: str) -> str:
        """The words of a pool and of all beneath it."""
        sql = (
            "WITH RECURSIVE beneath (id) AS (SELECT id FROM pool WHERE owner_id = :owner_id AND"
            " trashed_at IS NULL AND kind = 'manual' AND (path = :value OR name = :value COLLATE NOCASE)"
            " UNION SELECT pool.id FROM pool JOIN beneath ON pool.parent_id = beneath.id AND trashed_at IS NULL)"
            " SELECT id FROM beneath JOIN pool USING (id) WHERE kind = 'manual'"
        )
        ids = [row[0] for row in self._all(sql, {"owner_id": owner_id, "value": value})]
        return "(" + " OR ".join(_facet(facets.pool_facet(pool_id)) for pool_id in ids or [0]) + ")"


_FACETS = {
    "untagged": facets.UNTAGGED_FACET,
    "captured": facets.CAPTURED_FACET,
    "dead": facets.DEAD_FACET,
}


def _worded(column: str, mark: str, value: str) -> str:
    """Words next to each other in one column; a message's correspondents stand among the facets, marked."""
    phrase = " ".join(f"{mark}{word}" for word in split_words(value.lower()))
    return f'{column} : ("{phrase}"{" *" if value.endswith("*") else ""})'


def _facet(word: str) -> str:
    return f'facet : "{word}"'


def _text(term: TextTerm) -> str:
    phrase = '"' + " ".join(term.words) + '"'
    return f"- facet : ({phrase}{' *' if term.is_prefix else ''})"


_EXPRESSIONS: dict[Condition, Callable[[SearchTable, PersonId, str], str | None]] = {
    Condition.TAG: lambda table, owner_id, value: _facet(table.tag_facet(owner_id, value)),
    Condition.SITE: lambda _table, _owner_id, value: _facet(facets.site_facet(value)),
    Condition.KIND: lambda _table, _owner_id, value: _facet(facets.kind_facet(value)),
    Condition.POOL: lambda table, owner_id, value: table.pool_facets(owner_id, value),
    Condition.IS: lambda _table, _owner_id, value: _facet(_FACETS[value]) if value in _FACETS else None,
    Condition.HAS: lambda _table, _owner_id, _value: _facet(facets.ATTACHMENT_FACET),
    Condition.SUBJECT: lambda _table, _owner_id, value: _worded("title", "", value),
    Condition.FROM: lambda _table, _owner_id, value: _worded("facet", facets.FROM_MARK, value),
    Condition.TO: lambda _table, _owner_id, value: _worded("facet", facets.TO_MARK, value),
    Condition.LIST: lambda _table, _owner_id, value: _worded("facet", facets.LIST_MARK, value),
}
"""How a condition is said in the index; those that are not here are plain conditions of SQL."""

_MARKED = (
    "EXISTS (SELECT 1 FROM mark WHERE mark.item_id = item.id AND mark.person_id = :reader_id"
    " AND mark.name = '{}')"
)


def _condition(term: ConditionTerm, name: str) -> tuple[str, dict[str, Any]]:
    match term.condition:
        case Condition.AFTER:
            return f"item.saved_at >= :{name}", {name: _midnight(term.value)}
        case Condition.BEFORE:
            return f"item.saved_at < :{name}", {name: _midnight(term.value)}
        case _ if term.value == "unread":
            return f"NOT {_MARKED.format('read')}", {}
        case _:
            return _MARKED.format("read" if term.value == "read" else "starred"), {}


def _midnight(date: str) -> int:
    return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
