"""What every command about one mail account takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def on_account(
    accounts: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """Declare a command of `poolhouse account` that names a person and an account; `more` ends its example."""
    parser = command(accounts, name, run, summary, f"poolhouse account {name} anna 1 {more}".rstrip())
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("id", type=int, metavar="ID", help="its number in the list")
    return parser
