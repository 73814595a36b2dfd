"""Shelf: the contract between a durable space and the database that backs it; sync, inside one open transaction.

Free of any database: SQLite has one writer, and what it leases nobody else sees; PostgreSQL does the same with
`FOR UPDATE SKIP LOCKED` and finds templates with `jsonb @>`. The order is `bag`'s: first in, first out for each kind,
persons take turns, and what is put back goes in front. Times are the transaction's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from poolhouse.errors import NotAnEntryError
from poolhouse.space.blocks import refs_in
from poolhouse.space.entries import encode, key_field, kind_of, look_into
from poolhouse.space.templates import Template, template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.space.taking import DeadLetter

KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A template, with the key of the entries it matches where it asks for their first field, else None."""

    text: bytes
    template: Template = field(compare=False)
    key: str | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it is on the shelf; `attempts` counts the leases that were not given back unused."""

    id: int
    body: bytes
    person: int | None
    attempts: int


class Shelf(Protocol):
    """Entries in a database. `owner` names a server; `lease_seconds` run from the transaction's time."""

    def put(
        self, entry: object, *, person_id: int | None = None, label: str = "", total: int | None = None
    ) -> int:
        """Put an entry and return its id. Raises NotAnEntryError."""

    def find(self, wanted: Wanted) -> Kept | None:
        """The entry that is next among those that match, without touching it."""

    def lease(self, wanted: Wanted, owner: str, lease_seconds: int, limit: int) -> Sequence[Kept]:
        """Hold at most `limit` entries that match, next first; nobody else finds them meanwhile."""

    def extend(self, owner: str, lease_seconds: int) -> None:
        """Make every lease of an owner as long as a new one."""

    def commit(self, entry_id: int, owner: str, report: str | None = None) -> bool:
        """Forget an entry whose work is done, or keep what came of it: nobody takes it any more.

        False where `owner` does not hold it: then undo what else was done."""

    def put_back(self, entry_id: int, owner: str, reason: str | None, attempt_limit: int) -> bool:
        """Put a held entry back in front; without a reason the attempt does not count. False where it is not held.

        With a reason and for the `attempt_limit`-th time it becomes a dead letter instead."""

    def progress(self, entry_id: int, owner: str, done: int, total: int) -> None:
        """Say how far the work on a held entry is."""

    def reclaim(self, owner: str, attempt_limit: int, reason: str) -> int:
        """Put back what `owner` held when it ended, each as a failed attempt; returns how many."""

    def has_expired(self, owner: str) -> bool:
        """Whether a lease ran out of anybody but `owner`."""

    def reclaim_expired(self, owner: str, attempt_limit: int, reason: str) -> int:
        """The same for everybody but `owner` whose lease ran out: whoever asks is alive."""

    def last_id(self) -> int:
        """The id of the last entry that was put, whether it is still there or not; 0 before the first."""

    def put_since(self, wanted: Wanted, entry_id: int) -> Sequence[Kept]:
        """The entries with later ids that match, in whatever state, oldest first."""

    def dead(self) -> Sequence[DeadLetter]:
        """What failed too often, oldest first."""

    def retry(self, entry_id: int) -> bool:
        """Put a dead letter in front with all its attempts anew; False where there is none of that id."""

    def drop(self, entry_id: int) -> bool:
        """Forget a dead letter; False where there is none of that id."""


def wanted(cls: type, fields: Mapping[str, object]) -> Wanted:
    """What asks for entries of `cls` with these field values or types. Raises NotAnEntryError."""
    sought, name = template(cls, fields), key_field(cls)
    key = next((key_of(value) for actual, value in sought.actuals if actual == name), None)
    return Wanted(encode(sought), sought, key)


class Prepared(NamedTuple):
    """An entry as it is put on a shelf: its kind, the key it is found by, None where it has no fields, and its JSON."""

    kind: str
    key: str | None
    body: bytes


def prepare(entry: object) -> Prepared:
    """An entry, ready to be put. Raises NotAnEntryError, also where it names a block: those do not survive restart."""
    cls: type = type(entry)
    kind, body, name = kind_of(cls), encode(entry), key_field(cls)
    if next(refs_in(entry), None) is not None:
        raise NotAnEntryError(f"{cls.__qualname__} names a block of shared memory, which cannot be kept")
    if name is None:
        return Prepared(kind, None, body)
    value = getattr(entry, name)
    return Prepared(kind, key_of(value if type(value) in {str, int} else look_into(body)[name]), body)


def key_of(value: Any) -> str:
    """A plain value as text that is the same where `templates.is_same` says so; hashed where it would be long."""
    text = msgspec.json.encode(_by_value(value), order="sorted").decode()
    return text if len(text) <= KEY_LENGTH else f"sha256:{sha256(text.encode()).hexdigest()}"


def _by_value(value: Any) -> Any:
    """The same to JSON, with one spelling for each number: 1.0 is 1."""
    if isinstance(value, dict):
        return {name: _by_value(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_by_value(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
