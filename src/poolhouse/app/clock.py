"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """`ports.Clock`."""

    def now(self) -> datetime:
        """The present in whole seconds, which is what is stored and what HTTP can say."""
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - this is the one place where time comes in
