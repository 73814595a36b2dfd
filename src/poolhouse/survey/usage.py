"""Usage: what processes took of the machine, from Linux's /proc: processor time, memory, and what others took."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_FIELDS_BEFORE_TIMES = 11  # from the state, which follows the name in parentheses, to utime (proc(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Seconds at one moment: the clock's, our processes' of the processors, everybody's of the processors."""

    at: float
    own_cpu: float
    all_cpu: float


def usage(pid: int) -> Usage:
    """What the process and all that it started have used so far. Costs some 0.1 ms a process."""
    return Usage(
        at=time.monotonic(),
        own_cpu=group_cpu_seconds(pid),
        all_cpu=busy_seconds(Path("/proc/stat").read_text("ascii")),
    )


def foreign_share(before: Usage, after: Usage, cores: int) -> float:
    """The share of the machine's processors that others took in between, 0 to 1: neighbours, and a virtual host.

    Both sides count in ticks of 10 ms: over a second and two cores it is true to about 0.02.
    """
    seconds = after.at - before.at
    foreign = (after.all_cpu - before.all_cpu) - (after.own_cpu - before.own_cpu)
    return min(max(foreign / (seconds * cores), 0.0), 1.0)


def group(pid: int) -> list[int]:
    """The process and everything that it started and that still runs, itself first."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found.extend(map(int, children.read_text("ascii").split()))
    return found


def group_cpu_seconds(pid: int) -> float:
    """Processor time of a process and of all that it started, threads and children that ended included.

    A child that ended counts once somebody has waited for it.
    """
    total = 0.0
    for each in group(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            total += cpu_seconds(Path(f"/proc/{each}/stat").read_text("utf-8", "replace"))
    return total


def cpu_seconds(stat: str) -> float:
    """utime, stime, cutime and cstime of a /proc/PID/stat: its own and those of children it has waited for."""
    # the name is in parentheses and may hold anything, parentheses and spaces too
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[_FIELDS_BEFORE_TIMES : _FIELDS_BEFORE_TIMES + 4])) * _TICK_SECONDS


def busy_seconds(stat: str) -> float:
    """What all processors did so far, by a /proc/stat: all but idle and iowait; guests are in user already."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.split(None, 9)[1:9])
    return (user + nice + system + irq + softirq + steal) * _TICK_SECONDS


def forget_peaks(pid: int) -> None:
    """Let the peaks of a group's memory begin anew (proc(5), clear_refs); left as they are where that is refused."""
    for each in group(pid):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            Path(f"/proc/{each}/clear_refs").write_text("5", "ascii")


def peak_mib(pid: int) -> float:
    """The most that each process of the group had in memory since `forget_peaks` (VmHWM), together, in MiB.

    The peaks need not be of one moment, and what two share counts for each: an upper bound.
    """
    total = 0
    for each in group(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            found = _PEAK.search(Path(f"/proc/{each}/status").read_text("utf-8", "replace"))
            total += int(found[1]) if found else 0
    return total / 1024
