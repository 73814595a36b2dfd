"""Items: what is kept, with its tags and marks, its time to come back and its time in the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.types import Item, ItemId, ItemKind, Mark, PageState, PersonId, PoolId, ThreadId


class Items(Protocol):
    """Items. The search index follows every change in the same transaction."""

    def add(
        self,
        owner_id: PersonId,
        kind: ItemKind,
        *,
        url: str,
        url_key: str,
        title: str,
        note: str,
        author: str,
        description: str,
        created_at: datetime,
        page_state: PageState,
        check_at: datetime | None = None,
        blob: str | None = None,
        found_in: ItemId | None = None,
    ) -> ItemId: ...
    def get(self, item_id: ItemId, reader_id: PersonId) -> Item | None:
        """The item with its tags and `reader_id`'s marks, trashed or not."""

    def by_key(self, owner_id: PersonId, url_key: str) -> ItemId | None:
        """The item with that normalised address, trashed or not; at most one."""

    def by_keys(self, owner_id: PersonId, url_keys: Iterable[str]) -> Mapping[str, ItemId]:
        """The items with any of those normalised addresses that are not in the trash: one statement."""

    def edit(
        self,
        item_id: ItemId,
        *,
        url: str | None = None,
        url_key: str | None = None,
        title: str | None = None,
        note: str | None = None,
        author: str | None = None,
        description: str | None = None,
        saved_at: datetime | None = None,
        favicon: str | None = None,
        page_state: PageState | None = None,
        page_error: str | None = None,
    ) -> None:
        """Set what is given; `changed_at` becomes the transaction's time, unless only the page's state is given."""

    def record_message(
        self,
        item_id: ItemId,
        *,
        title: str,
        author: str,
        description: str,
        thread_id: ThreadId,
        attachment_count: int,
        page_state: PageState,
        page_error: str | None,
    ) -> None:
        """Set what the reading of a message found; `changed_at` becomes the transaction's time."""

    def set_deferred(self, item_id: ItemId, until: datetime | None, from_pool_id: PoolId | None) -> None:
        """Remember when an item comes back, and to which pool; None: it does not."""

    def deferred_from(self, item_id: ItemId) -> PoolId | None: ...
    def due(self, limit: int) -> Sequence[tuple[ItemId, PersonId]]:
        """At most `limit` items whose time to come back is now or past, longest due first, with their owners."""

    def forget_page(self, item_id: ItemId, page_state: PageState) -> None:
        """Drop what the page at its former address said of itself: description, author, icon, error.

        Its captures stay, but the item shows none of them while it has another address."""

    def set_tags(self, item_id: ItemId, tags: Sequence[str]) -> None: ...
    def set_mark(self, item_id: ItemId, person_id: PersonId, mark: Mark, *, is_on: bool) -> None: ...
    def set_trashed(self, item_id: ItemId, at: datetime | None) -> None: ...
    def trashed(self, owner_id: PersonId, *, before: int | None, limit: int) -> Sequence[Item]: ...
    def remove(self, item_id: ItemId) -> None:
        """Delete for good what is in the trash."""

    def index(self, item_id: ItemId) -> None:
        """Bring the search index up to date with the item, its tags, its pools and the text of its capture."""

    def tags_of(self, owner_id: PersonId) -> Sequence[tuple[str, int]]:
        """Each tag in use with the number of items that bear it, by name."""
