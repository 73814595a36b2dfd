"""Accounts: mail accounts elsewhere, how far their folders are pulled, and what came from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolhouse.types import (
        AccountId,
        AccountPlace,
        AccountState,
        FolderId,
        FolderProgress,
        ItemId,
        MailAccount,
        MailFolder,
        PersonId,
        PoolId,
        PulledMessage,
        RemoteFlags,
    )


class Accounts(Protocol):
    """Mail accounts elsewhere, their folders, and what came from where."""

    def add(self, person_id: PersonId, label: str, place: AccountPlace) -> AccountId: ...
    def get(self, account_id: AccountId) -> MailAccount | None: ...
    def of(self, person_id: PersonId) -> Sequence[MailAccount]:
        """A person's accounts, oldest first."""

    def active(self) -> Sequence[tuple[AccountId, int]]:
        """Every account to pull from, with its revision; those of disabled persons are left out. One statement."""

    def edit(
        self, account_id: AccountId, *, label: str, mirrors_read: bool, mirrors_starred: bool
    ) -> None: ...
    def set_place(self, account_id: AccountId, place: AccountPlace, sealed: bytes) -> None:
        """Say where it is, with the password that was sealed for there."""

    def sealed(self, account_id: AccountId) -> bytes | None:
        """The sealed password."""

    def set_state(self, account_id: AccountId, state: AccountState, reason: str) -> None: ...
    def renew(self, account_id: AccountId) -> None:
        """Its revision grows: a pull that is under way begins anew."""

    def record_asked(self, account_id: AccountId, new_count: int) -> None:
        """It was asked now, and that many messages were new; what was wrong is over."""

    def remove(self, account_id: AccountId) -> None:
        """Forget it and its folders; what came from there stays."""

    def see_folders(self, account_id: AccountId, names: Iterable[tuple[str, str]]) -> None:
        """Remember folders that are there, names and delimiters; those that are known stay as they are."""

    def folders(self, account_id: AccountId) -> Sequence[MailFolder]:
        """Its folders, INBOX first, then by name."""

    def folder(self, folder_id: FolderId) -> MailFolder | None: ...
    def choose(self, folder_id: FolderId, *, is_chosen: bool, pool_id: PoolId | None) -> None: ...
    def record_progress(
        self, folder_id: FolderId, progress: FolderProgress, *, pulled: int = 0, left: int = 0
    ) -> None:
        """How far it is pulled, with how many messages came and how many were left; nothing is wrong with it."""

    def record_folder_failure(self, folder_id: FolderId, reason: str) -> None: ...
    def begin_epoch(self, folder_id: FolderId) -> None:
        """Its UIDs are void: what came from there is known by its bytes alone until it is seen again."""

    def record_pulled(self, folder_id: FolderId, pulled: PulledMessage) -> None: ...
    def pulled_as(self, folder_id: FolderId, item_id: ItemId) -> RemoteFlags | None:
        """The flags of an item as it came from that folder, under whatever UID; None where it did not."""

    def pulled(self, folder_id: FolderId, uids: Sequence[int]) -> Mapping[int, PulledMessage]:
        """What came under those UIDs; a look-up for each."""

    def newest_uids(self, folder_id: FolderId, limit: int) -> Sequence[int]:
        """The largest UIDs of what came from there, largest first."""
