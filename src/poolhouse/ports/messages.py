"""Messages: what is kept of them, their conversations, and who has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from poolhouse.types import (
        Envelope,
        Item,
        ItemId,
        Message,
        MessageBodies,
        MessageReading,
        PersonId,
        Pool,
        ThreadId,
    )


class Messages(Protocol):
    """What is kept of messages beside their items. Their raw bytes are the blob that the item names."""

    def add(self, item_id: ItemId, *, size_bytes: int, received_at: datetime, envelope: Envelope) -> None: ...
    def get(self, item_id: ItemId) -> Message | None:
        """The message with its facts, without its bodies. One look-up."""

    def bodies(self, item_id: ItemId) -> MessageBodies | None:
        """What it says; None where it was not read."""

    def feed_bodies(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, tuple[str, Message]]:
        """The HTML that feeds carry, with the messages: one statement. Those that were not read are left out."""

    def record(self, item_id: ItemId, reading: MessageReading, revision: int) -> None:
        """Keep what a reading found, in place of what an earlier one did."""

    def record_unread(self, item_id: ItemId, revision: int) -> None:
        """This reader could not read it; a later one is to try again."""

    def thread(self, owner_id: PersonId, item_id: ItemId, names: Sequence[str]) -> ThreadId:
        """The conversation of a message with these Message-IDs, its own and those it refers to (at most 100).

        It joins those that any of them belongs to already into one: the union of all who name each other.
        """

    def recipients(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, str]:
        """The addresses that those of some items which are messages were delivered to: one statement."""

    def of_thread(self, owner_id: PersonId, thread_id: int, *, limit: int) -> Sequence[Item]:
        """At most `limit` messages of a conversation that are not in the trash, oldest first: one statement."""

    def thread_counts(self, owner_id: PersonId, thread_ids: Sequence[int]) -> Mapping[int, int]:
        """How many messages that are not in the trash each of some conversations has: one statement."""

    def has_any(self, owner_id: PersonId) -> bool:
        """Whether a person has messages that were read. One index look-up."""

    def has_attachments(self, pool: Pool, first: int, last: int, *, limit: int) -> bool:
        """Whether one of the topmost `limit` entries of a pool at those positions is a message with an attachment.

        One index look-up where its owner has none, else at most `limit` rows.
        """

    def lists(self, owner_id: PersonId, *, limit: int) -> Sequence[tuple[str, str, int]]:
        """The lists a person has most mail of: List-Id, a name or "", how many messages."""

    def unread_by(
        self, revision: int, owner_id: PersonId, *, limit: int
    ) -> Sequence[tuple[ItemId, str, int]]:
        """At most `limit` messages that no reader of that revision has looked at: item, blob, size in bytes.

        Those that nobody has read come first, oldest first; then those of older readers."""

    def owners_unread_by(self, revision: int) -> Sequence[PersonId]:
        """Whose messages those are."""

    def add_correspondents(self, owner_id: PersonId, addresses: Sequence[str]) -> Sequence[str]:
        """Remember who has written; returns those that had not before."""
