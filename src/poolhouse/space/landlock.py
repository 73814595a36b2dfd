"""Landlock: what a process may open and where it may connect, given up for good by itself.

Source: landlock(7), Documentation/userspace-api/landlock.rst. The C library has no wrappers: the three calls have the
same numbers on every machine.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _READ_FILE
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right that a version knows, so that all are given up; what is not named in a rule is refused."""
_BIND_AND_CONNECT_TCP = 0b11  # from version 4
_SCOPES = 0b11  # from version 6: abstract sockets and signals of others


def version() -> int:
    """The version of Landlock that the kernel speaks; 0 where it has none, or has it switched off."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))))


def restrict(readable: Iterable[Path], *, network: bool = False, files: bool = False) -> int:
    """Give up all files but to read and run what is in `readable`, and TCP, for this process. For good.

    Returns the version of Landlock that did it, 0 where the kernel has none. Raises OSError where it refused.
    """
    abi = version()
    if abi == 0:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    known = max(each for each in _FILE_RIGHTS if each <= abi)
    rights = 0 if files else _FILE_RIGHTS[known]
    tcp = _BIND_AND_CONNECT_TCP if abi >= 4 and not network else 0
    scopes = _SCOPES if abi >= 6 else 0
    if not rights | tcp | scopes:
        return abi
    attributes = struct.pack("QQQ", rights, tcp, scopes)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _check(libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))
    try:
        if rights:
            for path in readable:
                _allow(libc, ruleset, path)
        _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _check(libc.syscall(_RESTRICT, ruleset, ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)
    return abi


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    try:
        rights = _READING if path.is_dir() else _OF_A_FILE
        rule = struct.pack("=Qi", rights, descriptor)
        _check(libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
