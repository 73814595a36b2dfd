"""Observe: what the processes of one group took: processor time, memory, the kernel's memory for them, switches.

Linux counts a process's time in nanoseconds, dead threads included, behind a clock that any process may read
(clock_getcpuclockid(3)); /proc/PID/stat shows the same in ticks of 10 ms. Only what ended children took is to be had in
ticks alone (cutime and cstime of whoever waited for them): true to 20 ms a process that has had children.
"""

from __future__ import annotations

import os
import re
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

KERNEL_STACK_KB: Final = 16
"""Of each thread, on x86-64 and arm64 (THREAD_SIZE)."""

_TICK_SECONDS: Final = 1 / os.sysconf("SC_CLK_TCK")
_PROCESS_CLOCK: Final = 2  # CPUCLOCK_SCHED, linux/posix-timers.h
_GROUP: Final = 2  # of /proc/PID/stat after the name: state, parent, group (proc(5))
_CHILDREN: Final = slice(13, 15)  # cutime and cstime
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
_PAGE_TABLES: Final = re.compile(r"^VmPTE:\s+(\d+) kB$", re.MULTILINE)
_THREADS: Final = re.compile(r"^Threads:\s+(\d+)$", re.MULTILINE)
_SWITCHES: Final = re.compile(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE)
_GONE: Final = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a group holds, in KiB: its share of pages (PSS), the kernel's stacks for its threads, its page tables."""

    pss_kb: int
    kernel_stack_kb: int
    page_table_kb: int


@dataclass(frozen=True, slots=True)
class Switches:
    """How often processes gave the processor away: because they waited, and because it was taken from them."""

    voluntary: int
    involuntary: int

    def __sub__(self, other: Switches) -> Switches:
        return Switches(self.voluntary - other.voluntary, self.involuntary - other.involuntary)


def stats_of_group(group: int) -> dict[int, list[str]]:
    """The fields of /proc/PID/stat from the state on, of every process of a group, zombies too.

    Costs some 15 µs for each process of the system.
    """
    found: dict[int, list[str]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(*_GONE):
                text = Path(f"/proc/{name}/stat").read_text("utf-8", "replace")
                fields = text.rpartition(")")[2].split()
                if int(fields[_GROUP]) == group:
                    found[int(name)] = fields
    return found


def group_cpu(group: int) -> float:
    """Seconds of processor time that a group has taken: living and dead threads, living and waited-for processes."""
    return sum(
        process_cpu(pid) + sum(map(int, fields[_CHILDREN])) * _TICK_SECONDS
        for pid, fields in stats_of_group(group).items()
    )


def process_cpu(pid: int) -> float:
    """Seconds of processor time of a process, to the nanosecond; 0 where it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | _PROCESS_CLOCK)
    except OSError:
        return 0.0


def group_memory(group: int) -> Memory:
    """What a group holds now. Costs some milliseconds for each 100 MB that it has mapped."""
    pss = threads = tables = 0
    for pid in stats_of_group(group):
        with suppress(*_GONE, PermissionError):
            status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
            pss += _sum(_PSS, Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"))
            threads += _sum(_THREADS, status)
            tables += _sum(_PAGE_TABLES, status)
    return Memory(pss_kb=pss, kernel_stack_kb=threads * KERNEL_STACK_KB, page_table_kb=tables)


def group_switches(group: int) -> Switches:
    """The switches of all threads of a group that live; those of dead ones are in `children_switches` at the end."""
    voluntary = involuntary = 0
    for pid in stats_of_group(group):
        for path in _threads(pid):
            with suppress(*_GONE):
                found = _SWITCHES.findall(path.read_text("utf-8", "replace"))
                voluntary += int(found[0])
                involuntary += int(found[1])
    return Switches(voluntary, involuntary)


def children_switches() -> Switches:
    """The switches of all our children that have ended, of their threads and of the children they waited for.

    The kernel tells of a dead thread's nowhere else.
    """
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Switches(usage.ru_nvcsw, usage.ru_nivcsw)


def _threads(pid: int) -> Iterable[Path]:
    with suppress(*_GONE):
        return list(Path(f"/proc/{pid}/task").glob("*/status"))
    return ()


def _sum(pattern: re.Pattern[str], text: str) -> int:
    return sum(map(int, pattern.findall(text)))
