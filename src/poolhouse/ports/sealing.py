"""Sealer: passwords for elsewhere, which must be read again."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Keeps what must be read again, passwords for elsewhere, unreadable to whoever has the database alone."""

    def seal(self, secret: str, purpose: str) -> bytes:
        """Encrypt; it opens for exactly this purpose and no other. Raises StoreError."""

    def unseal(self, sealed: bytes, purpose: str) -> str | None:
        """What was sealed; None where the key is another or gone, or the purpose another. Raises StoreError."""
