"""What Linux says of processes: their children, their processor time, their memory."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RSS = re.compile(r"^Rss:\s+(\d+) kB$", re.MULTILINE)
_CPUCLOCK_SCHED = 2


def cores() -> tuple[int, int]:
    """The core for the servers and the one for the clients; the same one where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run on one core; programs started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[int]:
    """The process and everything that it started, itself first."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(map(int, children.read_text("ascii").split()))
    return found


def cpu_clock(pid: int) -> int:
    """The id of the kernel's clock of a process's CPU time (clock_getcpuclockid(3)): all its threads, ended ones too.

    To the nanosecond, where /proc/PID/stat counts ticks of 10 ms and schedstat forgets threads that ended.
    """
    return ~pid << 3 | _CPUCLOCK_SCHED


def cpu_ns(pids: list[int]) -> int:
    """CPU time (user and system) that the processes took so far, in nanoseconds."""
    return sum(time.clock_gettime_ns(cpu_clock(pid)) for pid in pids)


def resident_kib(smaps_rollup: str) -> int:
    """The resident memory in a /proc/PID/smaps_rollup.

    Not the proportional share (Pss), which is less where two servers of one program run, as they do here.
    """
    found = _RSS.search(smaps_rollup)
    if found is None:
        raise ValueError("there is no Rss line")
    return int(found[1])


def memory_mib(pids: list[int]) -> float:
    """The resident memory of the processes together; what they share counts for each."""
    return sum(resident_kib(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")) for pid in pids) / 1024
