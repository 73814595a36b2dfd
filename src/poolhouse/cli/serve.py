"""`poolhouse serve`: run the server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import ENVIRONMENT
from poolhouse.settings import SETTINGS, load_settings

if TYPE_CHECKING:
    import argparse


def add(commands: Any) -> None:
    """Declare the command; its options are the settings."""
    parser = command(
        commands,
        "serve",
        run,
        "run the server until it is stopped",
        "poolhouse serve --http 127.0.0.1:8080 --data ~/poolhouse",
    )
    for setting in SETTINGS:
        default = f" Default: {setting.default}." if setting.default else ""
        is_list = setting.unit.endswith(",…")
        parser.add_argument(
            setting.flag,
            metavar=setting.unit,
            help=f"{setting.sentence}{default}",
            action="append" if is_list else "store",
        )


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    import uvloop

    from poolhouse.app.server import run_server

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    flags = {setting.name: _said(getattr(arguments, setting.name)) for setting in SETTINGS}
    settings = load_settings(arguments.data, flags, ENVIRONMENT)
    uvloop.run(run_server(arguments.data, settings, _say))
    return 0


def _said(given: str | list[str] | None) -> str | None:
    """A flag that may be given more than once is a list, as it is in the environment and the file."""
    return ",".join(given) if isinstance(given, list) else given


def _say(words: str) -> None:
    print(words, flush=True)
