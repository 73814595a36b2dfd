"""What a worker cannot reach: files, sockets, programs, other processes; by trying, and by running the filter."""

from __future__ import annotations

import errno
import struct
from typing import TYPE_CHECKING

import pytest

from poolhouse.space import MemorySpace, landlock
from poolhouse.space.seccomp import program
from tests.space import jobs
from tests.space.pools import call, working

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = (
    "fork", "exec", "spawn", "socket", "unix socket", "socket pair", "parent's memory", "parent's signal",
    "own memory map", "passwords", "write", "shared memory", "root directory",
)  # fmt: skip
ALLOWED = ("own signal", "python's library", "thread")

AMD, ARM = 0xC000003E, 0xC00000B7
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS


@pytest.mark.slow
@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
async def test_a_worker_reaches_nothing_but_its_job() -> None:
    space = MemorySpace()
    async with working(space) as pool:
        found = {what: (await call(space, jobs.refuse, what)).text for what in (*FORBIDDEN, *ALLOWED)}
        assert pool.unconfined == ()
    assert {what for what, text in found.items() if text == "PermissionError"} == set(FORBIDDEN)
    assert {what for what, text in found.items() if text == "done"} == set(ALLOWED)


@pytest.mark.slow
@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
async def test_a_worker_cannot_read_the_data(tmp_path: Path) -> None:
    secret = tmp_path / "poolhouse.db"
    secret.write_text("everything", "utf-8")
    space = MemorySpace()
    async with working(space):
        assert (await call(space, jobs.read_file, str(secret))).text == "PermissionError"
    async with working(space, files=True):
        assert (await call(space, jobs.read_file, str(secret))).text == "everything"


@pytest.mark.slow
async def test_a_worker_has_the_network_where_that_is_declared() -> None:
    space = MemorySpace()
    async with working(space, network=True):
        assert (await call(space, jobs.refuse, "socket")).text == "done"
        assert (await call(space, jobs.refuse, "exec")).text == "PermissionError"


def run(code: bytes, arch: int, number: int, argument: int = 0) -> int:
    """What a filter answers to a system call: the interpreter of classic BPF, as far as the filter uses it."""
    data = struct.pack("<iIQ6Q", number, arch, 0, argument, 0, 0, 0, 0, 0)
    place = accumulator = 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("<HBBI", code, 8 * place)
        place += 1
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[
            operation
        ]
        place += if_true if holds else if_false


AMD_CALLS = {"socket": 41, "execve": 59, "kill": 62, "clone": 56, "prlimit64": 302, "read": 0, "chmod": 90}
ARM_CALLS = {
    "socket": 198,
    "execve": 221,
    "kill": 129,
    "clone": 220,
    "prlimit64": 261,
    "read": 63,
    "fchmodat": 53,
}


@pytest.mark.parametrize(
    ("machine", "arch", "numbers"), [("x86_64", AMD, AMD_CALLS), ("aarch64", ARM, ARM_CALLS)]
)
def test_the_filter_answers(machine: str, arch: int, numbers: dict[str, int]) -> None:
    code = program(machine, 1234)
    open_code = program(machine, 1234, network=True, files=True)
    assert code is not None
    assert open_code is not None
    for name in ("socket", "execve", "chmod", "fchmodat"):
        if name in numbers:
            assert run(code, arch, numbers[name]) == EPERM, name
            assert run(open_code, arch, numbers[name]) == (EPERM if name == "execve" else ALLOW), name
    assert run(code, arch, numbers["read"]) == ALLOW
    assert run(code, arch, numbers["kill"], 1234) == ALLOW
    assert run(code, arch, numbers["kill"], 1) == EPERM
    assert run(code, arch, numbers["kill"], 2**32 - 1) == EPERM
    assert [run(code, arch, numbers["prlimit64"], pid) for pid in (0, 1234, 1)] == [ALLOW, ALLOW, EPERM]
    assert run(code, arch, numbers["clone"], 0x3D0F00) == ALLOW, "a thread"
    assert run(code, arch, numbers["clone"], 17) == EPERM, "a process"
    assert run(code, arch, 435) == ENOSYS
    assert run(code, 0x40000003, numbers["read"]) == KILL, "the numbers of another machine"


def test_the_other_numbers_of_amd64_are_refused() -> None:
    code = program("x86_64", 1234)
    assert code is not None
    assert run(code, AMD, 0x40000000 | 41) == EPERM


def test_an_unknown_machine_has_no_filter() -> None:
    assert program("riscv64", 1234) is None
