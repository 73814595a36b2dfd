"""Mail accounts elsewhere, their folders, and what came from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import (
    AccountId,
    AccountPlace,
    AccountSecurity,
    AccountState,
    FolderId,
    FolderProgress,
    ItemId,
    MailAccount,
    MailFolder,
    PersonId,
    PulledMessage,
    RemoteFlags,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolhouse.types import PoolId

_ACCOUNT = (
    "id, person_id, label, host, port, security, user_name, state, created_at, revision, mirrors_read,"
    " mirrors_starred, reason, asked_at, new_count"
)
_FOLDER = (
    "id, account_id, name, delimiter, is_chosen, pool_id, uid_validity, last_uid, mod_seq, pulled_count, left_count,"
    " reason"
)
_READ, _STARRED = 1, 2


class AccountTable(Table):
    """`ports.Accounts`."""

    __slots__ = ()

    def add(self, person_id: PersonId, label: str, place: AccountPlace) -> AccountId:
        self._run(
            "INSERT INTO mail_account (person_id, label, host, port, security, user_name, state, created_at)"
            " VALUES (:person_id, :label, :host, :port, :security, :user_name, :state, :now)",
            person_id=person_id,
            label=label,
            **_place(place),
            state=str(AccountState.ACTIVE),
            now=self.now_seconds,
        )
        return AccountId(self._added())

    def get(self, account_id: AccountId) -> MailAccount | None:
        row = self._one(f"SELECT {_ACCOUNT} FROM mail_account WHERE id = :id", id=account_id)
        return _account(row) if row else None

    def of(self, person_id: PersonId) -> Sequence[MailAccount]:
        sql = f"SELECT {_ACCOUNT} FROM mail_account WHERE person_id = :person_id ORDER BY id"
        return [_account(row) for row in self._all(sql, {"person_id": person_id})]

    def active(self) -> Sequence[tuple[AccountId, int]]:
        sql = (
            "SELECT mail_account.id, revision FROM mail_account JOIN person ON person.id = person_id"
            " WHERE state = 'active' AND disabled_at IS NULL ORDER BY mail_account.id"
        )
        return [(AccountId(account_id), revision) for account_id, revision in self._all(sql, {})]

    def edit(self, account_id: AccountId, *, label: str, mirrors_read: bool, mirrors_starred: bool) -> None:
        self._run(
            "UPDATE mail_account SET label = :label, mirrors_read = :mirrors_read, mirrors_starred = :mirrors_starred"
            " WHERE id = :id",
            id=account_id,
            label=label,
            mirrors_read=mirrors_read,
            mirrors_starred=mirrors_starred,
        )

    def set_place(self, account_id: AccountId, place: AccountPlace, sealed: bytes) -> None:
        self._run(
            "UPDATE mail_account SET host = :host, port = :port, security = :security, user_name = :user_name,"
            " sealed = :sealed WHERE id = :id",
            id=account_id,
            **_place(place),
            sealed=sealed,
        )

    def sealed(self, account_id: AccountId) -> bytes | None:
        row = self._one("SELECT sealed FROM mail_account WHERE id = :id", id=account_id)
        return row[0] if row else None

    def set_state(self, account_id: AccountId, state: AccountState, reason: str) -> None:
        self._run(
            "UPDATE mail_account SET state = :state, reason = :reason WHERE id = :id",
            id=account_id,
            state=str(state),
            reason=reason,
        )

    def renew(self, account_id: AccountId) -> None:
        self._run("UPDATE mail_account SET revision = revision + 1 WHERE id = :id", id=account_id)

    def record_asked(self, account_id: AccountId, new_count: int) -> None:
        self._run(
            "UPDATE mail_account SET asked_at = :now, new_count = :new_count, reason = '' WHERE id = :id",
            id=account_id,
            now=self.now_seconds,
            new_count=new_count,
        )

    def remove(self, account_id: AccountId) -> None:
        self._run("DELETE FROM mail_account WHERE id = :id", id=account_id)

    def see_folders(self, account_id: AccountId, names: Iterable[tuple[str, str]]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO mail_folder (account_id, name, delimiter, is_chosen) VALUES (?, ?, ?, 0)",
            [(account_id, name, delimiter) for name, delimiter in names],
        )

    def folders(self, account_id: AccountId) -> Sequence[MailFolder]:
        sql = f"SELECT {_FOLDER} FROM mail_folder WHERE account_id = :id ORDER BY name <> 'INBOX', name"
        return [_folder(row) for row in self._all(sql, {"id": account_id})]

    def folder(self, folder_id: FolderId) -> MailFolder | None:
        row = self._one(f"SELECT {_FOLDER} FROM mail_folder WHERE id = :id", id=folder_id)
        return _folder(row) if row else None

    def choose(self, folder_id: FolderId, *, is_chosen: bool, pool_id: PoolId | None) -> None:
        self._run(
            "UPDATE mail_folder SET is_chosen = :is_chosen, pool_id = :pool_id WHERE id = :id",
            id=folder_id,
            is_chosen=is_chosen,
            pool_id=pool_id,
        )

    def record_progress(
        self, folder_id: FolderId, progress: FolderProgress, *, pulled: int = 0, left: int = 0
    ) -> None:
        self._run(
            "UPDATE mail_folder SET uid_validity = :uid_validity, last_uid = :last_uid, mod_seq = :mod_seq,"
            " pulled_count = pulled_count + :pulled, left_count = left_count + :left, reason = '' WHERE id = :id",
            id=folder_id,
            uid_validity=progress.uid_validity,
            last_uid=progress.last_uid,
            mod_seq=progress.mod_seq,
            pulled=pulled,
            left=left,
        )

    def record_folder_failure(self, folder_id: FolderId, reason: str) -> None:
        self._run("UPDATE mail_folder SET reason = :reason WHERE id = :id", id=folder_id, reason=reason)

    def begin_epoch(self, folder_id: FolderId) -> None:
        self._run("UPDATE pulled_message SET uid = 0 WHERE folder_id = :id", id=folder_id)

    def record_pulled(self, folder_id: FolderId, pulled: PulledMessage) -> None:
        self._run(
            "INSERT OR REPLACE INTO pulled_message (folder_id, item_id, uid, flags)"
            " VALUES (:folder_id, :item_id, :uid, :flags)",
            folder_id=folder_id,
            item_id=pulled.item_id,
            uid=pulled.uid,
            flags=_number(pulled.flags),
        )

    def pulled_as(self, folder_id: FolderId, item_id: ItemId) -> RemoteFlags | None:
        sql = "SELECT flags FROM pulled_message WHERE folder_id = :folder_id AND item_id = :item_id"
        row = self._one(sql, folder_id=folder_id, item_id=item_id)
        return _flags(row[0]) if row else None

    def pulled(self, folder_id: FolderId, uids: Sequence[int]) -> Mapping[int, PulledMessage]:
        sql = (
            "SELECT uid, item_id, flags FROM pulled_message WHERE folder_id = :folder_id AND uid = :uid"
            " AND uid > 0"
        )
        found = (self._one(sql, folder_id=folder_id, uid=uid) for uid in uids)
        return {row[0]: PulledMessage(row[0], ItemId(row[1]), _flags(row[2])) for row in found if row}

    def newest_uids(self, folder_id: FolderId, limit: int) -> Sequence[int]:
        sql = (
            "SELECT uid FROM pulled_message WHERE folder_id = :id AND uid > 0 ORDER BY uid DESC LIMIT :limit"
        )
        return [row[0] for row in self._all(sql, {"id": folder_id, "limit": limit})]


def _place(place: AccountPlace) -> dict[str, str | int]:
    return {
        "host": place.host,
        "port": place.port,
        "security": str(place.security),
        "user_name": place.user_name,
    }


def _account(row: Sequence[Any]) -> MailAccount:
    return MailAccount(
        id=AccountId(row[0]),
        person_id=PersonId(row[1]),
        label=row[2],
        place=AccountPlace(host=row[3], port=row[4], security=AccountSecurity(row[5]), user_name=row[6]),
        state=AccountState(row[7]),
        created_at=rows.time(row[8]),
        revision=row[9],
        mirrors_read=bool(row[10]),
        mirrors_starred=bool(row[11]),
        reason=row[12],
        asked_at=rows.time_or_none(row[13]),
        new_count=row[14],
    )


def _folder(row: Sequence[Any]) -> MailFolder:
    return MailFolder(
        id=FolderId(row[0]),
        account_id=AccountId(row[1]),
        name=row[2],
        delimiter=row[3],
        is_chosen=bool(row[4]),
        pool_id=row[5],
        progress=FolderProgress(uid_validity=row[6], last_uid=row[7], mod_seq=row[8]),
        pulled_count=row[9],
        left_count=row[10],
        reason=row[11],
    )


def _number(flags: RemoteFlags) -> int:
    return _READ * flags.is_read | _STARRED * flags.is_starred


def _flags(number: int) -> RemoteFlags:
    return RemoteFlags(is_read=bool(number & _READ), is_starred=bool(number & _STARRED))
