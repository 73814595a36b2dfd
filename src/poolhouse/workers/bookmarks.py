"""Bookmark files, parsed in a worker; what comes back is in batches, each small enough for an event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from poolhouse.formats.netscape import NetscapeBookmark, read_netscape
from poolhouse.services.imports import BATCH_SIZE, plan_import
from poolhouse.space.blocks import BlockRef  # noqa: TC001 - msgspec reads the annotations
from poolhouse.space.declared import declared
from poolhouse.space.limits import MEBIBYTE
from poolhouse.space.remote import space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROBLEM_LIMIT = 100
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a bookmark file holds: so many bookmarks in `batches`, None where there are none.

    `problems` are the first hundred places that could not be read, each a sentence.
    """

    count: int
    batches: BlockRef | None
    problems: tuple[str, ...] = ()


@declared(attempts=2, cpu_seconds=120, wall_seconds=240, memory_bytes=2048 * MEBIBYTE)
def parse_bookmarks(file: BlockRef) -> Parsed:
    """Parse a bookmark file, at most 64 MB. In the order to save them: the newest ends on top."""
    with space().blocks.open(file) as content:
        reading = read_netscape(bytes(content.view))
    plan = plan_import(reading)
    problems = tuple(f"Line {each.line}: {each.reason}" for each in reading.problems[:PROBLEM_LIMIT])
    if not plan:
        return Parsed(0, None, problems)
    packed = b"".join(_packed(plan[start : start + BATCH_SIZE]) for start in range(0, len(plan), BATCH_SIZE))
    batches = space().blocks.new(len(packed))
    batches.view[:] = packed
    return Parsed(len(plan), batches.ref, problems)


def batches_in(packed: memoryview) -> Iterator[Sequence[NetscapeBookmark]]:
    """The batches of `Parsed`, one decoded at a time; some tenths of a millisecond each."""
    start = 0
    while start < len(packed):
        end = start + _LENGTH_BYTES + int.from_bytes(packed[start : start + _LENGTH_BYTES])
        yield _decoder.decode(packed[start + _LENGTH_BYTES : end])
        start = end


def _packed(batch: Sequence[NetscapeBookmark]) -> bytes:
    body = msgspec.json.encode(batch)
    return len(body).to_bytes(_LENGTH_BYTES) + body


_decoder = msgspec.json.Decoder(tuple[NetscapeBookmark, ...])
