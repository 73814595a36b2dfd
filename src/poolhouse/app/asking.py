"""Asking: a conversation with a mail account, and the thread that it has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from poolhouse.fetch.imap import Conversation

Result = TypeVar("Result")


class Asking:
    """A conversation and its thread: one question at a time, given up at once where whoever asks is cancelled."""

    def __init__(self, conversation: Conversation, thread: ThreadPoolExecutor) -> None:
        self.conversation = conversation
        self._thread = thread

    async def ask(self, question: Callable[..., Result], *arguments: Any) -> Result:
        """The answer, from the thread. Raises what the question does."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, question, *arguments)
        except asyncio.CancelledError:
            self.conversation.stop()
            raise
