"""Mail accounts elsewhere that messages are pulled from; their passwords go in and never out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.errors import InvalidInputError
from poolhouse.formats.dates import rfc3339
from poolhouse.rules.pulling import is_inbox
from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import json_answer, list_answer, no_content
from poolhouse.servers.api.calls import named_pool
from poolhouse.services.accounts import (
    LABEL_LENGTH,
    PASSWORD_LENGTH,
    TEXT_LENGTH,
    add_account,
    choose_folder,
    clean_password,
    clean_place,
    edit_account,
    get_account,
    get_folder,
    leave_folder,
    list_accounts,
    list_folders,
    move_account,
    pause_account,
    pull_account,
    remove_account,
)
from poolhouse.types import AccountId, AccountSecurity, AccountState, FolderId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.servers.api.fields import PoolRef
    from poolhouse.types import MailAccount, MailFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlace:
    """What PUT /accounts/{account_id}/place takes."""

    host: str
    user_name: str
    password: str
    security: AccountSecurity = AccountSecurity.TLS
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount(NewPlace):
    """What POST /accounts takes."""

    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What PATCH /accounts/{account_id} takes; what is not given stays."""

    label: str | None = None
    mirrors_read: bool | None = None
    mirrors_starred: bool | None = None
    is_paused: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChange:
    """What PATCH /accounts/{account_id}/folders/{folder_id} takes; what is not given stays."""

    is_chosen: bool | None = None
    pool: PoolRef | fields.Unset | None = fields.UNSET


def _read_port(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 65_535:
        return value
    raise InvalidInputError(name, "This is a number from 1 to 65535.")


_PLACE: dict[str, fields.Field[Any]] = {
    "host": fields.text("Its IMAP server, such as `imap.example.org`.", length_limit=TEXT_LENGTH),
    "user_name": fields.text("The name there, often the mail address.", length_limit=TEXT_LENGTH),
    "password": fields.text("Its password, or better one for this alone.", length_limit=PASSWORD_LENGTH),
    "security": fields.choice(
        AccountSecurity, "`tls` (as when left out), `starttls`, or `plain`, only within `fetch_networks`."
    ),
    "port": fields.nullable(
        fields.Field(
            _read_port,
            {"type": "integer", "minimum": 1, "maximum": 65_535, "description": "993, or 143 without `tls`."},
        )
    ),
}
NEW_ACCOUNT = fields.body_of(
    NewAccount,
    **_PLACE,
    label=fields.text("What to call it; the name there where left out.", length_limit=LABEL_LENGTH),
)
NEW_PLACE = fields.body_of(NewPlace, **_PLACE)
ACCOUNT_CHANGE = fields.body_of(
    AccountChange,
    label=fields.text("What to call it.", length_limit=LABEL_LENGTH),
    mirrors_read=fields.flag("Whether what becomes read there, or unread, does so here."),
    mirrors_starred=fields.flag("Whether what is starred there, or no more, is so here."),
    is_paused=fields.flag("True: nothing is pulled. False: it is pulled now, whatever stopped it."),
)
FOLDER_CHANGE = fields.body_of(
    FolderChange,
    is_chosen=fields.flag("Whether it is pulled from."),
    pool=fields.nullable(
        fields.pool(
            "The id or path of the pool that its mail goes to; null for the Inbox. Where none was ever given, one of"
            " the folder's name is made."
        )
    ),
)


async def list_all(call: Call) -> Response:
    """GET /accounts"""
    found = call.house.read(lambda tx: list_accounts(tx, call.principal))
    return list_answer([account_data(each) for each in found])


async def add(call: Call) -> Response:
    """POST /accounts"""
    new = await call.body(NEW_ACCOUNT)
    place = clean_place(new.host, new.user_name, security=new.security, port=new.port)
    password = clean_password(new.password)
    folders = await call.house.try_account(place, password)
    account = await call.house.write(
        lambda tx: add_account(
            tx, call.house.sealer, call.principal, place, password, folders=folders, label=new.label
        )
    )
    headers = {"Location": f"{call.base_url}/accounts/{account.id}"}
    return json_answer(account_data(account), 201, headers=headers)


async def get(call: Call) -> Response:
    """GET /accounts/{account_id}"""
    account_id = _id(call)
    return json_answer(account_data(call.house.read(lambda tx: get_account(tx, call.principal, account_id))))


async def change(call: Call) -> Response:
    """PATCH /accounts/{account_id}"""
    asked, account_id = await call.body(ACCOUNT_CHANGE), _id(call)

    def edit(tx: Transaction) -> MailAccount:
        account = edit_account(
            tx,
            call.principal,
            account_id,
            label=asked.label,
            mirrors_read=asked.mirrors_read,
            mirrors_starred=asked.mirrors_starred,
        )
        if asked.is_paused is None:
            return account
        return (pause_account if asked.is_paused else pull_account)(tx, call.principal, account_id)

    return json_answer(account_data(await call.house.write(edit)))


async def move(call: Call) -> Response:
    """PUT /accounts/{account_id}/place"""
    new, account_id = await call.body(NEW_PLACE), _id(call)
    place = clean_place(new.host, new.user_name, security=new.security, port=new.port)
    password = clean_password(new.password)
    call.house.read(lambda tx: get_account(tx, call.principal, account_id))
    await call.house.try_account(place, password)
    account = await call.house.write(
        lambda tx: move_account(tx, call.house.sealer, call.principal, account_id, place, password)
    )
    return json_answer(account_data(account))


async def pull(call: Call) -> Response:
    """POST /accounts/{account_id}/pull"""
    account_id = _id(call)
    account = await call.house.write(lambda tx: pull_account(tx, call.principal, account_id))
    return json_answer(account_data(account))


async def remove(call: Call) -> Response:
    """DELETE /accounts/{account_id}"""
    account_id = _id(call)
    await call.house.write(lambda tx: remove_account(tx, call.principal, account_id))
    return no_content()


async def list_its_folders(call: Call) -> Response:
    """GET /accounts/{account_id}/folders"""
    account_id = _id(call)
    found = call.house.read(lambda tx: list_folders(tx, call.principal, account_id))
    return list_answer([folder_data(each) for each in found])


async def change_folder(call: Call) -> Response:
    """PATCH /accounts/{account_id}/folders/{folder_id}"""
    asked, account_id, folder_id = await call.body(FOLDER_CHANGE), _id(call), FolderId(call.id("folder_id"))

    def edit(tx: Transaction) -> MailFolder:
        known = get_folder(tx, call.principal, account_id, folder_id)
        if asked.is_chosen is False or (asked.is_chosen is None and not known.is_chosen):
            return leave_folder(tx, call.principal, account_id, folder_id)
        is_given = not isinstance(asked.pool, fields.Unset)
        pool_id = known.pool_id
        if not isinstance(asked.pool, fields.Unset):
            pool_id = None if asked.pool is None else named_pool(tx, call.principal, asked.pool).id
        has_own_pool = not (is_given or known.is_chosen or known.pool_id is not None or is_inbox(known.name))
        return choose_folder(
            tx, call.principal, account_id, folder_id, pool_id=pool_id, has_own_pool=has_own_pool
        )

    return json_answer(folder_data(await call.house.write(edit)))


def account_data(account: MailAccount) -> dict[str, Any]:
    """A MailAccount."""
    place = account.place
    return {
        "id": account.id,
        "label": account.label,
        "host": place.host,
        "port": place.port,
        "security": place.security.value,
        "user_name": place.user_name,
        "state": account.state.value,
        "is_paused": account.state is AccountState.PAUSED,
        "reason": account.reason,
        "mirrors_read": account.mirrors_read,
        "mirrors_starred": account.mirrors_starred,
        "created_at": rfc3339(account.created_at),
        "asked_at": None if account.asked_at is None else rfc3339(account.asked_at),
        "new_count": account.new_count,
    }


def folder_data(folder: MailFolder) -> dict[str, Any]:
    """A MailFolder."""
    return {
        "id": folder.id,
        "name": folder.name,
        "is_chosen": folder.is_chosen,
        "pool_id": folder.pool_id,
        "pulled_count": folder.pulled_count,
        "left_count": folder.left_count,
        "reason": folder.reason,
    }


def _id(call: Call) -> AccountId:
    return AccountId(call.id("account_id"))
