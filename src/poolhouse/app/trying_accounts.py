"""Asks a mail account once, before it is kept: whether it can be reached, whether it lets us in, what it holds."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from poolhouse.errors import FetchError, InvalidInputError, LogInRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.fetch.imap import Conversation
    from poolhouse.fetch.imap_wire import Network
    from poolhouse.types import AccountPlace

TRIES_AT_A_TIME = 4
DEADLINE_SECONDS = 60.0


class AccountTrials:
    """At most TRIES_AT_A_TIME at a time, for whoever wants to add an account."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._turns = asyncio.Semaphore(TRIES_AT_A_TIME)

    async def ask(
        self, place: AccountPlace, password: str, networks: tuple[Network, ...]
    ) -> Sequence[tuple[str, str]]:
        """The names of its folders, and their delimiters. Raises InvalidInputError, which says what is wrong."""
        from poolhouse.fetch.imap import Conversation  # late, as in app.pulling

        if self._threads is None:
            self._threads = ThreadPoolExecutor(TRIES_AT_A_TIME, thread_name_prefix="account-trial")
        conversation = Conversation(place, networks)
        async with self._turns:
            asked = asyncio.get_running_loop().run_in_executor(
                self._threads, ask_once, conversation, password
            )
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    return await asked
            except TimeoutError:
                raise InvalidInputError("host", f"{place.host} did not answer in time.") from None
            finally:
                conversation.stop()

    def close(self) -> None:
        """Wait for nobody."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def ask_once(conversation: Conversation, password: str) -> Sequence[tuple[str, str]]:
    """Log in, list the folders, log out; it blocks. Raises InvalidInputError, which names what is wrong."""
    try:
        conversation.log_in(password)
        return [(each.name, each.delimiter) for each in conversation.folders()]
    except LogInRefusedError as error:
        raise InvalidInputError("password", f"It lets nobody in with that: {error.reason}") from error
    except FetchError as error:
        raise InvalidInputError("host", f"{error.reason[:1].upper()}{error.reason[1:]}.") from error
    finally:
        conversation.log_out()
