"""Looks at processes from outside, by /proc (proc(5)): what they hold open and what the kernel has shut to them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


@dataclass
class Seen:
    """What was seen of one process over its life.

    `files` are the paths it had open, `confined_files` those of them that it had when it was confined, `sockets` the
    inodes of its sockets; `confined` counts the looks that found it with a seccomp filter and without the right to new
    privileges, `looks` all of them. `is_let_out` says that it was found without after it had been found with.
    """

    files: set[str] = field(default_factory=set)
    confined_files: set[str] = field(default_factory=set)
    sockets: set[int] = field(default_factory=set)
    most_sockets: int = 0
    looks: int = 0
    confined: int = 0
    is_let_out: bool = False


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found: list[int] = []
    with suppress(*_GONE):
        for task in (_PROC / str(pid) / "task").iterdir():
            with suppress(*_GONE):
                found += map(int, (task / "children").read_text().split())
    return found


def look_at(pid: int, seen: Seen) -> None:
    """Add what is to be seen of a process now; nothing where it is gone."""
    with suppress(*_GONE):
        status = _status(pid)
        open_now = _open_files(pid)
        is_confined = status.get("NoNewPrivs") == "1" and status.get("Seccomp") == "2"
        seen.looks += 1
        seen.confined += is_confined
        seen.is_let_out |= bool(seen.confined) and not is_confined
        sockets = {int(path[8:-1]) for path in open_now if path.startswith("socket:[")}
        seen.sockets |= sockets
        seen.most_sockets = max(seen.most_sockets, len(sockets))
        files = {path for path in open_now if path.startswith("/")}
        seen.files |= files
        if is_confined:  # it was before its files were looked at, and stays so
            seen.confined_files |= files


def inet_sockets() -> set[int]:
    """The inodes of all sockets of this machine's that speak IP."""
    inodes: set[int] = set()
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        with suppress(*_GONE):
            rows = (_PROC / "net" / name).read_text().splitlines()[1:]
            inodes |= {int(row.split()[9]) for row in rows}
    return inodes


def _status(pid: int) -> dict[str, str]:
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _open_files(pid: int) -> list[str]:
    found: list[str] = []
    for descriptor in (_PROC / str(pid) / "fd").iterdir():
        with suppress(*_GONE):
            found.append(os.readlink(descriptor))
    return found
