"""Obstacles: why an interpreter or a system cannot run a mechanism, as a short sentence; empty where it can."""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import os
import select
import shutil
import sys
import sysconfig

_IO_URING_SETUP = 425  # the same on every architecture (asm-generic/unistd.h)
_PARAMS_BYTES = 120  # struct io_uring_params


def no_fork() -> str:
    """Where processes cannot fork."""
    return "" if hasattr(os, "fork") else "no fork() on this system"


def no_poll() -> str:
    """Where there is no poll()."""
    return "" if hasattr(select, "poll") else "no poll() on this system"


def no_epoll() -> str:
    """Where there is no epoll."""
    return "" if hasattr(select, "epoll") else "no epoll on this system"


def no_compiler() -> str:
    """Where the C server cannot be compiled."""
    return no_epoll() or ("" if shutil.which("cc") else "no C compiler named cc")


def no_io_uring() -> str:
    """Where the kernel refuses to make a ring: it is old, or whoever runs it has switched io_uring off."""
    if not sys.platform.startswith("linux"):
        return "io_uring is Linux's"
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(_PARAMS_BYTES))
    if ring < 0:
        code = ctypes.get_errno()
        return f"the kernel refuses io_uring ({errno.errorcode.get(code, code)})"
    os.close(ring)
    return ""


def curio_is_of_old() -> str:
    """Curio 1.6 uses what multiprocessing.connection had until 3.11."""
    return "" if sys.version_info < (3, 12) else "curio 1.6 does not import from Python 3.12 on"


def no_subinterpreters() -> str:
    """Interpreters with a lock each that Python can start: from 3.13 on."""
    found = any(importlib.util.find_spec(name) for name in ("concurrent.interpreters", "_interpreters"))
    return no_epoll() or ("" if found else "needs Python 3.13 or newer")


def no_free_threads() -> str:
    """Builds whose threads can run at once."""
    is_free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return no_epoll() or ("" if is_free else "needs a free-threaded build (python3.13t or newer)")
