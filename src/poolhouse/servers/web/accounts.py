"""Mail accounts elsewhere: what is pulled from where, and into which pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.rules.pulling import is_inbox
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.forms import number
from poolhouse.services.accounts import (
    add_account,
    choose_folder,
    clean_password,
    clean_place,
    edit_account,
    get_account,
    leave_folder,
    list_accounts,
    list_folders,
    move_account,
    pause_account,
    pull_account,
    remove_account,
)
from poolhouse.types import AccountSecurity, PoolId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.forms import Form
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import AccountPlace, MailAccount, MailFolder

OWN_POOL = "own"
"""What a form says for a pool of the folder's name."""

_FIELDS = ("host", "port", "security", "user_name", "password", "label")


async def show_accounts(visit: Visit) -> Response:
    """Every account there is, and the form for one more."""
    return _show(visit, None)


def _show(visit: Visit, error: InvalidInputError | ConflictError | None) -> Response:
    return visit.page(
        "accounts.html",
        400 if error else 200,
        accounts=visit.house.read(lambda tx: list_accounts(tx, visit.me)),
        typed=_typed(visit.form),
        fields=_FIELDS,
        error=error,
    )


def _typed(form: Form) -> dict[str, str]:
    typed = {name: form.text(name) for name in _FIELDS if name != "password"}
    return {**typed, "security": form.text("security", AccountSecurity.TLS)}


def _place(form: Form) -> AccountPlace:
    try:
        security = AccountSecurity(form.text("security", AccountSecurity.TLS))
    except ValueError:
        raise InvalidInputError("security", "Choose one of these.") from None
    port = form.text("port").strip()
    if port and form.number("port") is None:
        raise InvalidInputError("port", "A port is a number from 1 to 65535.")
    return clean_place(
        form.text("host"),
        form.text("user_name"),
        security=security,
        port=form.number("port") if port else None,
    )


async def add(visit: Visit) -> Response:
    """Log in there once; keep the account, and on to its page, where its folders are chosen."""
    me, form, house = visit.me, visit.form, visit.house
    try:
        place, password = _place(form), clean_password(form.text("password"))
        folders = await house.try_account(place, password)
        account = await house.write(
            lambda tx: add_account(
                tx, house.sealer, me, place, password, folders=folders, label=form.text("label")
            )
        )
    except (InvalidInputError, ConflictError) as error:
        return _show(visit, error)
    return visit.go(f"/accounts/{account.id}", "account-added")


async def show_account(visit: Visit) -> Response:
    """One account: how it does, its folders, what is mirrored, its place."""
    return _show_one(visit, None)


def _show_one(visit: Visit, error: InvalidInputError | ConflictError | None) -> Response:
    me, account_id = visit.me, visit.account_id()

    def look(tx: Transaction) -> tuple[MailAccount, list[MailFolder]]:
        return get_account(tx, me, account_id), list(list_folders(tx, me, account_id))

    account, folders = visit.house.read(look)
    place = account.place
    kept = {
        "label": account.label,
        "host": place.host,
        "port": str(place.port),
        "security": place.security.value,
        "user_name": place.user_name,
    }
    return visit.page(
        "mail_account.html",
        400 if error else 200,
        account=account,
        folders=folders,
        is_inbox=is_inbox,
        typed=_typed(visit.form) if error and visit.form.text("host") else kept,
        fields=_FIELDS,
        error=error,
    )


async def change(visit: Visit) -> Response:
    """What it is called, and what is mirrored."""
    me, form, account_id = visit.me, visit.form, visit.account_id()
    mirrored = form.all("mirrors")
    try:
        await visit.house.write(
            lambda tx: edit_account(
                tx,
                me,
                account_id,
                label=form.text("label"),
                mirrors_read="read" in mirrored,
                mirrors_starred="starred" in mirrored,
            )
        )
    except InvalidInputError as error:
        return _show_one(visit, error)
    return visit.go(f"/accounts/{account_id}", "account-changed")


async def move(visit: Visit) -> Response:
    """Log in at its new place, or with its new password, and keep that."""
    me, house, account_id = visit.me, visit.house, visit.account_id()
    house.read(lambda tx: get_account(tx, me, account_id))
    try:
        place, password = _place(visit.form), clean_password(visit.form.text("password"))
        await house.try_account(place, password)
    except InvalidInputError as error:
        return _show_one(visit, error)
    await house.write(lambda tx: move_account(tx, house.sealer, me, account_id, place, password))
    return visit.go(f"/accounts/{account_id}", "account-changed")


async def choose(visit: Visit) -> Response:
    """From which folders is pulled, and into which pools."""
    me, form, account_id = visit.me, visit.form, visit.account_id()
    chosen = set(form.numbers("folder"))

    def keep(tx: Transaction) -> None:
        for folder in list_folders(tx, me, account_id):
            if folder.id not in chosen:
                leave_folder(tx, me, account_id, folder.id)
                continue
            wanted = form.text(f"pool-{folder.id}")
            found = number(wanted)
            choose_folder(
                tx,
                me,
                account_id,
                folder.id,
                pool_id=None if found is None else PoolId(found),
                has_own_pool=wanted == OWN_POOL,
            )

    try:
        await visit.house.write(keep)
    except (InvalidInputError, ConflictError) as error:
        return _show_one(visit, error)
    return visit.go(f"/accounts/{account_id}", "account-folders")


async def pull(visit: Visit) -> Response:
    """Pull now."""
    me, account_id = visit.me, visit.account_id()
    await visit.house.write(lambda tx: pull_account(tx, me, account_id))
    return visit.back("account-pulled", default=f"/accounts/{account_id}")


async def pause(visit: Visit) -> Response:
    """Pull no more."""
    me, account_id = visit.me, visit.account_id()
    await visit.house.write(lambda tx: pause_account(tx, me, account_id))
    return visit.back("account-paused", default=f"/accounts/{account_id}")


async def remove(visit: Visit) -> Response:
    """Forget the account; its messages stay."""
    me, account_id = visit.me, visit.account_id()
    await visit.house.write(lambda tx: remove_account(tx, me, account_id))
    return visit.go("/accounts", "account-removed")


PAGES = (
    Page(path="/accounts", get=show_accounts, post=add),
    Page(path="/accounts/{id}", get=show_account, post=change),
    Page(path="/accounts/{id}/place", post=move),
    Page(path="/accounts/{id}/folders", post=choose),
    Page(path="/accounts/{id}/pull", post=pull),
    Page(path="/accounts/{id}/pause", post=pause),
    Page(path="/accounts/{id}/remove", post=remove),
)
