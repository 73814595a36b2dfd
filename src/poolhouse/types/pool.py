"""Pool: a folder or label, depending on your point of view; any pool is a feed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from poolhouse.types.capture import CaptureMode

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.change import Seq
    from poolhouse.types.person import PersonId

PoolId = NewType("PoolId", int)


class PoolKind(StrEnum):
    """How items come to be in a pool."""

    MANUAL = "manual"
    COMPUTED = "computed"


class PoolRole(StrEnum):
    """A pool that the server itself puts things into, and that cannot be deleted.

    Inbox and Bookmarks are there from the start, Archive and Later from their first use.
    """

    INBOX = "inbox"
    BOOKMARKS = "bookmarks"
    ARCHIVE = "archive"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One pool of one person.

    `version` is the seq of the last change that anyone reading the pool could see: it is the feed's ETag.
    `changed_at` goes with it, in whole seconds, and never goes back. `query` is a saved search's text; only a
    computed pool has one. `path` is the names from the root down, joined by "/".

    `capture` is how much is kept of the pages of links saved into the pool; always OFF for a computed one: nothing is
    saved into it. `feed_text` says that the entries of its feed carry the captured text. `skips_inbox` is a computed
    pool's: a message that belongs there when it comes goes to the Archive and not to the Inbox.
    """

    id: PoolId
    owner_id: PersonId
    name: str
    path: str
    kind: PoolKind
    version: Seq
    created_at: datetime
    changed_at: datetime
    entry_count: int
    parent_id: PoolId | None = None
    role: PoolRole | None = None
    query: str | None = None
    trashed_at: datetime | None = None
    capture: CaptureMode = CaptureMode.TEXT
    feed_text: bool = False
    skips_inbox: bool = False
