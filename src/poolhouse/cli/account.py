"""`poolhouse account`: mail accounts elsewhere that messages are pulled from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli import account_folders
from poolhouse.cli._account import on_account
from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import ENVIRONMENT, opened, output_of, principal_named, read_password
from poolhouse.services.accounts import (
    add_account,
    clean_password,
    clean_place,
    edit_account,
    get_account,
    list_accounts,
    move_account,
    pause_account,
    pull_account,
    remove_account,
)
from poolhouse.settings import load_settings
from poolhouse.types import AccountId, AccountSecurity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import AccountPlace, MailAccount, Principal


def add(commands: Any) -> None:
    """Declare the commands."""
    accounts = group(
        commands,
        "account",
        "mail accounts elsewhere: add, list, edit, password, folders, choose, leave, pull, pause, remove",
    )
    parser = command(
        accounts,
        "add",
        run_add,
        "pull mail from an account from now on; it is logged in to once before",
        "poolhouse account add anna --host imap.example.org --user anna@example.org",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("--host", required=True, help="its IMAP server")
    parser.add_argument("--user", required=True, help="the name there, often the mail address")
    parser.add_argument("--port", type=int, help="default: 993, or 143 without TLS from the first byte")
    parser.add_argument(
        "--security",
        choices=[each.value for each in AccountSecurity],
        default=AccountSecurity.TLS.value,
        help="how the connection is kept private; plain only within fetch_networks (default: %(default)s)",
    )
    parser.add_argument("--label", default="", help="what to call it (default: the name there)")
    _add_password(parser)
    parser = command(accounts, "list", run_list, "list accounts", "poolhouse account list anna")
    parser.add_argument("person", metavar="NAME")
    parser = on_account(
        accounts, "edit", run_edit, "say what it is called and what is mirrored", "--read yes"
    )
    parser.add_argument("--label", help="what to call it")
    for name, what in (("read", "read"), ("starred", "starred")):
        parser.add_argument(
            f"--{name}",
            choices=("yes", "no"),
            help=f"whether what becomes {what} there, or not, does so here",
        )
    parser = on_account(accounts, "password", run_password, "give its password anew, and pull again")
    _add_password(parser)
    account_folders.add(accounts)
    on_account(accounts, "pull", run_pull, "pull now, whatever stopped it; a running server does so")
    on_account(accounts, "pause", run_pause, "pull no more until it is pulled again")
    on_account(accounts, "remove", run_remove, "forget an account; what came from there stays")


def _add_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of standard input",
    )


def run_add(arguments: argparse.Namespace) -> int:
    """Log in once, and keep the account."""
    place = clean_place(
        arguments.host,
        arguments.user,
        security=AccountSecurity(arguments.security),
        port=arguments.port,
    )
    password = clean_password(read_password(from_stdin=arguments.password_stdin))
    with opened(arguments) as data:
        data.database.read(
            lambda tx: principal_named(tx, arguments.person)
        )  # said before the server is asked
        folders = _ask_once(arguments, place, password)
        sealer = _sealer(arguments)
        account = data.database.write(
            lambda tx: add_account(
                tx,
                sealer,
                principal_named(tx, arguments.person),
                place,
                password,
                folders=folders,
                label=arguments.label,
            )
        )
    _say(arguments, account)
    return 0


def _ask_once(arguments: argparse.Namespace, place: AccountPlace, password: str) -> Sequence[tuple[str, str]]:
    from poolhouse.app.trying_accounts import ask_once
    from poolhouse.fetch.guard import read_networks
    from poolhouse.fetch.imap import Conversation

    networks = read_networks(load_settings(arguments.data, {}, ENVIRONMENT).fetch_networks)
    return ask_once(Conversation(place, networks), password)


def _sealer(arguments: argparse.Namespace) -> Any:
    from poolhouse.app.sealing import FileSealer

    return FileSealer(arguments.data)


def run_list(arguments: argparse.Namespace) -> int:
    """List the accounts."""
    with opened(arguments) as data:
        for account in data.database.read(
            lambda tx: list_accounts(tx, principal_named(tx, arguments.person))
        ):
            _say(arguments, account)
    return 0


def run_edit(arguments: argparse.Namespace) -> int:
    """Edit an account."""
    choices = {"yes": True, "no": False, None: None}
    return _change(
        arguments,
        lambda tx, principal, account_id: edit_account(
            tx,
            principal,
            account_id,
            label=arguments.label,
            mirrors_read=choices[arguments.read],
            mirrors_starred=choices[arguments.starred],
        ),
    )


def run_password(arguments: argparse.Namespace) -> int:
    """Log in once with the new password, and keep it."""
    account_id = AccountId(arguments.id)
    with opened(arguments) as data:
        known = data.database.read(
            lambda tx: get_account(tx, principal_named(tx, arguments.person), account_id)
        )
    password = clean_password(read_password(from_stdin=arguments.password_stdin))
    _ask_once(arguments, known.place, password)
    sealer = _sealer(arguments)
    return _change(
        arguments,
        lambda tx, principal, account_id: move_account(
            tx, sealer, principal, account_id, known.place, password
        ),
    )


def run_pull(arguments: argparse.Namespace) -> int:
    """Pull now."""
    return _change(arguments, pull_account)


def run_pause(arguments: argparse.Namespace) -> int:
    """Pause an account."""
    return _change(arguments, pause_account)


def _change(
    arguments: argparse.Namespace, change: Callable[[Transaction, Principal, AccountId], MailAccount]
) -> int:
    with opened(arguments) as data:
        account = data.database.write(
            lambda tx: change(tx, principal_named(tx, arguments.person), AccountId(arguments.id))
        )
    _say(arguments, account)
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove an account."""
    account_id = AccountId(arguments.id)
    with opened(arguments) as data:
        data.database.write(lambda tx: remove_account(tx, principal_named(tx, arguments.person), account_id))
    output_of(arguments).say("Forgotten. What came from there stays.", {"id": arguments.id})
    return 0


def _say(arguments: argparse.Namespace, account: MailAccount) -> None:
    place = account.place
    asked = (
        f"last asked {account.asked_at:%Y-%m-%d %H:%M} UTC, {account.new_count:,} new"
        if account.asked_at
        else "not asked yet"
    )
    output_of(arguments).say(
        f"{account.id}\t{account.label}\t{place.host}\t{account.state.value}, {asked}"
        f"{'  ' if account.reason else ''}{account.reason}",
        {
            "id": account.id,
            "label": account.label,
            "host": place.host,
            "port": place.port,
            "security": place.security.value,
            "user_name": place.user_name,
            "state": account.state.value,
            "reason": account.reason,
            "mirrors_read": account.mirrors_read,
            "mirrors_starred": account.mirrors_starred,
            "asked_at": account.asked_at.isoformat() if account.asked_at else None,
            "new_count": account.new_count,
        },
    )
