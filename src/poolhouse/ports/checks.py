"""Checks: when links are looked at, and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.types import ItemId, LinkHealth, PersonId


class Checks(Protocol):
    """When links are looked at, and what was found."""

    def due(self, limit: int) -> Sequence[tuple[ItemId, PersonId, str, str]]:
        """At most `limit` links that are to be looked at by now, longest due first: item, owner, address, title.

        Those in the trash are left out. One index look-up when none is."""

    def plan(self, item_id: ItemId, at: datetime | None) -> None:
        """Look at the link at that time; None: never."""

    def health(self, item_id: ItemId) -> LinkHealth: ...
    def record(self, item_id: ItemId, health: LinkHealth) -> None:
        """The link was looked at now, and this is what is known of it."""

    def forget(self, item_id: ItemId) -> None:
        """Nothing is known of the link: it has another address."""
