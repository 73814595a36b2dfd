"""MailImports: how far files of many messages are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types import MailProgress, MailSource, PersonId


class MailImports(Protocol):
    """How far imports of files of many messages are; a row is gone once one is at its end."""

    def get(self, person_id: PersonId, source: MailSource) -> MailProgress | None:
        """How far the import of exactly this file is; None where it was not begun, or is at its end."""

    def record(self, person_id: PersonId, source: MailSource, progress: MailProgress) -> None:
        """Remember how far it is, in place of what was known of any file of that path and member."""

    def forget(self, person_id: PersonId, source: MailSource) -> None: ...
    def forget_before(self, before: datetime) -> None:
        """Forget those that nobody has gone on with since that time."""
