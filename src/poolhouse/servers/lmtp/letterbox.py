"""Letterbox: what the door may use of the program behind it. `app` makes the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Arrival
    from poolhouse.types import Recipient


class Letterbox(Protocol):
    """Where mail is put. All methods are for the event loop's thread."""

    def has_room(self, size_bytes: int) -> bool:
        """Whether the disk has room for so much, and some to spare."""

    def recipient(self, sender: str, address: str) -> Recipient:
        """Whom an address stands for: a look-up in the loop. Raises NotFoundError, ForbiddenError, StoreError."""

    def arrival(self) -> Arrival:
        """A message on its way in."""

    async def deliver(
        self, arrival: Arrival, sender: str, recipients: Sequence[Recipient]
    ) -> Sequence[Exception | None]:
        """Keep a message for each of these; returns once it is on the disk, with what went wrong for each, or None."""
