"""Checks: whether a link still leads anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class CheckResult(StrEnum):
    """What a look at a link told.

    ALIVE: the page is there. GONE: it says that it is not (404, 410), or there is no such host. UNSURE: neither (it
    does not answer, refuses programs, has a fault of its own), which says nothing of tomorrow.
    """

    ALIVE = "alive"
    GONE = "gone"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """One look at a link; `reason` is a short sentence, "" for a page that is there."""

    result: CheckResult
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHealth:
    """What all looks at a link together say.

    `failing_since` is the first of the looks in a row that found it gone. `dead_since` is set, to that time, once
    enough of them did; then `dead_reason` says what the last one said.
    """

    failing_since: datetime | None = None
    dead_since: datetime | None = None
    dead_reason: str | None = None
