"""Changes: the one order of everything that happened; Trash: where trashed items were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.types import Change, ChangeKind, ItemId, PersonId, PoolId, Seq


class Changes(Protocol):
    """The one order of everything that happened."""

    def add(
        self,
        kind: ChangeKind,
        person_id: PersonId,
        *,
        pool_id: PoolId | None = None,
        item_id: ItemId | None = None,
        number: int | None = None,
    ) -> Seq: ...
    def last(self) -> Seq: ...
    def since(self, seq: Seq, *, limit: int) -> Sequence[Change]: ...


class Trash(Protocol):
    """Where trashed items were, so that undo can put them back."""

    def keep_places(self, item_id: ItemId, pool_ids: Sequence[PoolId]) -> None: ...
    def take_places(self, item_id: ItemId) -> Sequence[PoolId]: ...
    def items_of(self, pool_id: PoolId) -> Sequence[ItemId]:
        """The trashed items that were in the pool, oldest first."""
