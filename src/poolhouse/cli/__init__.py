"""The command line: one module a command, each with `add` (its arguments) and its `run` functions."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from poolhouse import __version__
from poolhouse.errors import PoolhouseError

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """\
All commands work beside a running server. Start with:
  poolhouse serve                      and open the one-time link that it prints
  poolhouse save https://example.org --person NAME
  poolhouse COMMAND --help             for what a command takes, with an example
"""


# Each command in the order of --help, and the module that declares it.
COMMANDS = {
    "serve": "serve",
    "demo": "demo",
    "person": "person",
    "token": "token",
    "secret": "secret",
    "save": "save",
    "link": "link",
    "message": "message",
    "address": "address",
    "account": "account",
    "pool": "pool",
    "capture": "capture",
    "check": "check",
    "job": "job",
    "import": "import_",
    "import-mail": "import_mail",
    "export": "export",
    "backup": "backup",
    "restore": "backup",
    "verify": "backup",
    "survey": "survey",
}


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Every command with its options; of a command that there is, only what its module declares.

    Importing all of them takes as long as most commands do.
    """
    parser = argparse.ArgumentParser(
        prog="poolhouse",
        description="Your own server for links and mail, where any pool is a private feed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"poolhouse {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(f"poolhouse.cli.{module}").add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused (the reason is on standard error), 2 misused."""
    words = sys.argv[1:] if arguments is None else arguments
    parsed = build_parser(words[0] if words else None).parse_args(words)
    try:
        status: int = parsed.run(parsed)
    except PoolhouseError as error:
        if getattr(parsed, "json", False):
            print(json.dumps({"error": type(error).__name__, "message": str(error)}), file=sys.stderr)
        else:
            print(f"poolhouse: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130
    return status
