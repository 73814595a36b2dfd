"""Change: one row for everything that happened, in one order for the whole store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.item import ItemId
    from poolhouse.types.person import PersonId
    from poolhouse.types.pool import PoolId

Seq = NewType("Seq", int)
"""The place of a change in the store's one order: 1, 2, 3 …, never reused, larger is later."""


class ChangeKind(StrEnum):
    """What happened, in the words of the thing it happened to."""

    PERSON_ADDED = "person-added"
    PERSON_CHANGED = "person-changed"
    POOL_ADDED = "pool-added"
    POOL_CHANGED = "pool-changed"
    POOL_TRASHED = "pool-trashed"
    POOL_RESTORED = "pool-restored"
    ITEM_ADDED = "item-added"
    ITEM_CHANGED = "item-changed"
    ITEM_SAVED_AGAIN = "item-saved-again"
    ITEM_TRASHED = "item-trashed"
    ITEM_RESTORED = "item-restored"
    ITEM_MARKED = "item-marked"
    ITEM_CHECKED = "item-checked"
    ENTRY_ADDED = "entry-added"
    ENTRY_REMOVED = "entry-removed"
    SECRET_ADDED = "secret-added"
    SECRET_CUT_OFF = "secret-cut-off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened; `number` is the membership's, kept so that an expunge can be told later."""

    seq: Seq
    at: datetime
    kind: ChangeKind
    person_id: PersonId
    pool_id: PoolId | None = None
    item_id: ItemId | None = None
    number: int | None = None
