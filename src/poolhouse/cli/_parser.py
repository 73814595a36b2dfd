"""How a command declares itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from poolhouse.cli._shared import add_common

if TYPE_CHECKING:
    from collections.abc import Callable


def command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    example: str,
    *,
    has_data: bool = True,
) -> argparse.ArgumentParser:
    """Add a command with its summary, an example and the options every command has; `--data` where it has data."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(parser, has_data=has_data)
    parser.set_defaults(run=run)
    return parser


def group(commands: Any, name: str, summary: str) -> Any:
    """Add a command that has commands of its own."""
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
