"""Item: what is kept, once; Membership: its place in a pool; Entry: both, as a list or a feed shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.capture import CaptureId
    from poolhouse.types.change import Seq
    from poolhouse.types.person import PersonId
    from poolhouse.types.pool import PoolId

ItemId = NewType("ItemId", int)


class ItemKind(StrEnum):
    """What an item is: a saved link, or a mail message."""

    LINK = "link"
    MESSAGE = "message"


class Mark(StrEnum):
    """What a person has done with an item; each person has their own."""

    READ = "read"
    STARRED = "starred"


class PageState(StrEnum):
    """How far we are with asking the linked page for its title, description and icon."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One kept thing.

    `url` is the address as it was saved and always has a scheme of `rules.urls.SCHEMES`; a message has none, "".
    `title` is never empty: where nobody gave one it is the address, and "(no subject)" for a message. `saved_at` moves
    when the page is saved again, `changed_at` with everything a reader could see, `created_at` never. `favicon` and
    `blob` are content
    addresses (SHA-256, hex) of blobs. `page_error` says why a page could not be read.

    `capture_id` is the current one of its `capture_count` captures: the newest with a readable text, of this address;
    `word_count` (0: no readable text), `language` and `thumbnail` (a blob) are that capture's. `checked_at` is when the
    link was last looked at; where it leads nowhere any more, `dead_since` and `dead_reason` say so.

    Of a message, `blob` is its raw bytes, `author` the sender's display name, `description` the beginning of its text,
    `saved_at` when it came, and `page_state` how far its reading is. `found_in` is the message that a link was saved
    from. `thread_id` and `attachment_count` are a message's, 0 for others. `deferred_until` is when an item in Later
    goes back to where it was.
    """

    id: ItemId
    owner_id: PersonId
    kind: ItemKind
    url: str
    title: str
    note: str
    author: str
    created_at: datetime
    saved_at: datetime
    changed_at: datetime
    description: str = ""
    tags: tuple[str, ...] = ()
    marks: frozenset[Mark] = frozenset()
    page_state: PageState = PageState.PENDING
    page_error: str | None = None
    favicon: str | None = None
    blob: str | None = None
    trashed_at: datetime | None = None
    capture_id: CaptureId | None = None
    capture_count: int = 0
    word_count: int = 0
    language: str = ""
    thumbnail: str | None = None
    checked_at: datetime | None = None
    dead_since: datetime | None = None
    dead_reason: str | None = None
    found_in: ItemId | None = None
    thread_id: int = 0
    attachment_count: int = 0
    deferred_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An item's place in a pool.

    `number` names it for ever and is never reused in that pool (RFC 9051's UID). `position` orders the pool,
    newest first: it is larger for what was put or saved again later. `version` is the seq of the last change
    of this entry that a reader could see.
    """

    pool_id: PoolId
    item_id: ItemId
    number: int
    position: int
    version: Seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as it stands in one pool."""

    membership: Membership
    item: Item
