"""Mail accounts elsewhere: what their persons say of them. What pulls from them is in `services.pulling`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.names import clean_title
from poolhouse.rules.pulling import DEFAULT_PORTS, folder_path, is_inbox
from poolhouse.services._access import require_own
from poolhouse.services.folders import FolderPools
from poolhouse.services.links import target_pool
from poolhouse.types import AccountPlace, AccountSecurity, AccountState, FolderProgress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.ports import Sealer, Transaction
    from poolhouse.types import AccountId, FolderId, MailAccount, MailFolder, PoolId, Principal

ACCOUNT_LIMIT: Final = 20
LABEL_LENGTH: Final = 100
TEXT_LENGTH: Final = 255
PASSWORD_LENGTH: Final = 4_000  # some hand out tokens for passwords


def clean_place(
    host: str, user_name: str, *, security: AccountSecurity = AccountSecurity.TLS, port: int | None = None
) -> AccountPlace:
    """Where an account is, as it can be connected to. Raises InvalidInputError."""
    host = host.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    if (
        not host
        or len(host) > TEXT_LENGTH
        or any(each in host for each in "/@\\ ?#%")
        or not host.isprintable()
    ):
        raise InvalidInputError("host", "This is the name of a mail server, such as imap.example.org.")
    user_name = user_name.strip()
    if not user_name or len(user_name) > TEXT_LENGTH or not user_name.isprintable():
        raise InvalidInputError("user_name", "This is your name there, often the whole mail address.")
    port = DEFAULT_PORTS[security] if port is None else port
    if not 0 < port <= 65_535:
        raise InvalidInputError("port", "A port is a number from 1 to 65535.")
    return AccountPlace(host=host, port=port, security=security, user_name=user_name)


def clean_password(password: str) -> str:
    """A password as it was given, if it can be one. Raises InvalidInputError."""
    if not password or len(password) > PASSWORD_LENGTH or any(each in password for each in "\r\n\0"):
        raise InvalidInputError("password", "Give the password of the account.")
    return password


def purpose_of(account_id: AccountId, place: AccountPlace) -> str:
    """What an account's password is sealed for: it goes nowhere else."""
    where = (place.security.value, place.host, str(place.port), place.user_name)
    return "\n".join(("mail account", str(account_id), *where))


def add_account(
    tx: Transaction,
    sealer: Sealer,
    principal: Principal,
    place: AccountPlace,
    password: str,
    *,
    folders: Iterable[tuple[str, str]],
    label: str = "",
) -> MailAccount:
    """Pull from an account from now on, its INBOX into the Inbox. `folders` are its names and delimiters.

    Ask it once before (`House.try_account`). Raises InvalidInputError, ConflictError (it is there, or too many are).
    """
    require_own(principal, Verb.WRITE)
    known = tx.accounts.of(principal.person_id)
    if len(known) >= ACCOUNT_LIMIT:
        raise ConflictError("host", f"there are {ACCOUNT_LIMIT} accounts already")
    if any((each.place.host, each.place.user_name) == (place.host, place.user_name) for each in known):
        raise ConflictError("user_name", "this account is there already")
    account_id = tx.accounts.add(principal.person_id, _label(label) or place.user_name[:LABEL_LENGTH], place)
    tx.accounts.set_place(account_id, place, sealer.seal(password, purpose_of(account_id, place)))
    tx.accounts.see_folders(account_id, folders)
    for folder in tx.accounts.folders(account_id):
        if is_inbox(folder.name):
            tx.accounts.choose(folder.id, is_chosen=True, pool_id=None)
    return get_account(tx, principal, account_id)


def edit_account(
    tx: Transaction,
    principal: Principal,
    account_id: AccountId,
    *,
    label: str | None = None,
    mirrors_read: bool | None = None,
    mirrors_starred: bool | None = None,
) -> MailAccount:
    """Say how it is called and what is mirrored; what is None stays. Raises InvalidInputError, NotFoundError."""
    known = get_account(tx, principal, account_id, Verb.WRITE)
    tx.accounts.edit(
        account_id,
        label=known.label if label is None else _label(label) or known.place.user_name[:LABEL_LENGTH],
        mirrors_read=known.mirrors_read if mirrors_read is None else mirrors_read,
        mirrors_starred=known.mirrors_starred if mirrors_starred is None else mirrors_starred,
    )
    tx.accounts.renew(account_id)
    return get_account(tx, principal, account_id)


def move_account(
    tx: Transaction,
    sealer: Sealer,
    principal: Principal,
    account_id: AccountId,
    place: AccountPlace,
    password: str,
) -> MailAccount:
    """Say where it is now, or its password anew; it is pulled from again. Raises NotFoundError.

    The password is always given with the place: one that is kept is sent nowhere else. With another host or user name
    it is another mailbox, whose UIDs say nothing of the one before, even where its UIDVALIDITY happens to be the same
    (RFC 9051 §2.3.1.1): every folder is listed from its beginning, and what is known by its bytes does not come again.
    """
    known = get_account(tx, principal, account_id, Verb.WRITE).place
    if (known.host, known.user_name) != (place.host, place.user_name):
        _begin_anew(tx, account_id)
    tx.accounts.set_place(account_id, place, sealer.seal(password, purpose_of(account_id, place)))
    return _set_state(tx, principal, account_id, AccountState.ACTIVE)


def _begin_anew(tx: Transaction, account_id: AccountId) -> None:
    for folder in tx.accounts.folders(account_id):
        tx.accounts.begin_epoch(folder.id)
        tx.accounts.record_progress(folder.id, FolderProgress())


def pause_account(tx: Transaction, principal: Principal, account_id: AccountId) -> MailAccount:
    """Pull no more, until it is resumed. Raises NotFoundError."""
    get_account(tx, principal, account_id, Verb.WRITE)
    return _set_state(tx, principal, account_id, AccountState.PAUSED)


def pull_account(tx: Transaction, principal: Principal, account_id: AccountId) -> MailAccount:
    """Pull now, and from now on, whatever it was that stopped it. Raises NotFoundError."""
    get_account(tx, principal, account_id, Verb.WRITE)
    return _set_state(tx, principal, account_id, AccountState.ACTIVE)


def _set_state(
    tx: Transaction, principal: Principal, account_id: AccountId, state: AccountState
) -> MailAccount:
    tx.accounts.set_state(account_id, state, "")
    tx.accounts.renew(account_id)
    return get_account(tx, principal, account_id)


def remove_account(tx: Transaction, principal: Principal, account_id: AccountId) -> None:
    """Forget an account and its password; what came from there stays. Raises NotFoundError."""
    get_account(tx, principal, account_id, Verb.WRITE)
    tx.accounts.remove(account_id)


def get_account(
    tx: Transaction, principal: Principal, account_id: AccountId, verb: Verb = Verb.READ
) -> MailAccount:
    """One account. Raises NotFoundError."""
    found = tx.accounts.get(account_id)
    if found is None or not allows(principal, verb, found.person_id):
        raise NotFoundError("account")
    return found


def list_accounts(tx: Transaction, principal: Principal) -> Sequence[MailAccount]:
    """The person's accounts, oldest first."""
    require_own(principal, Verb.READ)
    return tx.accounts.of(principal.person_id)


def list_folders(tx: Transaction, principal: Principal, account_id: AccountId) -> Sequence[MailFolder]:
    """The folders of an account as they were when it was last connected to, INBOX first. Raises NotFoundError."""
    get_account(tx, principal, account_id)
    return tx.accounts.folders(account_id)


def get_folder(
    tx: Transaction, principal: Principal, account_id: AccountId, folder_id: FolderId, verb: Verb = Verb.READ
) -> MailFolder:
    """One folder of one account. Raises NotFoundError."""
    get_account(tx, principal, account_id, verb)
    found = tx.accounts.folder(folder_id)
    if found is None or found.account_id != account_id:
        raise NotFoundError("folder")
    return found


def choose_folder(
    tx: Transaction,
    principal: Principal,
    account_id: AccountId,
    folder_id: FolderId,
    *,
    pool_id: PoolId | None,
    has_own_pool: bool = False,
) -> MailFolder:
    """Pull from a folder into a manual pool, None: the Inbox.

    `has_own_pool`: into one of the folder's name, made where it is missing, beneath one of the account's. Raises
    InvalidInputError, NotFoundError, ConflictError.
    """
    folder = get_folder(tx, principal, account_id, folder_id, Verb.WRITE)
    if has_own_pool:
        account = get_account(tx, principal, account_id)
        path = folder_path(account.label, folder.name, folder.delimiter)
        pool_id = FolderPools(tx, principal, None).pool_id(path)
    elif pool_id is not None:
        pool_id = target_pool(tx, principal, pool_id).id
    return _choose(tx, folder, is_chosen=True, pool_id=pool_id)


def leave_folder(
    tx: Transaction, principal: Principal, account_id: AccountId, folder_id: FolderId
) -> MailFolder:
    """Pull from a folder no more; it goes on where it was when it is chosen again. Raises NotFoundError."""
    folder = get_folder(tx, principal, account_id, folder_id, Verb.WRITE)
    return _choose(tx, folder, is_chosen=False, pool_id=folder.pool_id)


def _choose(tx: Transaction, folder: MailFolder, *, is_chosen: bool, pool_id: PoolId | None) -> MailFolder:
    if (folder.is_chosen, folder.pool_id) != (is_chosen, pool_id):
        tx.accounts.choose(folder.id, is_chosen=is_chosen, pool_id=pool_id)
        tx.accounts.renew(folder.account_id)
    found = tx.accounts.folder(folder.id)
    assert found is not None
    return found


def _label(text: str) -> str:
    return clean_title(text, LABEL_LENGTH, "label")
