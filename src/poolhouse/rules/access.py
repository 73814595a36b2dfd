"""The one access rule. Every door and every representation asks it, and it says no unless it knows why yes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from poolhouse.types import Scope

if TYPE_CHECKING:
    from poolhouse.types import PersonId, PoolId, Principal


class Verb(StrEnum):
    """What a caller wants to do."""

    FEED = "feed"  # read a pool as a feed
    READ = "read"  # read anything else: pages, API, search, counts, icons, export
    WRITE = "write"


def allows(principal: Principal, verb: Verb, owner_id: PersonId, pool_id: PoolId | None = None) -> bool:
    """Whether `principal` may do `verb` to what belongs to `owner_id`: to that pool, or (None) to anything else.

    A person may do everything with their own things and nothing with others'. A reader's secret opens its one pool as a
    feed and nothing else: no page, no API, no count, no write.
    """
    if principal.person_id != owner_id:
        return False
    if principal.scope is Scope.PERSON:
        return True
    return verb is Verb.FEED and pool_id is not None and pool_id == principal.pool_id
