"""Confine: what a worker gives up before its first job, so that a fault in what reads hostile bytes stays in it.

No file can be opened but Python's own and the system's libraries, to read; nothing can be written. No socket, no other
program, no other process, no device. What it has is its one socket to its parent, its memory, the blocks that it is
handed, and the server's standard error, to which a module that fails writes why. Where the kernel has neither Landlock
nor seccomp it works all the same, and its parent is told.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from poolhouse.space import landlock, seccomp

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
)


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).

    Ends the process where the parent was gone before it could be asked for.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def confine(*, network: bool = False, files: bool = False) -> tuple[str, ...]:
    """Give up files and the network, unless they are declared, and all that reaches out of the process. For good.

    Returns what could not be given up here, as sentences for the log; empty where all could.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    missing: list[str] = []
    try:
        if landlock.restrict(_readable(), network=network, files=files) == 0:
            missing.append("this kernel has no Landlock: workers could open files")
    except OSError as error:
        missing.append(f"Landlock refused ({error.strerror}): workers could open files")
    if not seccomp.install(network=network, files=files):
        missing.append("this kernel has no seccomp filter: workers could open sockets and start programs")
    return tuple(missing)


def _readable() -> list[Path]:
    """Where Python's modules and the libraries that they load are."""
    python = [Path(entry) for entry in sys.path if entry]
    libraries = [Path(sys.base_prefix) / "lib", *map(Path, _LIBRARIES)]
    return [*python, *libraries]
