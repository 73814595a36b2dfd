"""Limits: how much of the processor, of memory and of time one job may take, and how the kernel holds it to that.

What passes a limit ends with its worker, or with the job where that can be done cleanly; the next finds a fresh one.
"""

from __future__ import annotations

import math
import resource
import time
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024
BLOCKS_BYTES = 1024 * MEBIBYTE
"""What all blocks of a space may come to, if it is not given another number."""
CPU_LIFE_SECONDS = 600
"""A worker that used so much processor time is replaced between two jobs: what libraries leak ends with it."""
_DRIFT_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may take: seconds of the processor, seconds of the clock, bytes of its own memory.

    Blocks are no part of a worker's own memory; those that a job makes may come to `memory_bytes` again.
    """

    cpu_seconds: int = 30
    wall_seconds: float = 60.0
    memory_bytes: int = 512 * MEBIBYTE

    def too_much_memory(self) -> str:
        """The reason, in words, where a job took more memory."""
        return f"it took more than {self.memory_bytes // MEBIBYTE} MiB of memory"

    def too_much_cpu(self) -> str:
        """The reason, in words, where a job took more of the processor."""
        return f"it took more than {self.cpu_seconds} seconds of the processor"

    def too_much_time(self) -> str:
        """The reason, in words, where a job took longer."""
        return f"it took more than {self.wall_seconds:g} seconds"


class JobLimits:
    """Moves the kernel's limits on this process from job to job. Made once, when all that is imported early is there.

    RLIMIT_CPU counts a process's whole life in whole seconds, so its soft limit is set ahead of what was used; the
    kernel's SIGXCPU ends the process whatever code it is in. The hard limit cannot be raised again: it is the backstop
    of the whole life. RLIMIT_DATA counts what the process alone has (Linux 4.7): not its code, not blocks.
    """

    def __init__(self, most: Limits) -> None:
        self._data_bytes, address_bytes = _used_bytes()
        self._set_at = -math.inf
        self._limits: Limits | None = None
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_NOFILE, 128)
        self._hard_cpu = _lower(resource.RLIMIT_CPU, CPU_LIFE_SECONDS + most.cpu_seconds + 2)
        # the backstop for mappings that RLIMIT_DATA does not count, such as blocks and libraries
        ceiling = address_bytes + 2 * most.memory_bytes + BLOCKS_BYTES
        _lower(resource.RLIMIT_AS, ceiling)
        _lower(resource.RLIMIT_FSIZE, most.memory_bytes)
        _, self._hard_data = resource.getrlimit(resource.RLIMIT_DATA)

    def begin(self, limits: Limits) -> None:
        """Set the limits of the job that begins now. Costs one system call where the last job was small."""
        used = time.process_time()
        if limits is self._limits and used - self._set_at < _DRIFT_SECONDS:
            return
        self._set_at = used
        soft = min(math.ceil(used + limits.cpu_seconds + _DRIFT_SECONDS), self._hard_cpu)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, self._hard_cpu))
        if limits is not self._limits:
            self._limits = limits
            data = _at_most(self._hard_data, self._data_bytes + limits.memory_bytes)
            resource.setrlimit(resource.RLIMIT_DATA, (data, self._hard_data))

    @property
    def is_worn_out(self) -> bool:
        """Whether the process has used what it may use in its life, and should end."""
        return self._set_at > CPU_LIFE_SECONDS


def _lower(which: int, limit: int) -> int:
    """Set a limit for good, to no more than whoever started the server left us; returns what it is."""
    lowest = _at_most(resource.getrlimit(which)[1], limit)
    resource.setrlimit(which, (lowest, lowest))
    return lowest


def _at_most(hard: int, limit: int) -> int:
    return limit if hard == resource.RLIM_INFINITY else min(hard, limit)


def _used_bytes() -> tuple[int, int]:
    """The data and the address space of this process (proc(5), statm), in bytes."""
    pages = [int(word) for word in Path("/proc/self/statm").read_text("ascii").split()]
    page = resource.getpagesize()
    return pages[5] * page, pages[0] * page
