"""Memberships: which items are in which pools, and in what order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolhouse.types import Entry, ItemId, Membership, PersonId, Pool, PoolId, PoolKind, Seq


class Memberships(Protocol):
    """Places of items in pools."""

    def put(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> Membership:
        """Put the item on top of the pool, or move it there: a new number only where it was not in the pool."""

    def remove(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> int | None:
        """Take the item out; returns the number it had."""

    def get(self, pool_id: PoolId, item_id: ItemId) -> Membership | None: ...
    def touch(self, item_id: ItemId, version: Seq) -> None:
        """The item changed visibly: its entries and the pools they are in get this version."""

    def touch_all(self, pool_id: PoolId, version: Seq) -> None:
        """All entries of the pool changed visibly. Costs a write for each."""

    def of_item(self, item_id: ItemId) -> Sequence[Pool]:
        """The live pools the item is in, by path."""

    def paths_of(self, item_ids: Iterable[ItemId]) -> Mapping[ItemId, Sequence[tuple[PoolId, str]]]:
        """The live pools of many items, each with its path, by path: one statement. Items in none are left out."""

    def places(self, item_id: ItemId) -> Sequence[tuple[PoolId, PoolKind]]:
        """Every pool the item is in, trashed ones too: it keeps its place in those until it is trashed itself."""

    def item_ids(self, pool_id: PoolId) -> Sequence[ItemId]:
        """Every item of the pool, bottom first. Reads the whole pool."""

    def newest(
        self, pool_id: PoolId, reader_id: PersonId, *, before: int | None = None, limit: int
    ) -> Sequence[Entry]:
        """At most `limit` entries below position `before`, topmost first. Cost does not grow with the pool."""

    def block(self, pool_id: PoolId, reader_id: PersonId, first: int, last: int) -> Sequence[Entry]:
        """Entries with first ≤ position ≤ last, topmost first."""

    def span(self, pool_id: PoolId, first: int, last: int, *, limit: int) -> Sequence[Membership]:
        """At most `limit` places with first ≤ position ≤ last, topmost first, without what is in them."""

    def changed_since(
        self, pool_id: PoolId, reader_id: PersonId, version: Seq, *, limit: int
    ) -> Sequence[Entry]:
        """At most `limit` entries with a later version, topmost first."""

    def top_position(self, pool_id: PoolId) -> int:
        """The highest position given so far; 0 for a pool that never held anything."""
