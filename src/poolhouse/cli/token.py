"""`poolhouse token`: API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, principal_named
from poolhouse.cli.secret import add_cut_off, secret_data
from poolhouse.services.secrets import add_token, list_secrets
from poolhouse.types import SecretKind

if TYPE_CHECKING:
    import argparse


def add(commands: Any) -> None:
    """Declare the commands."""
    tokens = group(commands, "token", "API tokens: add, list, cut-off")
    parser = command(
        tokens,
        "add",
        run_add,
        "make an API token and print it, once",
        "poolhouse token add anna --label phone",
    )
    parser.add_argument("name", metavar="NAME", help="the person it acts for")
    parser.add_argument(
        "--label", default="command line", help="what to call it in the list (default: %(default)s)"
    )
    parser = command(tokens, "list", run_list, "list a person's tokens", "poolhouse token list anna")
    parser.add_argument("name", metavar="NAME")
    add_cut_off(tokens, "token")


def run_add(arguments: argparse.Namespace) -> int:
    """Print a new token."""
    with opened(arguments) as data:
        secret, text = data.database.write(
            lambda tx: add_token(tx, data.vault, principal_named(tx, arguments.name), arguments.label)
        )
    output_of(arguments).say(text, {**secret_data(secret), "token": text})
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """List the tokens, one a line."""
    with opened(arguments) as data:
        secrets = data.database.read(
            lambda tx: list_secrets(tx, principal_named(tx, arguments.name), kind=SecretKind.TOKEN)
        )
    for secret in secrets:
        state = " (cut off)" if secret.cut_off_at else ""
        output_of(arguments).say(f"{secret.id}\t{secret.label}{state}", secret_data(secret))
    return 0
