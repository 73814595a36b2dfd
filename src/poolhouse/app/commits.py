"""Commits: tells the event loop that the writer's thread committed something. Nothing where nobody listens."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Commits:
    """Listeners of several loops; each is told once for all the commits that came before it could run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: dict[Callable[[], None], asyncio.AbstractEventLoop] = {}
        self._told: set[Callable[[], None]] = set()

    def announce(self) -> None:
        """Something was committed; for the writer's thread. Waits for nobody."""
        with self._lock:
            fresh = [each for each in self._listeners.items() if each[0] not in self._told]
            self._told.update(self._listeners)
        for listener, loop in fresh:
            # the last commits of a server that stops find the loop closed
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._tell, listener)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener`, in the running loop, soon after each commit within the block."""
        with self._lock:
            self._listeners[listener] = asyncio.get_running_loop()
        try:
            yield
        finally:
            with self._lock:
                del self._listeners[listener]
                self._told.discard(listener)

    async def next(self, timeout_seconds: float) -> bool:
        """Wait for the next commit; False where none came in time. One made before this call began does not count."""
        came = asyncio.Event()
        with self.listening(came.set), suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await came.wait()
        return came.is_set()

    def _tell(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._told.discard(listener)
            is_there = listener in self._listeners
        if is_there:
            listener()
