"""Secret: what a reader or a script shows instead of a password; Principal: who is asking, and for what it may ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.person import PersonId
    from poolhouse.types.pool import PoolId

SecretId = NewType("SecretId", int)


class SecretKind(StrEnum):
    """What a secret opens: the feed of one pool, or the API as its person."""

    FEED = "feed"
    TOKEN = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderUse:
    """The last time a secret was shown to us: when, by what program (its User-Agent), and how we answered."""

    at: datetime
    user_agent: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One named secret. The secret itself is not here: we keep a keyed hash of it and show it once."""

    id: SecretId
    person_id: PersonId
    kind: SecretKind
    label: str
    created_at: datetime
    pool_id: PoolId | None = None
    last_use: ReaderUse | None = None
    cut_off_at: datetime | None = None


class Scope(StrEnum):
    """What a caller may ask for at all, before it is asked whose it is."""

    PERSON = "person"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking.

    A session or token has the PERSON scope; a feed secret has the FEED scope, and opens `pool_id` alone.
    """

    person_id: PersonId
    scope: Scope
    pool_id: PoolId | None = None
    secret_id: SecretId | None = None
