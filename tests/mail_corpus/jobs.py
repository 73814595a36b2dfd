"""What workers do for tests of the reader: read, and say what it took by the worker's own account (getrusage(2))."""

from __future__ import annotations

import resource
from dataclasses import dataclass

from poolhouse.space.declared import declared
from poolhouse.space.limits import MEBIBYTE
from poolhouse.workers.messages import MessageBatch, MessageReadings, read_messages


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading a batch took: seconds of the processor."""

    readings: MessageReadings
    cpu_seconds: float


@declared(attempts=1, cpu_seconds=10, wall_seconds=60, memory_bytes=300 * MEBIBYTE)
def measure(batch: MessageBatch) -> Measured:
    """Read messages as the server has them read."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    readings = read_messages(batch)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(readings, cpu_seconds)
