"""`poolhouse account folders`, `choose` and `leave`: which folders of a mail account are pulled from, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._account import on_account
from poolhouse.cli._shared import opened, output_of, pool_named, principal_named
from poolhouse.errors import NotFoundError
from poolhouse.rules.pulling import is_inbox
from poolhouse.services.accounts import choose_folder, leave_folder, list_folders
from poolhouse.services.pools import receiving_pool
from poolhouse.types import AccountId

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from poolhouse.ports import Transaction
    from poolhouse.types import MailFolder, Principal


def add(accounts: Any) -> None:
    """Declare the commands."""
    on_account(accounts, "folders", run_folders, "list its folders, and where their mail goes")
    parser = on_account(
        accounts, "choose", run_choose, "pull from a folder", "Lists/python --pool Reading/Python"
    )
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument(
        "--pool", help="a pool that is there (default: one of the folder's name; INBOX: Inbox)"
    )
    parser = on_account(accounts, "leave", run_leave, "pull from a folder no more", "Lists/python")
    parser.add_argument("folder", metavar="FOLDER")


def run_folders(arguments: argparse.Namespace) -> int:
    """List the folders of an account."""
    with opened(arguments) as data:

        def look(tx: Transaction) -> list[tuple[MailFolder, str]]:
            principal = principal_named(tx, arguments.person)
            folders = list_folders(tx, principal, AccountId(arguments.id))
            return [(folder, _pool_path(tx, principal, folder)) for folder in folders]

        for folder, path in data.database.read(look):
            _say_folder(arguments, folder, path)
    return 0


def run_choose(arguments: argparse.Namespace) -> int:
    """Choose a folder."""

    def choose(tx: Transaction, principal: Principal, folder: MailFolder) -> MailFolder:
        pool = pool_named(tx, principal, arguments.pool)
        return choose_folder(
            tx,
            principal,
            folder.account_id,
            folder.id,
            pool_id=pool.id if pool else None,
            has_own_pool=pool is None and not is_inbox(folder.name),
        )

    return _change_folder(arguments, choose)


def run_leave(arguments: argparse.Namespace) -> int:
    """Leave a folder."""
    return _change_folder(
        arguments, lambda tx, principal, folder: leave_folder(tx, principal, folder.account_id, folder.id)
    )


def _change_folder(
    arguments: argparse.Namespace, change: Callable[[Transaction, Principal, MailFolder], MailFolder]
) -> int:
    def find_and_change(tx: Transaction) -> tuple[MailFolder, str]:
        principal = principal_named(tx, arguments.person)
        folders = list_folders(tx, principal, AccountId(arguments.id))
        folder = next((each for each in folders if each.name == arguments.folder), None)
        if folder is None:
            raise NotFoundError(f"folder called {arguments.folder}")
        changed = change(tx, principal, folder)
        return changed, _pool_path(tx, principal, changed)

    with opened(arguments) as data:
        _say_folder(arguments, *data.database.write(find_and_change))
    return 0


def _pool_path(tx: Transaction, principal: Principal, folder: MailFolder) -> str:
    return receiving_pool(tx, principal.person_id, folder.pool_id).path


def _say_folder(arguments: argparse.Namespace, folder: MailFolder, path: str) -> None:
    state = f"to {path}, {folder.pulled_count:,} came" if folder.is_chosen else "not chosen"
    left = f", {folder.left_count:,} too large or refused, and left there" if folder.left_count else ""
    output_of(arguments).say(
        f"{folder.name}\t{state}{left}{'  ' if folder.reason else ''}{folder.reason}",
        {
            "id": folder.id,
            "name": folder.name,
            "is_chosen": folder.is_chosen,
            "pool_id": folder.pool_id,
            "pulled_count": folder.pulled_count,
            "left_count": folder.left_count,
            "reason": folder.reason,
        },
    )
