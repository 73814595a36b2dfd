"""Messages read by real workers: batches, a reader that fails, and those made to do harm, within their limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poolhouse.space import MemorySpace
from poolhouse.space.keeper import Blocks
from poolhouse.workers import PRELOAD
from poolhouse.workers.messages import MessageBatch, ReadOutcome, read_messages, readings_in
from tests.mail_corpus.hostile import BUILDERS, injected_headers
from tests.mail_corpus.jobs import Measured, measure
from tests.space.pools import call, working

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow

CPU_SECONDS = 1.0
PEAK_BYTES = 300_000_000
MODULES = ("poolhouse.workers.messages", "tests.mail_corpus.jobs")


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def space(blocks: Blocks) -> MemorySpace:
    return MemorySpace(blocks=blocks)


async def test_a_batch_comes_back_in_its_order(space: MemorySpace, blocks: Blocks) -> None:
    messages = [b"Subject: s%d\r\n\r\ntext %d\r\n" % (number, number) for number in range(100)]
    messages[7] = b""
    async with working(space, MODULES, preload=PRELOAD):
        readings = await _read(space, blocks, messages)
    assert [outcome.reading.facts.subject for outcome in readings if outcome.reading] == [
        "" if number == 7 else f"s{number}" for number in range(100)
    ]
    assert readings[99].reading is not None
    assert readings[99].reading.bodies.text == "text 99"
    assert blocks.count == 0


async def test_a_batch_of_nothing_has_no_block(space: MemorySpace, blocks: Blocks) -> None:
    async with working(space, MODULES, preload=PRELOAD):
        made = await call(space, read_messages, MessageBatch(None, (0, 0)))
        with blocks.open(made.readings) as block:
            found = list(readings_in(block.view))
    assert [outcome.reading is not None for outcome in found] == [True, True]


async def test_one_at_which_the_reader_fails_takes_no_other_with_it(
    space: MemorySpace, blocks: Blocks
) -> None:
    messages = [b"Subject: a\r\n\r\n", b"Subject: fails here\r\n\r\n", b"Subject: b\r\n\r\n"]
    async with working(space, ("tests.mail_corpus.failing",)):
        with blocks.freeze(b"".join(messages)) as content:
            from tests.mail_corpus.failing import read_failing

            made = await call(space, read_failing, MessageBatch(content.ref, tuple(map(len, messages))))
        with blocks.open(made.readings) as block:
            found = list(readings_in(block.view))
    assert [outcome.reading.facts.subject if outcome.reading else outcome.reason for outcome in found] == [
        "a",
        "Poolhouse failed at it (ZeroDivisionError)",
        "b",
    ]


async def test_hostile_messages_keep_within_their_limits(space: MemorySpace, blocks: Blocks) -> None:
    taken: dict[str, tuple[float, int]] = {}
    async with working(space, MODULES, preload=PRELOAD) as pool:
        pids = None
        for name, build in BUILDERS.items():
            message = build()
            with blocks.freeze(message or b" ") as content:
                measured: Measured = await call(space, measure, MessageBatch(content.ref, (len(message),)))
            with blocks.open(measured.readings.readings) as block:
                (outcome,) = readings_in(block.view)
            assert outcome.reading is not None, f"{name}: {outcome.reason}"
            pids = pids or pool.pids
            assert pool.pids == pids, f"{name} ended its worker"
            taken[name] = (measured.cpu_seconds, max(map(peak_bytes, pids)))
    assert {name: seconds for name, (seconds, _) in taken.items() if seconds > CPU_SECONDS} == {}
    assert {name: peak for name, (_, peak) in taken.items() if peak > PEAK_BYTES} == {}


def peak_bytes(pid: int) -> int:
    """The most that a process ever had resident, since it began to be this program (proc(5))."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text("ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


async def test_line_ends_in_encoded_words_are_none(space: MemorySpace, blocks: Blocks) -> None:
    async with working(space, MODULES, preload=PRELOAD):
        (outcome,) = await _read(space, blocks, [injected_headers()])
    assert outcome.reading is not None
    facts = outcome.reading.facts
    (part,) = facts.parts
    texts = [
        facts.subject,
        facts.message_id,
        part.name,
        *(each.name + each.address for each in facts.senders + facts.to),
    ]
    assert [text for text in texts if not text.isprintable()] == []
    assert facts.message_id == "ab@example.org"


async def _read(space: MemorySpace, blocks: Blocks, messages: Sequence[bytes]) -> list[ReadOutcome]:
    with blocks.freeze(b"".join(messages)) as content:
        made = await call(space, read_messages, MessageBatch(content.ref, tuple(map(len, messages))))
    with blocks.open(made.readings) as block:
        return list(readings_in(block.view))
