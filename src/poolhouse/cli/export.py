"""`poolhouse export`: everything a person keeps, in formats that outlive us."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import addresses_of, opened, principal_named
from poolhouse.services.exports import export_json_lines, export_netscape, export_opml

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from poolhouse.ports import Transaction


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "export",
        run,
        "write everything of a person to standard output",
        "poolhouse export --person anna --format netscape > bookmarks.html",
    )
    parser.add_argument("--person", required=True, metavar="NAME")
    parser.add_argument(
        "--format",
        choices=["json", "netscape", "opml"],
        default="json",
        help="json: all there is, one document a line; netscape: bookmarks for any browser; opml: the feeds'"
        " addresses, without secrets (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Export."""
    with opened(arguments) as data:
        data.database.read(lambda tx: _write(_lines(tx, arguments)))
    return 0


def _write(lines: Iterator[str]) -> None:
    for line in lines:
        sys.stdout.write(line)


def _lines(tx: Transaction, arguments: argparse.Namespace) -> Iterator[str]:
    principal = principal_named(tx, arguments.person)
    match arguments.format:
        case "netscape":
            yield export_netscape(tx, principal)
        case "opml":
            yield export_opml(tx, principal, addresses_of(arguments))
        case _:
            yield from export_json_lines(tx, principal, has_texts=True)
