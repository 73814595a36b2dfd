"""What was pulled from mail accounts: kept with how far its folder is, in one transaction, so that nothing comes twice.

Each takes the `PullTask` that a pull was begun with, and raises ConflictError where its person said something else
since: then it begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.errors import ConflictError
from poolhouse.rules.pulling import begin_folder, changed_marks, marks_of
from poolhouse.rules.urls import message_key
from poolhouse.services.accounts import purpose_of
from poolhouse.services.links import mark_item
from poolhouse.services.messages import add_message, ask_to_read
from poolhouse.services.pools import receiving_pool
from poolhouse.types import (
    AccountState,
    Envelope,
    MessageSource,
    Principal,
    PulledMessage,
    Scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.ports import Sealer, Transaction
    from poolhouse.types import (
        AccountId,
        FolderId,
        FolderProgress,
        ItemId,
        MailAccount,
        MailFolder,
        PoolId,
        RemoteFlags,
    )

LOST_PASSWORD: Final = "The password that is kept cannot be read any more. Enter it again."
REASON_LENGTH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PullTask:
    """An account to pull from, as it was when the pull began, and its password."""

    account: MailAccount
    password: str
    folders: tuple[MailFolder, ...]

    @property
    def principal(self) -> Principal:
        """Its person."""
        return Principal(person_id=self.account.person_id, scope=Scope.PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledMail:
    """A message whose bytes are kept in `blob`; `received_at` is when it came to the account, if that is known."""

    uid: int
    blob: str
    size_bytes: int
    received_at: datetime | None
    flags: RemoteFlags


def begin_pull(tx: Transaction, sealer: Sealer, account_id: AccountId) -> PullTask | None:
    """What is to be pulled; None where nothing is. An account whose password is lost is stopped."""
    account = tx.accounts.get(account_id)
    if account is None or account.state is not AccountState.ACTIVE:
        return None
    sealed = tx.accounts.sealed(account_id)
    password = None if sealed is None else sealer.unseal(sealed, purpose_of(account_id, account.place))
    if password is None:
        tx.accounts.set_state(account_id, AccountState.STOPPED, LOST_PASSWORD)
        return None
    chosen = (folder for folder in tx.accounts.folders(account_id) if folder.is_chosen)
    return PullTask(account=account, password=password, folders=tuple(chosen))


def require_current(tx: Transaction, task: PullTask) -> None:
    """That nothing was said of the account since the pull began. Raises ConflictError."""
    account = tx.accounts.get(task.account.id)
    if (
        account is None
        or account.revision != task.account.revision
        or account.state is not AccountState.ACTIVE
    ):
        raise ConflictError("account", "it was changed meanwhile")


def see_folders(tx: Transaction, task: PullTask, names: Iterable[tuple[str, str]]) -> None:
    """Remember the folders that are there."""
    require_current(tx, task)
    tx.accounts.see_folders(task.account.id, names)


def open_folder(
    tx: Transaction, task: PullTask, folder_id: FolderId, *, uid_validity: int, mod_seq: int
) -> FolderProgress:
    """How far a folder is that was just opened. Where its UIDs are new ones, it is listed from its beginning."""
    require_current(tx, task)
    folder = tx.accounts.folder(folder_id)
    assert folder is not None
    progress = begin_folder(folder.progress, uid_validity, mod_seq)
    if progress != folder.progress:
        if progress.uid_validity != folder.progress.uid_validity:
            tx.accounts.begin_epoch(folder_id)
        tx.accounts.record_progress(folder_id, progress)
    return progress


def keep_pulled(
    tx: Transaction,
    task: PullTask,
    folder_id: FolderId,
    messages: Sequence[PulledMail],
    progress: FolderProgress,
    *,
    left: int = 0,
) -> int:
    """Keep messages and how far the folder is with them; how many were new. `left` were too large.

    What came from this folder before, under whatever UID, stays where its person put it. Costs what
    `messages.add_message` does for each.
    """
    require_current(tx, task)
    keeping = _Keeping(tx, task, folder_id)
    count = sum(keeping.keep(each) for each in messages)
    if count:
        ask_to_read(tx, task.account.person_id)
    tx.accounts.record_progress(folder_id, progress, pulled=count, left=left)
    return count


class _Keeping:
    """One batch of one folder."""

    def __init__(self, tx: Transaction, task: PullTask, folder_id: FolderId) -> None:
        self._tx = tx
        self._task = task
        self._folder_id = folder_id
        self._pool_id = _pool_of(tx, task, folder_id)

    def keep(self, mail: PulledMail) -> bool:
        tx, task = self._tx, self._task
        known = tx.items.by_key(task.account.person_id, message_key(mail.blob))
        before = None if known is None else tx.accounts.pulled_as(self._folder_id, known)
        if known is not None and before is not None:
            _follow(tx, task, known, before, mail.flags)
            is_new = False
        else:
            added = add_message(
                tx,
                task.principal,
                blob=mail.blob,
                size_bytes=mail.size_bytes,
                envelope=Envelope(source=MessageSource.PULL),
                pool_ids=(self._pool_id,),
                received_at=mail.received_at or tx.now,
                marks=marks_of(mail.flags),
            )
            known, is_new = added.item_id, added.is_new
        tx.accounts.record_pulled(self._folder_id, PulledMessage(mail.uid, known, mail.flags))
        return is_new


def _pool_of(tx: Transaction, task: PullTask, folder_id: FolderId) -> PoolId:
    folder = tx.accounts.folder(folder_id)
    return receiving_pool(tx, task.account.person_id, folder.pool_id if folder else None).id


def follow_flags(
    tx: Transaction,
    task: PullTask,
    folder_id: FolderId,
    flags: Mapping[int, RemoteFlags],
    progress: FolderProgress,
) -> int:
    """Do here what was done there with messages, by UID, as far as that is mirrored; how many marks changed.

    A mark is touched only where it changed there: what was done here stays otherwise.
    """
    require_current(tx, task)
    count = 0
    for uid, known in tx.accounts.pulled(folder_id, list(flags)).items():
        if flags[uid] != known.flags:
            count += _follow(tx, task, known.item_id, known.flags, flags[uid])
            tx.accounts.record_pulled(folder_id, PulledMessage(uid, known.item_id, flags[uid]))
    tx.accounts.record_progress(folder_id, progress)
    return count


def _follow(tx: Transaction, task: PullTask, item_id: ItemId, before: RemoteFlags, now: RemoteFlags) -> int:
    account = task.account
    changes = changed_marks(
        before, now, mirrors_read=account.mirrors_read, mirrors_starred=account.mirrors_starred
    )
    for mark, is_on in changes:
        mark_item(tx, task.principal, item_id, mark, is_on=is_on)
    return len(changes)


def record_asked(tx: Transaction, task: PullTask, new_count: int) -> None:
    """All folders were asked."""
    require_current(tx, task)
    tx.accounts.record_asked(task.account.id, new_count)


def record_failure(tx: Transaction, task: PullTask, reason: str, *, stops: bool = False) -> None:
    """Tell the person what is wrong; `stops`: it is of no use to ask again before they changed something."""
    try:
        require_current(tx, task)
    except ConflictError:
        return
    state = AccountState.STOPPED if stops else AccountState.ACTIVE
    tx.accounts.set_state(task.account.id, state, _sentence(reason))


def record_folder_failure(tx: Transaction, task: PullTask, folder_id: FolderId, reason: str) -> None:
    """Tell the person that something does not come from one folder; the others are asked."""
    require_current(tx, task)
    tx.accounts.record_folder_failure(folder_id, _sentence(reason))


def record_folder_asked(tx: Transaction, task: PullTask, folder_id: FolderId) -> None:
    """All that was asked of a folder was answered: what was wrong with it is over."""
    require_current(tx, task)
    tx.accounts.record_folder_failure(folder_id, "")


def _sentence(reason: str) -> str:
    reason = reason[:REASON_LENGTH]
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith((".", "!", "…")) else ".")
