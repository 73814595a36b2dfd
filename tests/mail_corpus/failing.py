"""A reader with a fault of ours: what becomes of the other messages of its batch?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.space.declared import declared
from poolhouse.workers import mail_reading
from poolhouse.workers.messages import MessageBatch, MessageReadings, read_messages

if TYPE_CHECKING:
    from poolhouse.types import MessageReading

_read_message = mail_reading.read_message


def _failing(raw: bytes) -> MessageReading:
    if b"fails here" in raw:
        raise ZeroDivisionError
    return _read_message(raw)


@declared(attempts=1)
def read_failing(batch: MessageBatch) -> MessageReadings:
    """Read messages by a reader that fails at some."""
    mail_reading.read_message = _failing
    try:
        return read_messages(batch)
    finally:
        mail_reading.read_message = _read_message
