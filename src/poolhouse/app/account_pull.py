"""AccountPull: one account, asked again and again. Its conversation has a thread; what it hears is kept from the loop.

The bytes of a batch are kept with one flush, then its messages in one commit with how far their folder is: wherever it
is broken off, everything comes once.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from poolhouse.errors import (
    ConflictError,
    FetchError,
    FolderRefusedError,
    LogInRefusedError,
    RefusedAddressError,
    StoreError,
    StoreFullError,
)
from poolhouse.rules.pulling import IDLE_SECONDS, POLL_SECONDS, REFUSALS, back_off, new_uids, plan_batches
from poolhouse.services.pulling import (
    PulledMail,
    PullTask,
    begin_pull,
    follow_flags,
    keep_pulled,
    open_folder,
    record_asked,
    record_failure,
    record_folder_failure,
    see_folders,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.imap import Conversation, Fetched, OpenedFolder
    from poolhouse.rules.pulling import PullBatch
    from poolhouse.types import AccountId, AccountPlace, FolderId, FolderProgress, MailFolder

Result = TypeVar("Result")

FLAGS_AT_A_TIME = 500
FLAGS_LISTED = 2_000
"""Where a server does not count changes, the flags of so many messages are listed each time, the newest."""

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
        self._message_bytes = message_bytes
        self._pause = pause
        self._chance = chance
        self._connect = connect
        self._failures = 0
        self._refused: tuple[FolderId, int] | None = None
        self._refusals = 0
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
        asking = _Asking(conversation, thread)
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

    async def _ask_on(self, task: PullTask, asking: _Asking) -> None:
        conversation, account = asking.conversation, task.account
        is_heard, in_vain = False, 0
        while True:
            count = changed = 0
            for folder in reversed(task.folders):  # the INBOX last: it is the one that is listened to
                found = await self._pull_folder(task, asking, folder)
                count, changed = count + found[0], changed + found[1]
            await self._house.write(partial(record_asked, task=task, new_count=count))
            self._was_asked = True
            in_vain = in_vain + 1 if is_heard and not (count or changed) else 0
            if in_vain:  # a server that cries wolf is heard less and less
                await self._pause(min(2.0**in_vain, POLL_SECONDS))
            if conversation.can_idle:
                seconds = IDLE_SECONDS if len(task.folders) == 1 else POLL_SECONDS
                hears_flags = account.mirrors_read or account.mirrors_starred
                is_heard = await asking.ask(conversation.idle, seconds, hears_flags)
            else:
                await self._pause(POLL_SECONDS)

    async def _pull_folder(self, task: PullTask, asking: _Asking, folder: MailFolder) -> tuple[int, int]:
        """Everything that is new in a folder: how many messages were, and how many flags changed."""
        house, conversation, folder_id = self._house, asking.conversation, folder.id
        try:
            opened: OpenedFolder = await asking.ask(conversation.examine, folder.name)
        except FolderRefusedError as error:
            reason = error.reason
            await house.write(lambda tx: record_folder_failure(tx, task, folder_id, reason))
            return 0, 0
        progress = await house.write(
            lambda tx: open_folder(
                tx, task, folder_id, uid_validity=opened.uid_validity, mod_seq=opened.mod_seq
            )
        )
        uids = await asking.ask(_new_uids, conversation, progress.last_uid)
        batches = plan_batches(conversation.sizes(uids), message_bytes=self._message_bytes)
        count = changed = 0
        while (batch := await asking.ask(next, batches, None)) is not None:
            progress = replace(progress, last_uid=batch.last_uid)
            count += await self._keep_batch(task, asking, folder_id, batch, progress)
        if task.account.mirrors_read or task.account.mirrors_starred:
            changed = await self._follow_flags(task, asking, folder_id, opened, progress)
        return count, changed

    async def _keep_batch(
        self,
        task: PullTask,
        asking: _Asking,
        folder_id: FolderId,
        batch: PullBatch,
        progress: FolderProgress,
    ) -> int:
        house = self._house
        if not house.blobs.has_room(batch.size_bytes):
            raise StoreFullError("the disk is almost full")
        fetched: Fetched = await asking.ask(asking.conversation.fetch, batch)
        if fetched.refused_count:
            self._mind_refusal((folder_id, batch.last_uid), fetched.reason)
        messages = [each for each in fetched.messages if len(each.content) <= self._message_bytes]
        left = len(batch.too_large) + len(fetched.messages) - len(messages) + fetched.refused_count
        # in a thread: it waits for the disk
        blobs = await asyncio.to_thread(house.blobs.put_all, [each.content for each in messages])
        mail = [
            PulledMail(
                uid=each.uid,
                blob=blob,
                size_bytes=len(each.content),
                received_at=each.received_at,
                flags=each.flags,
            )
            for each, blob in zip(messages, blobs, strict=True)
        ]
        return await house.write(lambda tx: keep_pulled(tx, task, folder_id, mail, progress, left=left))

    async def _follow_flags(
        self,
        task: PullTask,
        asking: _Asking,
        folder_id: FolderId,
        opened: OpenedFolder,
        progress: FolderProgress,
    ) -> int:
        """Do here what was done there; how many marks changed."""
        house, conversation = self._house, asking.conversation
        if not opened.mod_seq:
            uids = house.read(lambda tx: tx.accounts.newest_uids(folder_id, FLAGS_LISTED))
            flags = await asking.ask(conversation.flags_of, uids)
        elif opened.mod_seq > progress.mod_seq:
            flags = await asking.ask(conversation.flags_changed, progress.last_uid, progress.mod_seq)
        else:
            return 0
        changed, count = list(flags.items()), 0
        for first in range(0, len(changed), FLAGS_AT_A_TIME):
            some = dict(changed[first : first + FLAGS_AT_A_TIME])
            follow = partial(follow_flags, task=task, folder_id=folder_id, flags=some, progress=progress)
            count += await house.write(follow)
        done = replace(progress, mod_seq=opened.mod_seq)
        if done != progress:
            await house.write(lambda tx: follow_flags(tx, task, folder_id, {}, done))
        return count

    def _mind_refusal(self, batch: tuple[FolderId, int], reason: str) -> None:
        """Have a batch asked for again of which something was refused, until that was so `REFUSALS` times."""
        self._refusals = self._refusals + 1 if batch == self._refused else 1
        self._refused = batch
        if self._refusals < REFUSALS:
            raise FetchError(reason)


class _Asking:
    """A conversation and its thread: one question at a time, given up at once where whoever asks is cancelled."""

    def __init__(self, conversation: Conversation, thread: ThreadPoolExecutor) -> None:
        self.conversation = conversation
        self._thread = thread

    async def ask(self, question: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, question, *arguments)
        except asyncio.CancelledError:
            self.conversation.stop()
            raise


def _new_uids(conversation: Conversation, last_uid: int) -> Sequence[int]:
    return new_uids(conversation.uids_after(last_uid), last_uid)
