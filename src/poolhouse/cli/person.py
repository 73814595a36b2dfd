"""`poolhouse person`: accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, principal_named, read_password
from poolhouse.services.passwords import hash_password
from poolhouse.services.people import add_person, change_password, set_person_disabled

if TYPE_CHECKING:
    import argparse

    from poolhouse.types import Person


def add(commands: Any) -> None:
    """Declare the commands."""
    persons = group(commands, "person", "accounts: add, list, disable, enable, password")
    parser = command(
        persons,
        "add",
        run_add,
        "add an account",
        "echo 'a long password' | poolhouse person add anna --password-stdin",
    )
    _add_name_and_password(parser)
    command(persons, "list", run_list, "list the accounts", "poolhouse person list --json")
    for name, disabled, summary in (
        ("disable", True, "shut every door for a person; nothing of theirs is deleted"),
        ("enable", False, "open the doors again for a disabled person"),
    ):
        parser = command(persons, name, run_disable, summary, f"poolhouse person {name} anna")
        parser.add_argument("name", metavar="NAME")
        parser.set_defaults(is_disabled=disabled)
    parser = command(
        persons,
        "password",
        run_password,
        "set a new password and log out everywhere",
        "poolhouse person password anna",
    )
    _add_name_and_password(parser)


def _add_name_and_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="letters, digits, _ and -")
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of standard input",
    )


def run_add(arguments: argparse.Namespace) -> int:
    """Add an account."""
    password_hash = hash_password(read_password(from_stdin=arguments.password_stdin))
    with opened(arguments, must_exist=False) as data:
        person = data.database.write(lambda tx: add_person(tx, arguments.name, password_hash))
    output_of(arguments).say(f"Added {person.name}.", _data(person))
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """List the accounts, one a line."""
    with opened(arguments) as data:
        for person in data.database.read(lambda tx: tx.persons.all()):
            state = " (disabled)" if person.is_disabled else ""
            output_of(arguments).say(f"{person.name}{state}", _data(person))
    return 0


def run_disable(arguments: argparse.Namespace) -> int:
    """Disable or enable."""
    with opened(arguments) as data:
        person = data.database.write(
            lambda tx: set_person_disabled(tx, arguments.name, is_disabled=arguments.is_disabled)
        )
    words = "Every door is shut for" if person.is_disabled else "The doors are open again for"
    output_of(arguments).say(f"{words} {person.name}.", _data(person))
    return 0


def run_password(arguments: argparse.Namespace) -> int:
    """Set a password."""
    password_hash = hash_password(read_password(from_stdin=arguments.password_stdin))
    with opened(arguments) as data:
        data.database.write(
            lambda tx: change_password(tx, principal_named(tx, arguments.name), password_hash)
        )
    output_of(arguments).say(
        f"{arguments.name} has a new password and is logged out everywhere.", {"name": arguments.name}
    )
    return 0


def _data(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "created_at": person.created_at.isoformat(),
        "is_disabled": person.is_disabled,
    }
