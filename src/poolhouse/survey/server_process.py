"""Server process: starts a fresh server, waits until it serves, and ends it with everything that it started."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING

from poolhouse.errors import NotServingError
from poolhouse.survey.conversation import turns_for
from poolhouse.survey.observe import stats_of_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.survey.server_options import ServerOptions

Address = tuple[str, int] | str
_START_SECONDS = 30.0
_END_SECONDS = 5.0
_ERROR_BYTES = 4000


class Server:
    """A server that runs: its `address`, its `pid`, and its process `group`, which all that it starts is in."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address, errors: IO[bytes]) -> None:
        self._process = process
        self._errors = errors
        self.address = address
        self.pid = process.pid
        self.group = process.pid
        self._was_asked_to_end = False

    @property
    def error(self) -> str:
        """The end of what it said on standard error."""
        return _tail(self._errors)

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self._process.poll() is None

    def finish(self) -> None:
        """Ask it to end, unless it was asked before."""
        if not self._was_asked_to_end and self.is_running:
            self.terminate()

    def terminate(self, timeout_seconds: float = _END_SECONDS) -> str:
        """Ask its first process to end (SIGTERM); what is left of the group after `timeout_seconds`, as a sentence."""
        self._was_asked_to_end = True
        deadline = time.monotonic() + timeout_seconds
        pids = members(self.group)
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_seconds)
        if self.is_running:
            return "it does not end on SIGTERM"
        left = wait_for_end([pid for pid in pids if pid != self.pid], deadline)
        return f"it ends on SIGTERM and leaves {len(left)} of its processes" if left else ""


@contextmanager
def start_server(options: ServerOptions, *, interpreter: str = sys.executable) -> Iterator[Server]:
    """Start a server that serves while the block lasts: SIGTERM ends it, SIGKILL what is left of its group.

    Costs a new interpreter and the import of the mechanism, some 0.1 to 0.5 s. Raises NotServingError, with what it
    said, where it does not serve within half a minute.
    """
    with tempfile.TemporaryDirectory(prefix="poolhouse-survey-") as place, tempfile.TemporaryFile() as errors:
        asked = replace(
            options,
            heavy_turns=options.heavy_turns or _turns(options.heavy_us),
            path=options.path or f"{place}/socket",
        )
        process = subprocess.Popen(
            [interpreter, "-W", "ignore", "-m", "poolhouse.survey.serving", asked.to_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        server = None
        try:
            server = Server(process, _wait_for_address(process, errors), errors)
            yield server
        finally:
            if server is not None:
                server.finish()
            _kill(process)


def members(group: int) -> list[int]:
    """The processes of a group that have not ended, zombies left out. Costs some 10 us for each process there is."""
    return [pid for pid, fields in stats_of_group(group).items() if fields[0] not in "ZX"]


def wait_for_end(pids: list[int], deadline: float) -> list[int]:
    """Wait until the processes have ended; those that live at `deadline` (time.monotonic)."""
    left = []
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                if not _is_readable(handle, deadline):
                    left.append(pid)
            finally:
                os.close(handle)
    return left


@cache
def _turns(heavy_us: int) -> int:
    return turns_for(heavy_us)


def _is_readable(descriptor: int, deadline: float) -> bool:
    """Wait for it, until the deadline. Not by select(2): whoever measures may have thousands of descriptors."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(max(0.0, deadline - time.monotonic()) * 1000))


def _wait_for_address(process: subprocess.Popen[bytes], errors: IO[bytes]) -> Address:
    assert process.stdout is not None
    line = b""
    deadline = time.monotonic() + _START_SECONDS
    while not line.endswith(b"\n"):
        if not _is_readable(process.stdout.fileno(), deadline):
            raise NotServingError(f"it does not serve after {_START_SECONDS:.0f} s", _tail(errors))
        if not (more := os.read(process.stdout.fileno(), 4096)):
            raise NotServingError("it ended before it served", _tail(errors))
        line += more
    address = json.loads(line)
    return address if isinstance(address, str) else (address[0], address[1])


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for_end(members(process.pid), time.monotonic() + _END_SECONDS)
    if process.stdout is not None:
        process.stdout.close()


def _tail(errors: IO[bytes]) -> str:
    """The last lines, read by position: the server writes to the same file, and its place must not move."""
    size = os.fstat(errors.fileno()).st_size
    return (
        os.pread(errors.fileno(), _ERROR_BYTES, max(0, size - _ERROR_BYTES))
        .decode("utf-8", "replace")
        .strip()
    )
