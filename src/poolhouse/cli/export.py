"""`poolhouse export`: everything a person keeps, in formats that outlive us."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import addresses_of, opened, output_of, principal_named
from poolhouse.services.exports import export_json_lines, export_netscape, export_opml

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from poolhouse.cli._progress import Progress
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
    # beside lines that scroll by, a line that stays would only be in the way
    is_shown = not sys.stdout.isatty()
    with (
        opened(arguments) as data,
        output_of(arguments).progress("exporting", "lines", is_shown=is_shown) as progress,
    ):
        data.database.read(lambda tx: _write(_lines(tx, arguments), progress))
    return 0


def _write(lines: Iterator[str], progress: Progress) -> None:
    for number, line in enumerate(lines, start=1):
        sys.stdout.write(line)
        progress(number)


def _lines(tx: Transaction, arguments: argparse.Namespace) -> Iterator[str]:
    principal = principal_named(tx, arguments.person)
    match arguments.format:
        case "netscape":
            yield export_netscape(tx, principal)
        case "opml":
            yield export_opml(tx, principal, addresses_of(arguments))
        case _:
            yield from export_json_lines(tx, principal, has_texts=True)
