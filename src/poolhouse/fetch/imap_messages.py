"""Messages as an IMAP server gives them, or says that it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from poolhouse.types import RemoteFlags

if TYPE_CHECKING:
    from collections.abc import Mapping


_FIRST_YEAR: Final = 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMessage:
    """A message byte for byte. `received_at` is when it came there, None for a time that is none."""

    uid: int
    content: bytes
    received_at: datetime | None
    flags: RemoteFlags


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that its server would not give: its words for that, and its response code, "" for none."""

    uid: int
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """Messages, without those that are gone, and those that their server would not give, each lowest UID first."""

    messages: tuple[FetchedMessage, ...]
    refused: tuple[RefusedMessage, ...] = ()

    @property
    def ends_well(self) -> bool:
        """Whether a message was given after the last one that was refused: they are asked for one by one."""
        uids = (self.messages[-1].uid if self.messages else 0, self.refused[-1].uid if self.refused else 0)
        return uids[0] > uids[1]


def message_of(uid: int, said: Mapping[bytes, Any]) -> FetchedMessage:
    """The message in what a server says of it."""
    return FetchedMessage(
        uid=uid,
        content=bytes(said[b"BODY[]"]),
        received_at=_time_of(said.get(b"INTERNALDATE")),
        flags=flags_of(said),
    )


def _time_of(said: object) -> datetime | None:
    """A time in UTC; None for one without a zone, and for one that no mail came at or no calendar has."""
    if not isinstance(said, datetime) or said.tzinfo is None:
        return None
    try:
        at = said.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= _FIRST_YEAR else None


def flags_of(said: Mapping[bytes, Any]) -> RemoteFlags:
    """The flags in what a server says of a message."""
    flags = {bytes(flag).lower() for flag in said.get(b"FLAGS", ()) if isinstance(flag, bytes)}
    return RemoteFlags(is_read=b"\\seen" in flags, is_starred=b"\\flagged" in flags)
