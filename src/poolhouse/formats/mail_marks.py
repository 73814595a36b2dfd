"""What programs that keep mail write into its header: whether it was read, starred or deleted, and Gmail's labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.formats.mail_dates import mail_date
from poolhouse.formats.mail_headers import Allowance, header_text, read_block

if TYPE_CHECKING:
    from datetime import datetime

_WANTED: Final = frozenset({b"date", b"status", b"x-status", b"x-mozilla-status", b"x-gmail-labels"})
_HEADER_BYTES: Final = 131_072
_FIELD_LIMIT: Final = 500
# X-Mozilla-Status, a hexadecimal number (nsMsgMessageFlags)
_MOZILLA_READ: Final = 0x0001
_MOZILLA_STARRED: Final = 0x0004
_MOZILLA_DELETED: Final = 0x0008


@dataclass(frozen=True, slots=True, kw_only=True)
class MailMarks:
    """What a header says: when it was sent, and what was done with it; None where it does not say.

    `labels` are Gmail's, decoded, as `takeout.read_labels` takes them.
    """

    sent_at: datetime | None = None
    is_read: bool | None = None
    is_starred: bool = False
    is_deleted: bool = False
    labels: str | None = None


def read_marks(content: bytes) -> MailMarks:
    """Look at the beginning of a message's header: at most 128 KiB and 500 fields; some tens of microseconds."""
    block = read_block(
        content, 0, len(content), _WANTED, Allowance(_HEADER_BYTES, _FIELD_LIMIT), is_first=True
    )
    status = block.first(b"status").upper() + block.first(b"x-status").upper()
    mozilla = _number(block.first(b"x-mozilla-status"))
    labels = block.all(b"x-gmail-labels")
    is_read = None
    if b"status" in block.fields:  # R: read, O: old; F: flagged, D: deleted (mutt, Dovecot, Pine)
        is_read = b"R" in block.first(b"status").upper()
    elif mozilla is not None:
        is_read = bool(mozilla & _MOZILLA_READ)
    return MailMarks(
        sent_at=mail_date(header_text(block.first(b"date"))),
        is_read=is_read,
        is_starred=b"F" in status or bool((mozilla or 0) & _MOZILLA_STARRED),
        is_deleted=b"D" in status or bool((mozilla or 0) & _MOZILLA_DELETED),
        labels=",".join(map(header_text, labels)) if labels else None,
    )


def _number(digits: bytes) -> int | None:
    try:
        return int(digits.strip()[:8], 16)
    except ValueError:
        return None
