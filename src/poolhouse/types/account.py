"""MailAccount: a mailbox elsewhere that mail is pulled from; MailFolder: a folder of it, and how far it is pulled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types.item import ItemId
    from poolhouse.types.person import PersonId
    from poolhouse.types.pool import PoolId

AccountId = NewType("AccountId", int)
FolderId = NewType("FolderId", int)


class AccountSecurity(StrEnum):
    """How the connection is kept private: TLS from the first byte (RFC 8314), by STARTTLS (RFC 9051 §6.2.1), not."""

    TLS = "tls"
    STARTTLS = "starttls"
    PLAIN = "plain"


class AccountState(StrEnum):
    """Whether an account is pulled from. One that is stopped waits for its person: what it says of itself is wrong."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlace:
    """Where an account is and whose it is there; the password is kept for exactly this and no other place."""

    host: str
    port: int
    security: AccountSecurity
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """One account. Its password is not in here.

    `reason` says why it is stopped, or could not be asked the last time, "" where nothing is wrong. `asked_at` is when
    it was last asked with success, and `new_count` how many messages were new then. `mirrors_read` and
    `mirrors_starred`: what is done there is done here too. `revision` grows with whatever a pull that is under way has
    to know: it begins anew.
    """

    id: AccountId
    person_id: PersonId
    label: str
    place: AccountPlace
    state: AccountState
    created_at: datetime
    revision: int
    mirrors_read: bool = False
    mirrors_starred: bool = False
    reason: str = ""
    asked_at: datetime | None = None
    new_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderProgress:
    """How far a folder is pulled: everything up to `last_uid` of this `uid_validity` (RFC 9051 §2.3.1).

    0 where it was not begun. `mod_seq` is up to where changes of flags are known (RFC 7162 §3.1), 0 for a server that
    does not count them.
    """

    uid_validity: int = 0
    last_uid: int = 0
    mod_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFolder:
    """A folder of an account, by the name its server gives it, with `delimiter` between its parents' names and its own.

    `pool_id` is where its mail goes, None: the Inbox. `pulled_count` counts what came from there, `left_count` what
    was left there, too large or refused by its server; `reason` says why nothing comes from it, "" where nothing
    is wrong.
    """

    id: FolderId
    account_id: AccountId
    name: str
    delimiter: str
    is_chosen: bool
    pool_id: PoolId | None
    progress: FolderProgress
    pulled_count: int = 0
    left_count: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemoteFlags:
    """What an account says of a message: whether it was read there (`\\Seen`), and is starred (`\\Flagged`)."""

    is_read: bool = False
    is_starred: bool = False


@dataclass(frozen=True, slots=True)
class PulledMessage:
    """A message that came from a folder: its item, and its flags there as we last knew them."""

    uid: int
    item_id: ItemId
    flags: RemoteFlags
