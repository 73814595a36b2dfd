"""What workers do for messages: several in one block, read one by one, and their readings back in one block.

The server imports this module to call it, so what is heavy is imported by the function itself, and by a pool's
`preload`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from poolhouse.space.blocks import BlockRef  # noqa: TC001 - msgspec reads the annotations
from poolhouse.space.declared import declared
from poolhouse.space.limits import MEBIBYTE
from poolhouse.space.remote import space
from poolhouse.types import MessageReading  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH_BYTES = 4
_log = logging.getLogger("poolhouse.workers")


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """Messages one behind the other in `content`, so many bytes each; None for nothing but empty ones."""

    content: BlockRef | None
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MessageReadings:
    """What was read of a batch's messages, in their order: for `readings_in`."""

    readings: BlockRef


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """What became of one message: its reading, or why there is none, where our reader failed at it."""

    reading: MessageReading | None
    reason: str = ""


@declared(attempts=2, cpu_seconds=60, wall_seconds=180, memory_bytes=300 * MEBIBYTE)
def read_messages(batch: MessageBatch) -> MessageReadings:
    """Read messages, each within its own bounds: well below a second and 300 MB for the worst of 50 MB.

    One at which our reader fails has a reason in place of its reading; it takes no other with it.
    """
    packed: list[bytes] = []
    if batch.content is None:
        packed = [_packed(_outcome(b"")) for _ in batch.sizes]
    else:
        with space().blocks.open(batch.content) as content:
            start = 0
            for size_bytes in batch.sizes:
                packed.append(_packed(_outcome(bytes(content.view[start : start + size_bytes]))))
                start += size_bytes
    readings = space().blocks.new(max(1, sum(map(len, packed))))
    start = 0
    for each in packed:
        readings.view[start : start + len(each)] = each
        start += len(each)
    return MessageReadings(readings.ref)


def readings_in(packed: memoryview) -> Iterator[ReadOutcome]:
    """What became of each message of a batch, in order, one decoded at a time; some tenths of a millisecond each."""
    start = 0
    while start + _LENGTH_BYTES <= len(packed):
        end = start + _LENGTH_BYTES + int.from_bytes(packed[start : start + _LENGTH_BYTES])
        yield _decoder.decode(packed[start + _LENGTH_BYTES : end])
        start = end


def _outcome(raw: bytes) -> ReadOutcome:
    from poolhouse.workers.mail_reading import read_message

    try:
        return ReadOutcome(read_message(raw))
    except Exception as error:  # noqa: BLE001 - our bug: the message is kept, and read again by a later reader
        _log.exception("a message of %s bytes could not be read", len(raw))
        return ReadOutcome(None, f"Poolhouse failed at it ({type(error).__name__})")


def _packed(outcome: ReadOutcome) -> bytes:
    body = msgspec.msgpack.encode(outcome)
    return len(body).to_bytes(_LENGTH_BYTES) + body


_decoder = msgspec.msgpack.Decoder(ReadOutcome)
