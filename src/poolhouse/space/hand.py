"""Hand: one worker of a pool: its process, the job that it has, and the clock that runs for it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final, Protocol

from poolhouse.space import frames
from poolhouse.space.frames import FrameError, short
from poolhouse.space.process import WorkerProcess, how_it_ended

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from poolhouse.space.assignment import Assignment
    from poolhouse.space.bag import Stored
    from poolhouse.space.frames import FromWorker

NO_START: Final = "the worker could not start"
"""How a reason begins that is no job's: the worker had not looked at one yet."""


class Timers(Protocol):
    """What a pool takes of the event loop's clock."""

    def time(self) -> float:
        """Now, in seconds from some fixed moment."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> asyncio.TimerHandle:
        """Call `callback` then."""


class Foreman(Protocol):
    """Who is told what becomes of a hand."""

    def ready(self, unconfined: tuple[str, ...]) -> None:
        """It is set up; `unconfined` says what the kernel could not take from it."""

    def free(self, hand: Hand, stored: Stored, *, is_last: bool) -> None:
        """It is done with a job, well or not; with `is_last` it takes no other."""

    def gone(self, hand: Hand, stored: Stored | None, failure: str | None) -> None:
        """It is dead, and the job it had was put back; `failure` is None where it was meant to end."""


class Hand:
    """Starts a worker. It ends by itself after `idle_seconds` without a job. Raises OSError where it cannot start."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        timers: Timers,
        command: Sequence[str],
        grace_seconds: float,
        idle_seconds: float,
        foreman: Foreman,
    ) -> None:
        self.process = WorkerProcess(loop, command, self._hear, self._gone)
        self._timers = timers
        self._grace_seconds = grace_seconds
        self._idle_seconds = idle_seconds
        self._foreman = foreman
        self._assignment: Assignment | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._next_step: asyncio.TimerHandle | None = None
        self._reason: str | None = None
        self._is_ready = False
        self._is_job_alone = False  # it was sent to one that was ready, and no word has been said since
        self._is_ending = False
        self._is_closed = False

    def give(self, assignment: Assignment) -> None:
        """Have it do a job."""
        self._assignment = assignment
        self._is_job_alone = self._is_ready
        try:
            assignment.begin()
        except FrameError as error:
            assignment.bury(str(error))
            self._is_free(is_last=False)
        except OSError as error:  # no memory or no descriptor for the copy of a block
            assignment.fail(f"it could not be given to a worker: {error.strerror}")
            self._is_free(is_last=False)
        else:
            self._run_until(self._timers.time() + assignment.declaration.limits.wall_seconds)

    def stop(self, reason: str | None) -> None:
        """Have it stop the job that it does: it is asked, after a grace told, after another killed."""
        if self._assignment is None or self._next_step is not None:
            return
        self._reason = reason
        self._is_job_alone = False
        self.process.send(frames.CallOff(self._assignment.stored.id))
        self._assignment.stop()
        self._next_step = self._after_grace(self._tell)

    def close(self) -> None:
        """End it now."""
        self._is_closed = self._is_ending = True
        self.process.kill()

    def _tell(self) -> None:
        self.process.signal(signal.SIGTERM)
        self._next_step = self._after_grace(self._kill)

    def _kill(self) -> None:
        self._is_ending = True
        self.process.kill()

    def _after_grace(self, step: Callable[[], None]) -> asyncio.TimerHandle:
        return self._timers.call_at(self._timers.time() + self._grace_seconds, step)

    def _run_until(self, deadline: float) -> None:
        """Set the one clock; most times the alarm that is set already rings early enough, and is then set anew."""
        self._deadline = deadline
        if self._alarm is None or self._alarm_at > deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._timers.call_at(deadline, self._ring)
            self._alarm_at = deadline

    def _ring(self) -> None:
        self._alarm = None
        if self._timers.time() < self._deadline:
            self._run_until(self._deadline)
        elif self._assignment is not None:
            self.stop(self._assignment.declaration.limits.too_much_time())
        else:
            self._kill()

    def _hear(self, frame: FromWorker) -> None:
        """Do what a frame says. Raises FrameError for one that cannot come now."""
        assignment = self._assignment
        self._is_job_alone = False
        if not self._is_ready and isinstance(frame, frames.Ready):
            self._is_ready = True
            self._foreman.ready(frame.unconfined)
        elif not self._is_ready and isinstance(frame, frames.Unfit):
            self._reason = f"{NO_START}: {short(frame.reason)}"
        elif assignment is None or not self._is_ready:
            raise FrameError("it has no job to speak of")
        elif not isinstance(frame, (frames.Done, frames.Failed)):
            assignment.hear(frame)
        elif frame.id != assignment.stored.id:
            raise FrameError("it speaks of another's job")
        else:
            if isinstance(frame, frames.Done):
                assignment.finish(frame)
            else:
                assignment.fail(self._reason or short(frame.reason))
            self._is_free(is_last=frame.is_last)

    def _is_free(self, *, is_last: bool) -> None:
        assert self._assignment is not None
        stored, self._assignment = self._assignment.stored, None
        self._reason = None
        if self._next_step is not None:
            self._next_step.cancel()
            self._next_step = None
        self._is_ending = is_last
        self._run_until(self._timers.time() + (self._grace_seconds if is_last else self._idle_seconds))
        self._foreman.free(self, stored, is_last=is_last)

    def _gone(self, status: int) -> None:
        for handle in (self._alarm, self._next_step):
            if handle is not None:
                handle.cancel()
        assignment, self._assignment = self._assignment, None
        reason = self._reason or self.process.fault or how_it_ended(status)
        if self._reason is None and not self._is_ready:
            reason = f"{NO_START}: {reason}"
        if assignment is not None:
            if status == -signal.SIGXCPU:
                reason = assignment.declaration.limits.too_much_cpu()
            # a job that it died without looking at had no part in that: others may have died in the same moment
            is_unseen = self._is_job_alone and self.process.died_unread
            assignment.fail(None if self._is_closed or is_unseen else reason)
        failure = None if self._is_ending else reason
        self._foreman.gone(self, None if assignment is None else assignment.stored, failure)
