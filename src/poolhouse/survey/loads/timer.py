"""Timer: a timerfd, which wakes an epoll at a time to the microsecond. Python has them from 3.13 on; here by ctypes."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1  # TFD_TIMER_ABSTIME
_NON_BLOCKING: Final = os.O_NONBLOCK | os.O_CLOEXEC
_NS: Final = 1_000_000_000


class _Itimerspec(ctypes.Structure):
    _fields_ = (
        ("interval_seconds", ctypes.c_long),
        ("interval_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class Timer:
    """Is readable from a time on; `set` makes it unreadable until then. Costs some 2 µs to set."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._spec = _Itimerspec()
        self._pointer = ctypes.byref(self._spec)
        self.fd: int = self._libc.timerfd_create(_CLOCK_MONOTONIC, _NON_BLOCKING)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def set(self, at: int) -> None:
        """Wake at a time of the monotonic clock, in nanoseconds; one that is past wakes at once."""
        self._spec.seconds, self._spec.nanoseconds = divmod(max(at, 1), _NS)
        self._libc.timerfd_settime(self.fd, _ABSOLUTE, self._pointer, None)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)
