"""Surroundings: the machine about a cell: which processors it uses, what others take of them, and the kernel's TCP."""

from __future__ import annotations

import os
import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from poolhouse.survey.usage import busy_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TCP_COUNTERS: Final = {
    "ListenOverflows": "listen_overflows",
    "ListenDrops": "listen_drops",
    "TCPSynRetrans": "syn_retransmits",
    "TCPTimeWaitOverflow": "time_wait_overflows",
}
"""The kernel's name and ours of what it counts for the whole machine (network namespace), others' connections too."""

_TICK_SECONDS: Final = 1 / os.sysconf("SC_CLK_TCK")
_STEAL: Final = 8  # of a line of /proc/stat: name, user, nice, system, idle, iowait, irq, softirq, steal
_MOST_DESCRIPTORS: Final = 100_000
_LIMITS: Final = {
    "somaxconn": "net/core/somaxconn",
    "tcp_max_syn_backlog": "net/ipv4/tcp_max_syn_backlog",
    "ip_local_port_range": "net/ipv4/ip_local_port_range",
    "tcp_tw_reuse": "net/ipv4/tcp_tw_reuse",
    "tcp_max_tw_buckets": "net/ipv4/tcp_max_tw_buckets",
    "pid_max": "kernel/pid_max",
    "threads_max": "kernel/threads-max",
    "max_map_count": "vm/max_map_count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Processors:
    """Whose processor is whose. Where there is one only, server and clients share it; `is_shared` says so."""

    server: int
    clients: tuple[int, ...]

    @property
    def is_shared(self) -> bool:
        """Whether the server and a client run on the same processor."""
        return self.server in self.clients

    @property
    def all(self) -> frozenset[int]:
        """All of them."""
        return frozenset({self.server, *self.clients})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Seconds at one moment: the clock's, and of some processors the busy ones and those that a host took away."""

    at: float
    busy: float
    stolen: float


def choose_processors(most_clients: int = 1) -> Processors:
    """The first processor that we may use for the server, others for the clients, no two of them one core's threads."""
    allowed = sorted(os.sched_getaffinity(0))
    server = allowed[0]
    core = _siblings(server)
    others = [each for each in allowed if each not in core] or [each for each in allowed if each != server]
    return Processors(server=server, clients=tuple(others[:most_clients]) or (server,))


def instant(processors: frozenset[int]) -> Instant:
    """Now. Costs some 50 µs."""
    return instant_of(Path("/proc/stat").read_text("ascii"), processors, time.monotonic())


def instant_of(stat: str, processors: frozenset[int], at: float) -> Instant:
    """What a /proc/stat says of some processors."""
    lines = [line for line in stat.splitlines() if re.match(r"cpu\d", line)]
    ours = [line for line in lines if int(line.split(None, 1)[0][3:]) in processors]
    return Instant(
        at=at,
        busy=sum(map(busy_seconds, ours)),
        stolen=sum(int(line.split()[_STEAL]) for line in ours) * _TICK_SECONDS,
    )


def foreign_share(before: Instant, after: Instant, own_cpu: float, count: int) -> float:
    """What others, the host among them, took of `count` processors beside our `own_cpu` seconds of them; 0 to 1."""
    return _share(after.busy - before.busy - own_cpu, before, after, count)


def steal_share(before: Instant, after: Instant, count: int) -> float:
    """What a host of virtual machines took of `count` processors, 0 to 1."""
    return _share(after.stolen - before.stolen, before, after, count)


def tcp_counters() -> dict[str, int]:
    """The kernel's counters by our names; empty where there are none."""
    try:
        return tcp_counters_of(Path("/proc/net/netstat").read_text("ascii"))
    except OSError:
        return {}


def tcp_counters_of(netstat: str) -> dict[str, int]:
    """The counters of a /proc/net/netstat: a line of names, then one of numbers, for each kind."""
    rows = [line.split() for line in netstat.splitlines() if line.startswith("TcpExt:")]
    found = dict(zip(rows[0], rows[1], strict=True)) if len(rows) == 2 else {}
    return {ours: int(found[theirs]) for theirs, ours in TCP_COUNTERS.items() if theirs in found}


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, float]:
    """By how much each counter grew."""
    return {name: float(value - before[name]) for name, value in after.items() if name in before}


def limits() -> dict[str, object]:
    """What the system allows: descriptors, and the settings of the kernel that decide what breaks first."""
    found: dict[str, object] = {"descriptors": descriptor_limit()}
    for name, path in _LIMITS.items():
        try:
            found[name] = " ".join(Path(f"/proc/sys/{path}").read_text("ascii").split())
        except OSError:
            continue
    return found


def descriptor_limit() -> int:
    """How many descriptors a process may have, or 100,000 where that is less: more are not used here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _MOST_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _MOST_DESCRIPTORS)


def _share(seconds: float, before: Instant, after: Instant, count: int) -> float:
    whole = (after.at - before.at) * count
    return min(max(seconds / whole, 0.0), 1.0) if whole > 0 else 0.0


def _siblings(processor: int) -> Sequence[int]:
    """The processors that are threads of the same core, itself among them."""
    path = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
    try:
        return siblings_of(path.read_text("ascii"))
    except OSError:
        return [processor]


def siblings_of(text: str) -> list[int]:
    """The numbers of a list as the kernel writes it: "0,4" or "0-1"."""
    found: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
