"""Functions that the tests of workers declare, and the entries that they take and give."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from poolhouse.space.blocks import BlockRef
from poolhouse.space.declared import declared, handles
from poolhouse.space.limits import MEBIBYTE
from poolhouse.space.remote import space


@dataclass(frozen=True)
class Number:
    value: int


@dataclass(frozen=True)
class Said:
    text: str


@dataclass(frozen=True)
class Doubled:
    value: int
    twice: int


@dataclass(frozen=True)
class Token:
    name: str


@dataclass(frozen=True)
class Picture:
    name: str
    pixels: BlockRef


@dataclass(frozen=True)
class Inverted:
    name: str
    pixels: BlockRef


@declared()
def double(number: int) -> Number:
    return Number(2 * number)


@handles(Number)
def doubled(number: Number) -> Doubled:
    return Doubled(number.value, 2 * number.value)


@declared(attempts=2)
def fail(text: str) -> Said:
    raise ValueError(text)


@declared(attempts=1)
def die(number: int) -> Said:
    os.kill(os.getpid(), number)
    return Said("alive")


@declared(attempts=1)
def refuse(what: str) -> Said:
    """Try what a worker may not do, and say what came of it."""
    try:
        _TRIES[what]()
    except OSError as error:
        return Said(type(error).__name__)
    return Said("done")


_TRIES = {
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: subprocess.run(["/bin/true"], check=False),
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "socket pair": socket.socketpair,
    "parent's memory": lambda: Path(f"/proc/{os.getppid()}/mem").read_bytes(),
    "parent's signal": lambda: os.kill(os.getppid(), 0),
    "own memory map": lambda: Path("/proc/self/maps").read_bytes(),
    "passwords": lambda: Path("/etc/passwd").read_bytes(),
    "write": lambda: Path("/tmp/poolhouse-worker-was-here").write_text("x", "utf-8"),
    "shared memory": lambda: os.memfd_create("x"),
    "root directory": lambda: os.listdir("/"),
    "own signal": lambda: os.kill(os.getpid(), 0),
    "python's library": lambda: Path(os.__file__).read_bytes(),
    "thread": lambda: _thread(),
}


def _thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


@declared(attempts=1)
def read_file(path: str) -> Said:
    try:
        return Said(Path(path).read_text("utf-8"))
    except OSError as error:
        return Said(type(error).__name__)
