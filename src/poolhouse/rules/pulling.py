"""What to fetch from a mail account, what to leave there, when to ask again: decisions without anything done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.types import AccountSecurity, FolderProgress, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from poolhouse.types import RemoteFlags

BATCH_SIZE: Final = 50
"""So many messages are fetched with one command and kept in one transaction."""

BATCH_BYTES: Final = 8 * 1024 * 1024
"""A batch is that large, or one message."""

POLL_SECONDS: Final = 300.0
"""So often an account is asked whose server does not tell of new mail, and folders that it does not tell of."""

IDLE_SECONDS: Final = 29 * 60.0
"""So long a server is listened to at most: it may hang up after 30 minutes (RFC 2177)."""

REFUSALS: Final = 6
"""So often, with ever longer waits between, a message is asked for that its server will not give: it may be busy."""

PASSING_CODES: Final = frozenset(
    {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "OVERQUOTA", "EXPUNGEISSUED", "THROTTLED"}
)
"""What a server says no with to what it will do later: RFC 5530 §3, and Gmail's own when too much is asked of it."""

FIRST_WAIT_SECONDS: Final = 15.0
LONGEST_WAIT_SECONDS: Final = 15 * 60.0

INBOX: Final = "INBOX"
"""The folder that every account has, in whatever case its server writes it (RFC 9051 §5.1)."""

DEFAULT_PORTS: Final = {AccountSecurity.TLS: 993, AccountSecurity.STARTTLS: 143, AccountSecurity.PLAIN: 143}


@dataclass(frozen=True, slots=True)
class PullBatch:
    """Messages that are fetched together. All up to `last_uid` are dealt with once they are kept.

    `too_large` are left where they are, `size_bytes` is what the others have together, as their server says.
    """

    uids: tuple[int, ...]
    too_large: tuple[int, ...]
    size_bytes: int
    last_uid: int


def plan_batches(sizes: Iterable[tuple[int, int]], *, message_bytes: int) -> Iterator[PullBatch]:
    """Put together messages, each a UID and a size in bytes, lowest UID first; none larger than `message_bytes`."""
    uids: list[int] = []
    too_large: list[int] = []
    total = 0
    for uid, size_bytes in sizes:
        is_too_large = size_bytes > message_bytes
        is_full = len(uids) + len(too_large) >= BATCH_SIZE or (
            bool(uids) and not is_too_large and total + size_bytes > BATCH_BYTES
        )
        if is_full:
            yield _batch(uids, too_large, total)
            uids, too_large, total = [], [], 0
        (too_large if is_too_large else uids).append(uid)
        total += 0 if is_too_large else size_bytes
    if uids or too_large:
        yield _batch(uids, too_large, total)


def _batch(uids: list[int], too_large: list[int], total: int) -> PullBatch:
    return PullBatch(tuple(uids), tuple(too_large), total, max(uids[-1:] + too_large[-1:]))


def new_uids(found: Iterable[int], last_uid: int) -> Sequence[int]:
    """Those after `last_uid`, lowest first: a search for `last+1:*` always finds the last one (RFC 9051 §9)."""
    return sorted({uid for uid in found if uid > last_uid})


def begin_folder(known: FolderProgress, uid_validity: int, mod_seq: int) -> FolderProgress:
    """How far a folder is that was just opened: where its UIDs are not those that we know, at its beginning.

    A server that counts changes from a lower number than we know has lost its count, and is believed from there on.
    """
    if known.uid_validity != uid_validity:
        return FolderProgress(uid_validity=uid_validity, mod_seq=mod_seq)
    if not known.mod_seq or known.mod_seq > mod_seq:
        return FolderProgress(uid_validity=uid_validity, last_uid=known.last_uid, mod_seq=mod_seq)
    return known


def count_refusals(
    known: Mapping[int, int], refused: Iterable[tuple[int, str]], *, is_another_given: bool | None
) -> dict[int, int]:
    """How often in a row each message, by UID, was refused for itself: with `REFUSALS` it is given up.

    `refused` are those of this try, with their response codes. Where their server gives no other message of the folder
    either (`is_another_given`), nothing is wrong with them. None: there is no other, so its word is all there is.
    """
    return {
        uid: known.get(uid, 0) + (code not in PASSING_CODES if is_another_given is None else is_another_given)
        for uid, code in refused
    }


def back_off(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row (1 or more): doubling to a quarter of an hour.

    `chance`, from 0 to 1, takes up to half of it away: not all who lost a server come back to it at once.
    """
    wait = min(FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 16), LONGEST_WAIT_SECONDS)
    return wait * (1 - chance / 2)


def changed_marks(
    known: RemoteFlags, now: RemoteFlags, *, mirrors_read: bool, mirrors_starred: bool
) -> Sequence[tuple[Mark, bool]]:
    """What is to be done here for what was done there: a mark, and whether it is on. What stayed there says nothing."""
    found = []
    if mirrors_read and known.is_read is not now.is_read:
        found.append((Mark.READ, now.is_read))
    if mirrors_starred and known.is_starred is not now.is_starred:
        found.append((Mark.STARRED, now.is_starred))
    return found


def marks_of(flags: RemoteFlags) -> tuple[Mark, ...]:
    """How a message is marked that comes with these flags."""
    return (Mark.READ,) * flags.is_read + (Mark.STARRED,) * flags.is_starred


def is_inbox(name: str) -> bool:
    """Whether a folder is the one that every account has."""
    return name.upper() == INBOX


def folder_path(label: str, name: str, delimiter: str) -> tuple[str, ...]:
    """The pools that a folder becomes, beneath one with its account's name; empty parts are left out."""
    parts = name.split(delimiter) if delimiter else [name]
    if parts[0].upper() == INBOX and len(parts) > 1:  # where all folders are beneath INBOX, that says nothing
        parts = parts[1:]
    return (label, *(part for part in parts if part.strip()))
