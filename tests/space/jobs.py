"""Functions that the tests of workers declare, and the entries that they take and give."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.space.blocks import BlockRef
from poolhouse.space.declared import declared, handles
from poolhouse.space.limits import MEBIBYTE
from poolhouse.space.remote import space

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


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


def _run_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


_TRIES: dict[str, Callable[[], object]] = {
    "thread": _run_thread,
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
}


@declared(attempts=1)
def read_file(path: str) -> Said:
    try:
        return Said(Path(path).read_text("utf-8"))
    except OSError as error:
        return Said(type(error).__name__)


@declared(attempts=1, memory_bytes=64 * MEBIBYTE)
def hoard(mebibytes: int) -> Said:
    """Take that much memory."""
    return Said(str(len(bytearray(mebibytes * MEBIBYTE))))


@declared(attempts=1, memory_bytes=64 * MEBIBYTE)
def hoard_blocks(mebibytes: int) -> Said:
    """Take that much memory in blocks of a MiB."""
    for _ in range(mebibytes):
        space().blocks.new(MEBIBYTE)
    return Said("done")


@declared(attempts=1, cpu_seconds=1)
def spin() -> Said:
    """Compute without end."""
    while True:
        pass


@declared(attempts=1, wall_seconds=5)
def hang(how: str) -> Said:
    """Say that it has begun, and never end by itself."""
    space().out(Token(f"began {how}"))
    if how == "polite":
        while not space().cancelled():
            pass
        return Said("stopped when asked")
    if how == "waiting":
        with space().take(Said):
            pass
    if how == "asleep":
        threading.Event().wait()
    if how == "computing":
        while True:
            pass
    deque(itertools.count(), maxlen=0)  # in C: no handler of Python's runs
    return Said("never")


@handles(Picture)
def invert(picture: Picture) -> Inverted:
    """Invert a picture where it is."""
    with space().blocks.open(picture.pixels) as block:
        block.view[:] = bytes(block.view).translate(_INVERSE)
        return Inverted(picture.name, block.ref)


_INVERSE = bytes(range(255, -1, -1))


@declared(attempts=2)
def scribble(picture: Picture, how: str) -> Inverted:
    """Write half of a picture, and fail at the first attempt; say what was there at the second."""
    with space().blocks.open(picture.pixels) as block:
        seen = "torn" if block.is_torn else "whole"
        first, was_torn = block.view[0], block.is_torn
        block.view[0] = 99
        if not was_torn and space().try_rd(Token, name="once") is None:
            space().out(Token("once"))
            if how == "raise":
                raise ValueError("half done")
            os.kill(os.getpid(), 9)
        return Inverted(f"{seen} {first}", block.ref)


@declared(attempts=1)
def make_picture(size_bytes: int) -> Picture:
    """Make a picture in a block of its own."""
    import numpy as np

    with space().blocks.new(size_bytes) as block:
        np.frombuffer(block.view, np.uint8)[:] = 7
        return Picture("made", block.ref)


@declared(attempts=1)
def keep_looking(picture: Picture) -> Inverted:
    """Keep an array over a block that is given on, and write into it in the next job."""
    import numpy as np

    block = space().blocks.open(picture.pixels)
    _LEFT.append(np.frombuffer(block.view, np.uint8))
    return Inverted("kept", block.ref)


@declared(attempts=1)
def write_what_is_left() -> Said:
    """Write into what an earlier job kept."""
    array = _LEFT.pop()
    array[:] = 66
    return Said(f"wrote {array[0]}")


_LEFT: list[np.ndarray[tuple[int], np.dtype[np.uint8]]] = []


@declared(attempts=1)
def add_up(count: int) -> Number:
    """Put numbers for others to double, and add up what they make of them."""
    space().out(*(Number(each) for each in range(count)))
    total = 0
    for each in range(count):
        with space().take(Doubled, value=each) as doubled_number:
            total += doubled_number.twice
    return Number(total)


@declared(attempts=1)
def pass_on(fails: bool) -> Said:
    """Take a token and put another with the commit, or fail within."""
    taking = space().try_take(Token, name="baton")
    with taking as token:
        if token is None:
            return Said("there was none")
        taking.out(Token("passed on"))
        if fails:
            raise ValueError("dropped it")
    return Said(token.name)


@declared(attempts=1)
def overreach(how: str) -> Said:
    """Ask for what its pool does not allow."""
    if how == "take":
        with space().take(Inverted):
            pass
    elif how == "put":
        space().out(Inverted("x", BlockRef(1, 1, 1)))
    elif how == "large":
        return Said("x" * 70_000)
    elif how == "wrong":
        return Token("x")  # type: ignore[return-value]  # that is what is tried
    return Said("done")


@declared(attempts=1)
def hang_with(picture: Picture) -> Said:
    """Open a block, say so, and never end."""
    with space().blocks.open(picture.pixels) as block:
        block.view[0] = 1
        space().out(Token("began with"))
        threading.Event().wait()
    return Said("never")
