"""Pool: worker subprocesses that do the jobs of a space: started when there is work, ended when there is none.

A worker has one job at a time. When it dies, for whatever reason, what it held goes back in that moment. Who takes
longer than it may, or is called off, is asked to stop, then told (SIGTERM), then killed.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING

from poolhouse.errors import SpaceClosedError, SpaceError
from poolhouse.space import frames
from poolhouse.space.assignment import Assignment
from poolhouse.space.declared import declarations_of
from poolhouse.space.entries import field_names, kind_of
from poolhouse.space.hand import Hand
from poolhouse.space.limits import Limits
from poolhouse.space.process import COMMAND
from poolhouse.space.templates import Template
from poolhouse.space.waiting import Waiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from poolhouse.space.bag import Stored
    from poolhouse.space.declared import Declaration
    from poolhouse.space.hand import Timers
    from poolhouse.space.memory import MemorySpace

_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 30.0

_log = logging.getLogger("poolhouse.space")


class WorkerPool:
    """Up to `count` workers for what `modules` declare. Use it as an async context manager, within the space's loop.

    `entries` are the classes that functions may take, read and put through `remote.space`; `network` and `files` let
    workers have those; `paths` are more places for modules, `preload` modules to import before the first job. A worker
    ends after `idle_seconds` without work; one that is to stop has `grace_seconds` before each sterner step. `timers`
    are the loop's where none are given.
    """

    def __init__(
        self,
        space: MemorySpace,
        modules: Iterable[str],
        *,
        count: int = 2,
        entries: Iterable[type] = (),
        network: bool = False,
        files: bool = False,
        niceness: int = 10,
        paths: Iterable[str | os.PathLike[str]] = (),
        preload: Iterable[str] = (),
        idle_seconds: float = 30.0,
        grace_seconds: float = 1.0,
        command: Sequence[str] = COMMAND,
        timers: Timers | None = None,
    ) -> None:
        self._space = space
        self._blocks = space.blocks
        self._count = count
        self._kinds = {kind_of(cls): frozenset(field_names(cls)) for cls in entries}
        self._idle_seconds = idle_seconds
        self._grace_seconds = grace_seconds
        self._command = command
        self._given_timers = timers
        modules = tuple(modules)
        self._declarations = _declarations(modules)
        self._templates = tuple(Template(kind) for kind in self._declarations)
        self._setup = frames.Setup(
            modules=tuple((name, _file_of(name)) for name in modules),
            paths=tuple(os.fspath(path) for path in paths),
            preload=tuple(preload),
            niceness=niceness,
            most=_most(declaration.limits for declaration in self._declarations.values()),
            network=network,
            files=files,
        )
        self._hands: set[Hand] = set()
        self._idle: list[Hand] = []
        self._by_job: dict[int, Hand] = {}
        self._waiter: Waiter | None = None
        self._resting: set[asyncio.TimerHandle] = set()
        self._failures = 0
        self._is_seeking = False
        self._is_open = False
        self._is_empty = asyncio.Event()
        self.unconfined: tuple[str, ...] = ()

    @property
    def pids(self) -> Sequence[int]:
        """The workers that there are now."""
        return [hand.process.pid for hand in self._hands]

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._timers = self._given_timers or self._loop
        self._is_open = True
        self._seek()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers; what they held goes back, without an attempt counted. Nothing is left of them."""
        self._is_open = False
        if self._waiter is not None:
            self._space.withdraw(self._waiter)
        for handle in self._resting:
            handle.cancel()
        for hand in self._hands:
            hand.close()
        if self._hands:
            await self._is_empty.wait()

    def stop(self, stored: Stored) -> None:
        """As `bag.Holder.stop`: ask the worker to stop, then tell it, then kill it."""
        if stored.id in self._by_job:
            self._by_job[stored.id].stop(None)

    def _seek(self) -> None:
        """Wait in the space for the next job, where somebody is there to do it or can be started.

        A job that is there comes within the call, and may be over within it: then go on here, not ever deeper.
        """
        if self._is_seeking:
            return
        self._is_seeking = True
        try:
            while self._waiter is None and self._is_open and self._has_hand:
                self._waiter = Waiter(self._templates, self._deliver, self._end, holder=self)
                self._space.wait_now(self._waiter)
        except SpaceClosedError:
            self._waiter = None
        finally:
            self._is_seeking = False

    @property
    def _has_hand(self) -> bool:
        return bool(self._idle) or len(self._hands) + len(self._resting) < self._count

    def _end(self, _: Exception) -> None:
        self._waiter = None  # the space is closed

    def _deliver(self, stored: Stored) -> None:
        """A job has come: the worker that was last at work has it, for its memory is warm."""
        self._waiter = None
        while self._idle and not self._idle[-1].process.is_open:  # it is dying
            self._idle.pop()
        try:
            hand = self._idle.pop() if self._idle else self._start()
        except OSError as error:
            _log.error("A worker could not be started: %s", error.strerror)
            self._rest()
            self._space.put_back_now(stored, None)
            return
        declaration = self._declarations[stored.kind]
        if declaration.takes is not None and declaration.attempts is not None:
            stored.attempt_limit = declaration.attempts
        self._by_job[stored.id] = hand
        hand.give(Assignment(self._space, self._blocks, hand.process, stored, declaration, self._kinds))
        self._seek()

    def _start(self) -> Hand:
        hand = Hand(self._loop, self._timers, self._command, self._grace_seconds, self._idle_seconds, self)
        self._hands.add(hand)
        self._is_empty.clear()
        hand.process.send(self._setup)
        return hand

    # as `hand.Foreman`

    def ready(self, unconfined: tuple[str, ...]) -> None:
        """As `Foreman.ready`."""
        if unconfined != self.unconfined:
            self.unconfined = unconfined
            for sentence in unconfined:
                _log.warning("%s", sentence)

    def free(self, hand: Hand, stored: Stored, *, is_last: bool) -> None:
        """As `Foreman.free`."""
        self._failures = 0
        self._forget(hand, stored)
        if not is_last:
            self._idle.append(hand)
            self._seek()

    def gone(self, hand: Hand, stored: Stored | None, failure: str | None) -> None:
        """As `Foreman.gone`."""
        self._hands.discard(hand)
        if hand in self._idle:
            self._idle.remove(hand)
        if stored is not None:
            self._forget(hand, stored)
        if self._is_open and failure is not None:
            _log.warning("%s", failure)
            self._rest()
        if not self._hands:
            self._is_empty.set()
        self._seek()

    def _forget(self, hand: Hand, stored: Stored) -> None:
        if self._by_job.get(stored.id) is hand:  # it may have been put back, and given to another, by now
            del self._by_job[stored.id]

    def _rest(self) -> None:
        """Start no other in the place of one that failed, for a while that doubles with each that fails in a row."""
        delay = min(_FIRST_DELAY_SECONDS * 2**self._failures, _LONGEST_DELAY_SECONDS)
        self._failures = min(self._failures + 1, 16)

        def rested() -> None:
            self._resting.discard(handle)
            self._seek()

        handle = self._timers.call_at(self._timers.time() + delay, rested)
        self._resting.add(handle)


def _declarations(modules: Sequence[str]) -> dict[str, Declaration]:
    """What modules declare, by the kinds it waits for. Raises SpaceError where two functions handle one class."""
    found: dict[str, Declaration] = {}
    for name in modules:
        for kind, declaration in declarations_of(importlib.import_module(name), name):
            if kind in found:
                raise SpaceError(f"two functions handle {kind}")
            found[kind] = declaration
            declaration.check()
    return found


def _file_of(module: str) -> str | None:
    """The file of the program itself, which has no name that another process could import it by."""
    return os.path.abspath(sys.modules[module].__file__ or "") if module == "__main__" else None


def _most(all_limits: Iterable[Limits]) -> Limits:
    """Limits that are the highest of each."""
    each = list(all_limits) or [Limits()]
    return Limits(
        cpu_seconds=max(limits.cpu_seconds for limits in each),
        wall_seconds=max(limits.wall_seconds for limits in each),
        memory_bytes=max(limits.memory_bytes for limits in each),
    )
