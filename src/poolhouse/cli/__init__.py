"""The command line: one module a command, each with `add` (its arguments) and its `run` functions."""

from __future__ import annotations

import argparse
import json
import sys
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


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options; the reference page is made from it."""
    from poolhouse.cli import (
        backup,
        capture,
        check,
        demo,
        export,
        import_,
        job,
        link,
        person,
        pool,
        save,
        secret,
        serve,
        token,
    )

    parser = argparse.ArgumentParser(
        prog="poolhouse",
        description="Your own server for links and mail, where any pool is a private feed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"poolhouse {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    modules = (
        serve,
        demo,
        person,
        token,
        secret,
        save,
        link,
        pool,
        capture,
        check,
        job,
        import_,
        export,
        backup,
    )
    for module in modules:
        module.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused (the reason is on standard error), 2 misused."""
    parsed = build_parser().parse_args(arguments)
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
