"""`poolhouse check`: whether a person's links still lead anywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import opened, output_of, principal_named
from poolhouse.services.checks import ask_for_checks

if TYPE_CHECKING:
    import argparse

    from poolhouse.types import ItemId


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "check",
        run,
        "have the server look now whether a person's links still lead anywhere",
        "poolhouse check anna && poolhouse job wait anna && poolhouse link search anna is:dead",
    )
    parser.add_argument("person", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    """Queue a look at each link, some hundred at a time, so that a server beside us goes on saving."""
    queued = 0
    before: ItemId | None = None
    with opened(arguments) as data:
        principal = data.database.read(lambda tx: principal_named(tx, arguments.person))
        while True:
            ask = partial(ask_for_checks, principal=principal, before=before)
            link_count, before = data.database.write(ask)
            queued += link_count
            if before is None:
                break
    output_of(arguments).say(
        f"{queued:,} links will be looked at while the server runs. Wait for that:"
        f" poolhouse job wait {arguments.person}",
        {"queued": queued},
    )
    return 0
