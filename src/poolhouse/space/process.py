"""Process: one worker as its pool has it: a subprocess, its socket, and the descriptor that tells when it is dead.

Nothing here waits: a packet that the socket does not take now is sent when it does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING

from poolhouse.space.frames import FRAME_BYTES, FrameError, decode_from_worker, encode_frame

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from poolhouse.space.frames import FromWorker, ToWorker

COMMAND = (sys.executable, "-I", "-c", "from poolhouse.space.worker import main; main()")
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",  # a worker is for one processor
    "OPENBLAS_NUM_THREADS": "1",
}
_UNSENT_PACKETS = 8
"""Who lets more packets lie has stopped reading: a worker is told one thing at a time, and asks one thing at a time."""


class WorkerProcess:
    """Starts a worker, by spawning, never by forking this process. `gone` is told its return code when it is dead.

    `died_unread` then says whether it left a frame that it was sent unread (ECONNRESET, EPIPE: unix(7)).
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        command: Sequence[str],
        hear: Callable[[FromWorker], None],
        gone: Callable[[int], None],
    ) -> None:
        self._loop = loop
        self._hear = hear
        self._gone = gone
        self._unsent: deque[tuple[bytes, Sequence[int]]] = deque()
        self._buffer = bytearray(FRAME_BYTES)
        self._link, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.is_open = True
        self.died_unread = False
        self.fault: str | None = None
        with there:
            self._link.setblocking(False)
            self._process = subprocess.Popen(
                [*command, str(there.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._pidfd = os.pidfd_open(self.pid)
        loop.add_reader(self._link.fileno(), self._read)
        loop.add_reader(self._pidfd, self._end)

    def send(self, frame: ToWorker, descriptors: Sequence[int] = ()) -> None:
        """Send a frame, now or when it can be. Raises FrameError where it is too large.

        Descriptors have to stay open until the worker answers or is dead.
        """
        packet = encode_frame(frame)
        if not self._unsent and self._send(packet, descriptors):
            return
        if not self._unsent and self.is_open:
            self._loop.add_writer(self._link.fileno(), self._write)
        self._unsent.append((packet, descriptors))
        if len(self._unsent) > _UNSENT_PACKETS:
            self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send it a signal; nothing where it is dead. By its descriptor, so that no other process is ever meant."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def hang_up(self) -> None:
        """Hear and say nothing more. A worker that waits for work ends by itself then."""
        if self.is_open:
            self.is_open = False
            self._unsent.clear()
            self._loop.remove_reader(self._link.fileno())
            self._loop.remove_writer(self._link.fileno())
            self._link.close()

    def kill(self) -> None:
        """End it now; `gone` is called when it is dead, and no frame of it is heard before that."""
        self.hang_up()
        self.signal(signal.SIGKILL)

    def _send(self, packet: bytes, descriptors: Sequence[int]) -> bool:
        if not self.is_open:
            return True
        try:
            if descriptors:
                socket.send_fds(self._link, [packet], list(descriptors))
            else:
                self._link.send(packet)
        except BlockingIOError:
            return False
        except OSError:
            self.died_unread = True  # that it is dying is told by its other descriptor
        return True

    def _write(self) -> None:
        while self._unsent and self._send(*self._unsent[0]):
            self._unsent.popleft()
        if not self._unsent and self.is_open:
            self._loop.remove_writer(self._link.fileno())

    def _read(self) -> bool:
        """Hear one frame; False where there is none. Who hangs up without dying could still write blocks: kill it."""
        try:
            size = self._link.recv_into(self._buffer)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            self.died_unread = True
            return self._read()  # it is told once; what the worker said before is still there
        except OSError:
            size = 0
        if size:
            try:
                self._hear(decode_from_worker(memoryview(self._buffer)[:size]))
            except FrameError as error:
                self.fault = f"the worker said what it may not: {error}"
                size = 0
        if not size:
            self.kill()
        return size > 0

    def _end(self) -> None:
        """It is dead: hear what it said before, then let go of all of it."""
        while self.is_open and self._read():
            pass
        self.hang_up()
        self._loop.remove_reader(self._pidfd)
        status = self._process.wait()
        os.close(self._pidfd)
        self._gone(status)


def how_it_ended(status: int) -> str:
    """A process's end in words, by its return code as `subprocess` has it."""
    if status < 0:
        names = {each.value: each.name for each in signal.Signals}  # most real-time signals have none
        return f"the worker died by signal {-status} ({names.get(-status, 'without a name')})"
    return f"the worker ended by itself, with status {status}"
