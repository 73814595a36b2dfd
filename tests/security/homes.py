"""Homes: everything that one person of a world has, as it came to be, with the secrets that open it.

Whatever belongs to a person holds that person's name, which nobody else's thing holds. Ids begin at the same high
number for every kind of thing: one that is taken for another's, or for another kind's, is met with; and an id that
stands in an answer is found there. Each link has one captured page and one job, of the item's own number. Each person
has one letter, in the Inbox, one address for mail, and one mail account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.conftest import principal_of

if TYPE_CHECKING:
    from poolhouse.types import (
        AccountId,
        DeliveryAddressId,
        FolderId,
        ItemId,
        Person,
        PoolId,
        Principal,
        SecretId,
        SessionId,
    )

FIRST_ID = 70_000
NO_ID = 79_999
"""An id of the same length that nothing has."""
SHARED_TAG = "everybody"


@dataclass(slots=True, kw_only=True)
class PoolThere:
    """A pool as it came to be; `titles` are those of the entries that are to be seen in it."""

    id: PoolId
    name: str
    is_live: bool
    titles: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class ItemThere:
    """An item as it came to be."""

    id: ItemId
    title: str
    url: str
    tags: tuple[str, ...]
    is_live: bool


@dataclass(slots=True, kw_only=True)
class Home:
    """One person's things, and the secrets that open them."""

    person: Person
    is_disabled: bool
    pools: list[PoolThere] = field(default_factory=list)
    items: list[ItemThere] = field(default_factory=list)
    letters: list[ItemId] = field(default_factory=list)
    addresses: list[DeliveryAddressId] = field(default_factory=list)
    accounts: list[AccountId] = field(default_factory=list)
    folders: list[FolderId] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    feed_secrets: list[tuple[PoolThere, SecretId, str]] = field(default_factory=list)
    dead_feed_secret: tuple[PoolThere, str] | None = None
    token: str = ""
    dead_token: str = ""
    session: str = ""
    session_id: SessionId | None = None
    dead_session: str = ""

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def mark(self) -> bytes:
        """What stands in everything of this person's."""
        return self.person.name.encode()

    @property
    def me(self) -> Principal:
        return principal_of(self.person)

    @property
    def live_items(self) -> list[ItemThere]:
        return [item for item in self.items if item.is_live]

    @property
    def secrets(self) -> list[str]:
        """Every secret text, none of which may ever stand in an answer."""
        texts = [self.token, self.dead_token, self.session, self.dead_session]
        dead = [self.dead_feed_secret[1]] if self.dead_feed_secret else []
        return [*texts, *dead, *(text for _, _, text in self.feed_secrets)]
