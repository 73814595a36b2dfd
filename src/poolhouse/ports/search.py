"""Search: the items that a query matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.types import Item, ItemId, PersonId, Query


class Search(Protocol):
    """The search index. Newest first, so that a common word costs no more than a rare one."""

    def find(
        self, owner_id: PersonId, query: Query, *, before: ItemId | None = None, limit: int
    ) -> Sequence[Item]: ...
    def matches(self, owner_id: PersonId, query: Query, item_id: ItemId) -> bool: ...
    def merge(self, limit_pages: int) -> None:
        """Merge what many small writes left in pieces, at most so many pages: a rare word looks at each."""

    def all_matches(self, owner_id: PersonId, query: Query) -> Sequence[ItemId]:
        """Every match, oldest first. Reads all of them."""
