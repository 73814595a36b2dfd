"""AccountPull: one account, asked again and again. Its conversation has a thread; the loop keeps what it hears."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.app.asking import Asking
from poolhouse.app.folder_pull import FolderPull
from poolhouse.errors import ConflictError, FetchError, LogInRefusedError, RefusedAddressError, StoreError
from poolhouse.rules.pulling import IDLE_SECONDS, POLL_SECONDS, back_off
from poolhouse.services.pulling import PullTask, begin_pull, record_asked, record_failure, see_folders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from poolhouse.app.folder_pull import PulledFolder
    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.imap import Conversation
    from poolhouse.types import AccountId, AccountPlace

LASTED_SECONDS = 60.0
"""A conversation that lasted so long makes earlier failures forgotten: who hangs up at once is not asked at once."""

_log = logging.getLogger("poolhouse.pulling")


class AccountPull:
    """Pulls from one account as it is now; whoever changes it cancels this and begins anew."""

    def __init__(
        self,
        house: RunningHouse,
        account_id: AccountId,
        *,
        message_bytes: int,
        pause: Callable[[float], Awaitable[object]],
        chance: Callable[[], float],
        connect: Callable[[AccountPlace], Conversation],
    ) -> None:
        self._house = house
        self._account_id = account_id
        self._folders = FolderPull(house, message_bytes=message_bytes)
        self._pause = pause
        self._chance = chance
        self._connect = connect
        self._failures = 0
        self._was_asked = False

    async def run(self) -> None:
        """Pull until nothing is to be pulled any more. Raises StoreError before it has begun."""
        house = self._house
        while task := await house.write(lambda tx: begin_pull(tx, house.sealer, self._account_id)):
            self._was_asked, begun = False, asyncio.get_running_loop().time()
            try:
                await self._converse(task)
                return
            except ConflictError:
                return  # it was changed: another pull begins
            except (LogInRefusedError, RefusedAddressError) as error:
                await self._tell(task, error.reason, stops=True)
                return
            except FetchError as error:
                _log.info("account %d could not be asked: %s", self._account_id, error)
                await self._tell(task, error.reason)
            except StoreError as error:
                _log.warning("what account %d brought could not be kept: %s", self._account_id, error)
                await self._tell(
                    task, "what came could not be kept: nothing can be written here at the moment"
                )
            is_fresh = self._was_asked and asyncio.get_running_loop().time() - begun >= LASTED_SECONDS
            self._failures = 1 if is_fresh else self._failures + 1
            await self._pause(back_off(self._failures, self._chance()))

    async def _tell(self, task: PullTask, reason: str, *, stops: bool = False) -> None:
        with suppress(StoreError):
            await self._house.write(lambda tx: record_failure(tx, task, reason, stops=stops))

    async def _converse(self, task: PullTask) -> None:
        """Ask until something is wrong; returns where no folder is chosen."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail-account")
        conversation = self._connect(task.account.place)
        asking = Asking(conversation, thread)
        try:
            await asking.ask(conversation.log_in, task.password)
            folders = await asking.ask(conversation.folders)
            names = [(each.name, each.delimiter) for each in folders]
            await self._house.write(lambda tx: see_folders(tx, task, names))
            if task.folders:
                await self._ask_on(task, asking)
        finally:
            conversation.stop()  # so the thread is done at once, whatever it waits for
            thread.submit(conversation.log_out)
            thread.shutdown(wait=False)

    async def _ask_on(self, task: PullTask, asking: Asking) -> None:
        conversation, account = asking.conversation, task.account
        is_heard, in_vain, refusals = False, 0, 0
        listening = IDLE_SECONDS if len(task.folders) == 1 else POLL_SECONDS
        hears_flags = account.mirrors_read or account.mirrors_starred
        while True:
            found = await self._pull_all(task, asking)
            count = sum(each.new_count for each in found)
            await self._house.write(partial(record_asked, task=task, new_count=count))
            self._was_asked = True
            is_news = count or any(each.changed_count for each in found)
            in_vain = in_vain + 1 if is_heard and not is_news else 0
            if in_vain:  # a server that cries wolf is heard less and less
                await self._pause(min(2.0**in_vain, POLL_SECONDS))
            seconds = listening if conversation.can_idle else POLL_SECONDS
            refusals = refusals + 1 if any(each.is_refused for each in found) else 0
            if refusals:  # the other folders are listened to meanwhile
                seconds = min(back_off(refusals, self._chance()), POLL_SECONDS)
            if conversation.can_idle:
                is_heard = await asking.ask(conversation.idle, seconds, hears_flags)
            else:
                await self._pause(seconds)

    async def _pull_all(self, task: PullTask, asking: Asking) -> Sequence[PulledFolder]:
        """Pull every folder, the INBOX last: it is the one that is listened to."""
        pull = self._folders.pull
        found = [await pull(task, asking, folder) for folder in reversed(task.folders)]
        while asking.conversation.can_idle and found[-1].new_count:
            # whoever listens only then is not told of what came while those were fetched
            found.append(await pull(task, asking, task.folders[0]))
        return found
