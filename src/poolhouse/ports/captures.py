"""Captures: the versions of items' pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.types import Capture, Captured, CaptureId, ItemId


class Captures(Protocol):
    """Versions of items' pages. What an item shows of the current one follows in the same transaction."""

    def add(self, item_id: ItemId, captured: Captured) -> CaptureId:
        """Keep one more version, of the item's address as it is now; its mode is not OFF."""

    def get(self, item_id: ItemId, capture_id: CaptureId) -> Capture | None: ...
    def of(self, item_id: ItemId) -> Sequence[Capture]:
        """Every version, newest last."""

    def text(self, capture_id: CaptureId) -> str:
        """The readable text; "" where there is none."""

    def readers(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, str]:
        """The blobs of the items' current clean HTML: one statement. Items without are left out."""

    def remove(self, item_id: ItemId, capture_id: CaptureId) -> None: ...
