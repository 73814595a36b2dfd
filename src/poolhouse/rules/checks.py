"""When a link is looked at, and when it counts as dead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from poolhouse.types.check import CheckOutcome, CheckResult, LinkHealth

if TYPE_CHECKING:
    from datetime import datetime

CHECK_AFTER: Final = timedelta(days=30)
"""A link is looked at so long after the last look at it."""

CONFIRM_AFTER: Final = timedelta(days=3)
"""One that was found gone is looked at again so soon."""

_APART: Final = timedelta(days=2)
_CHECKED_SCHEMES: Final = ("http:", "https:")


def first_check(url: str, now: datetime) -> datetime | None:
    """When a link saved or read now is looked at first; None for an address that nobody can look at."""
    return now + CHECK_AFTER if url.startswith(_CHECKED_SCHEMES) else None


def after_check(health: LinkHealth, outcome: CheckOutcome, now: datetime) -> tuple[LinkHealth, datetime]:
    """What is known of a link after one more look, and when to look next.

    It is dead once two looks at least two days apart found it gone, with none between that found it there: a server
    that is being moved, or a name that was not paid for in time, comes back within days. A look that told nothing
    changes nothing. One that finds it there makes it alive at once.
    """
    if outcome.result is CheckResult.ALIVE:
        return LinkHealth(), now + CHECK_AFTER
    if outcome.result is CheckResult.UNSURE:
        return health, now + _next_look(health)
    since = health.failing_since or now
    is_dead = health.dead_since is not None or now - since >= _APART
    health = LinkHealth(
        failing_since=since,
        dead_since=since if is_dead else None,
        dead_reason=outcome.reason if is_dead else None,
    )
    return health, now + _next_look(health)


def _next_look(health: LinkHealth) -> timedelta:
    is_in_doubt = health.failing_since is not None and health.dead_since is None
    return CONFIRM_AFTER if is_in_doubt else CHECK_AFTER
