"""FolderPull: what is new in one folder of a mail account, batch by batch, and which messages its server refuses.

The bytes of a batch are kept with one flush, then its messages in one commit with how far their folder is: wherever it
is broken off, everything comes once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.errors import FolderRefusedError, StoreFullError
from poolhouse.rules.pulling import REFUSALS, count_refusals, new_uids, plan_batches
from poolhouse.services.pulling import (
    PulledMail,
    follow_flags,
    keep_pulled,
    open_folder,
    record_folder_asked,
    record_folder_failure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.app.asking import Asking
    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.imap import Conversation, OpenedFolder
    from poolhouse.fetch.imap_messages import Fetched, FetchedMessage, RefusedMessage
    from poolhouse.rules.pulling import PullBatch
    from poolhouse.services.pulling import PullTask
    from poolhouse.types import FolderId, FolderProgress, MailFolder

FLAGS_AT_A_TIME = 500
FLAGS_LISTED = 2_000
"""Where a server does not count changes, the flags of so many messages are listed each time, the newest."""

OTHERS_ASKED = 3
"""Of so many messages on either side it is seen whether a folder gives anything."""


@dataclass(slots=True)
class PulledFolder:
    """What came from a folder, how many marks changed, and whether its server refused something it is asked again."""

    new_count: int = 0
    changed_count: int = 0
    is_refused: bool = False


class FolderPull:
    """Pulls folders of one account, and remembers from one time to the next what was refused."""

    def __init__(self, house: RunningHouse, *, message_bytes: int) -> None:
        self._house = house
        self._message_bytes = message_bytes
        self._refusals: dict[tuple[FolderId, int], dict[int, int]] = {}

    async def pull(self, task: PullTask, asking: Asking, folder: MailFolder) -> PulledFolder:
        """Everything that is new in a folder, as far as its server gives it; what it refuses is told."""
        house, found = self._house, PulledFolder()
        try:
            await self._pull(_Round(task, asking, folder.id, found), folder.name)
        except FolderRefusedError as error:
            found.is_refused, reason = True, error.reason
            await house.write(lambda tx: record_folder_failure(tx, task, folder.id, reason))
        else:
            now = house.read(lambda tx: tx.accounts.folder(folder.id))
            if now is not None and now.reason:
                await house.write(lambda tx: record_folder_asked(tx, task, folder.id))
        return found

    async def _pull(self, this: _Round, name: str) -> None:
        conversation, account = this.asking.conversation, this.task.account
        opened: OpenedFolder = await this.asking.ask(conversation.examine, name)
        progress = await self._house.write(
            lambda tx: open_folder(
                tx, this.task, this.folder_id, uid_validity=opened.uid_validity, mod_seq=opened.mod_seq
            )
        )
        uids = await this.asking.ask(_new_uids, conversation, progress.last_uid)
        batches = plan_batches(conversation.sizes(uids), message_bytes=self._message_bytes)
        while (batch := await this.asking.ask(next, batches, None)) is not None:
            later = [uid for uid in uids if uid > batch.last_uid][:OTHERS_ASKED]
            progress = await self._keep_batch(this, batch, progress, later)
        if account.mirrors_read or account.mirrors_starred:
            this.found.changed_count = await self._follow_flags(this, opened, progress)

    async def _keep_batch(
        self, this: _Round, batch: PullBatch, before: FolderProgress, later: Sequence[int]
    ) -> FolderProgress:
        """Keep a batch, up to the first message that is to be asked for again. Raises FolderRefusedError for that."""
        if not self._house.blobs.has_room(batch.size_bytes):
            raise StoreFullError("the disk is almost full")
        fetched: Fetched = await this.asking.ask(this.asking.conversation.fetch, batch)
        held = await self._held(this, before.uid_validity, fetched, later)
        last_uid = held.uid - 1 if held else batch.last_uid
        progress = replace(before, last_uid=max(last_uid, before.last_uid))
        given = [each for each in fetched.messages if each.uid <= last_uid]
        messages = [each for each in given if len(each.content) <= self._message_bytes]
        given_up = [each.uid for each in fetched.refused] + list(batch.too_large)
        left = sum(uid <= last_uid for uid in given_up) + len(given) - len(messages)
        if progress != before:
            this.found.new_count += await self._keep(this, messages, progress, left)
        if held is not None:
            raise FolderRefusedError(held.reason, held.code)
        return progress

    async def _held(
        self, this: _Round, uid_validity: int, fetched: Fetched, later: Sequence[int]
    ) -> RefusedMessage | None:
        """The first message of a batch that was refused and is not given up yet; it is to be asked for again."""
        if not fetched.refused:
            return None
        counts = count_refusals(
            self._refusals.get((this.folder_id, uid_validity), {}),
            [(each.uid, each.code) for each in fetched.refused],
            is_another_given=await self._gives_another(this, fetched, later),
        )
        self._refusals[this.folder_id, uid_validity] = counts
        return next((each for each in fetched.refused if counts[each.uid] < REFUSALS), None)

    async def _gives_another(self, this: _Round, fetched: Fetched, later: Sequence[int]) -> bool | None:
        """Whether the folder gives any other message, now: one of the batch, a later one, or one that is here."""
        if fetched.ends_well:
            return True
        here = self._house.read(lambda tx: tx.accounts.newest_uids(this.folder_id, OTHERS_ASKED))
        given = [each.uid for each in fetched.messages[-1:]]
        is_given = await this.asking.ask(this.asking.conversation.gives_any, [*given, *later, *here])
        return False if is_given is None and len(fetched.refused) > 1 else is_given

    async def _keep(
        self, this: _Round, messages: Sequence[FetchedMessage], progress: FolderProgress, left: int
    ) -> int:
        # in a thread: it waits for the disk
        blobs = await asyncio.to_thread(self._house.blobs.put_all, [each.content for each in messages])
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
        keep = partial(
            keep_pulled, task=this.task, folder_id=this.folder_id, messages=mail, progress=progress, left=left
        )
        return await self._house.write(keep)

    async def _follow_flags(self, this: _Round, opened: OpenedFolder, progress: FolderProgress) -> int:
        """Do here what was done there; how many marks changed."""
        house, conversation, folder_id = self._house, this.asking.conversation, this.folder_id
        if not opened.mod_seq:
            uids = house.read(lambda tx: tx.accounts.newest_uids(folder_id, FLAGS_LISTED))
            flags = await this.asking.ask(conversation.flags_of, uids)
        elif opened.mod_seq > progress.mod_seq:
            flags = await this.asking.ask(conversation.flags_changed, progress.last_uid, progress.mod_seq)
        else:
            return 0
        changed, count = list(flags.items()), 0
        for first in range(0, len(changed), FLAGS_AT_A_TIME):
            some = dict(changed[first : first + FLAGS_AT_A_TIME])
            follow = partial(follow_flags, task=this.task, folder_id=folder_id, flags=some, progress=progress)
            count += await house.write(follow)
        done = replace(progress, mod_seq=opened.mod_seq)
        if done != progress:
            await house.write(lambda tx: follow_flags(tx, this.task, folder_id, {}, done))
        return count


@dataclass(frozen=True, slots=True)
class _Round:
    """One time that a folder is asked."""

    task: PullTask
    asking: Asking
    folder_id: FolderId
    found: PulledFolder


def _new_uids(conversation: Conversation, last_uid: int) -> Sequence[int]:
    return new_uids(conversation.uids_after(last_uid), last_uid)
