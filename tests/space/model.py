"""A tuple space as a plain list: what the backings are compared with, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False)
class Row:
    """One entry of the model."""

    number: int
    kind: str
    fields: Mapping[str, Any]
    person: int | None
    turn: int
    state: str = "ready"
    attempts: int = 0


@dataclass
class Model:
    """Says which entry is next, and what became of the others. Rows are in the order in which they were put."""

    attempt_limit: int
    rows: list[Row] = field(default_factory=list)
    count: int = 0

    def put(self, kind: str, fields: Mapping[str, Any], person: int | None) -> Row:
        """An entry goes in: behind its person's last, and not before what is next."""
        ready = self.ready(kind)
        turn = min((row.turn for row in ready), default=0)
        own = [row.turn for row in ready if row.person == person]
        if own:
            turn = max(turn, max(own) + 1)
        self.count += 1
        row = Row(self.count, kind, dict(fields), person, turn)
        self.rows.append(row)
        return row

    def ready(self, kind: str) -> list[Row]:
        """What can be taken of a kind."""
        return [row for row in self.rows if row.kind == kind and row.state == "ready"]

    def next(self, kind: str, wanted: Mapping[str, Any]) -> Row | None:
        """The row that a take gets; a type in `wanted` stands for any value of it."""
        matching = [
            row for row in self.ready(kind) if all(_fits(row.fields[name], wanted[name]) for name in wanted)
        ]
        return min(matching, key=lambda row: (row.turn, row.number), default=None)

    def take(self, row: Row) -> None:
        """It is held."""
        row.state = "held"
        row.attempts += 1

    def commit(self, row: Row) -> None:
        """It is gone."""
        self.rows.remove(row)

    def put_back(self, row: Row, *, is_failure: bool) -> None:
        """It is in front again, or dead."""
        if not is_failure:
            row.attempts -= 1
        elif row.attempts >= self.attempt_limit:
            row.state = "dead"
            return
        self._to_the_front(row)

    def retry(self, row: Row) -> None:
        """It starts anew."""
        row.attempts = 0
        self._to_the_front(row)

    def held(self) -> list[Row]:
        """What is being worked on."""
        return [row for row in self.rows if row.state == "held"]

    def dead(self) -> list[Row]:
        """The dead letters."""
        return [row for row in self.rows if row.state == "dead"]

    def _to_the_front(self, row: Row) -> None:
        row.turn = min((each.turn - 1 for each in self.ready(row.kind)), default=0)
        row.state = "ready"


def _fits(value: object, wanted: object) -> bool:
    if isinstance(wanted, type):
        return type(value) is wanted
    return type(value) is type(wanted) and value == wanted
