"""Person: an account; Session: a browser in which that person is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

PersonId = NewType("PersonId", int)
SessionId = NewType("SessionId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account. `name` is `[A-Za-z0-9_-]+`: it is also a feed user name, and those cannot quote more."""

    id: PersonId
    name: str
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def is_disabled(self) -> bool:
        """Whether every door is shut for this person."""
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is logged in, until `expires_at` or log out."""

    id: SessionId
    person_id: PersonId
    created_at: datetime
    expires_at: datetime
    user_agent: str
