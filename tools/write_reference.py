"""Write the pages of docs/reference that are made from the code: the command line, settings, the survey's mechanisms.

`python tools/write_reference.py` writes them; `--check` only says whether they are as they should be.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from unittest import mock

from poolhouse.cli import build_parser
from poolhouse.settings import SETTINGS
from poolhouse.survey.gate.checking import CHECKS
from poolhouse.survey.mechanisms.known import KNOWN

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
WIDTH_COLUMNS = 100


def command_line() -> str:
    """The page of all commands with their help."""
    shown_data = {"POOLHOUSE_DATA": "~/.local/share/poolhouse"}
    size = os.terminal_size((WIDTH_COLUMNS, 24))
    with (
        mock.patch("poolhouse.cli._shared.ENVIRONMENT", shown_data),
        mock.patch("shutil.get_terminal_size", return_value=size),
    ):
        parser = build_parser()
        parts = [
            "# The command line",
            "Every command works beside a running server. `--data` names the data directory (also the variable"
            " `POOLHOUSE_DATA`); with `--json` a command prints one JSON document a line. A command exits with 0"
            " when it did what it was asked, with 1 when it could not and said why on standard error, and with 2"
            " when it was not understood.",
            *_sections(parser, "poolhouse"),
        ]
    return "\n\n".join(parts) + "\n"


def _sections(parser: argparse.ArgumentParser, name: str) -> list[str]:
    level = "##" if name.count(" ") < 2 else "###"
    parts = [f"{level} {name}", f"```text\n{parser.format_help().rstrip()}\n```"]
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to walk its commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for child, child_parser in action.choices.items():
                parts += _sections(child_parser, f"{name} {child}")
    return parts


def settings() -> str:
    """The page of all settings."""
    rows = [
        f"| `{each.name}` | `{each.flag}` | `{each.variable}` | {each.unit} |"
        f" {f'`{each.default}`' if each.default else ''} | {each.sentence} |"
        for each in SETTINGS
    ]
    return "\n".join(
        (
            "# Settings",
            "",
            "What is said nearer wins: a flag of `poolhouse serve`, then the environment, then `poolhouse.toml` in"
            " the data directory, then the default. A list is separated by commas, or is a list in the file.",
            "",
            "| setting | flag | variable | value | default | what it does |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "For example, in `poolhouse.toml`:",
            "",
            "```toml",
            'base_url = "https://pools.example.org"',
            'trusted_proxies = ["127.0.0.1"]',
            "```",
            "",
        )
    )


def mechanisms() -> str:
    """The page of the survey's mechanisms and of its gate."""
    rows = [
        f"| `{each.name}` | {each.title} | {', '.join(each.distributions)} | {each.connection_limit or ''} |"
        f" {each.note} |"
        for each in KNOWN
    ]
    checks = [
        f"| `{each.name}` | {each.promise} | {'not timed' if each.is_excluding else 'told'} |"
        for each in CHECKS
    ]
    return "\n".join(
        (
            "# Mechanisms",
            "",
            "The ways of serving many connections that `poolhouse survey` measures. `poolhouse survey list` says "
            "which run here, in which version, and why the others do not. All serve the same conversation: a "
            "request is a number and a newline, the answer is twice the number and one. [A first "
            "adapter](../tutorial/first-adapter.md) adds one of your own.",
            "",
            "| name | in legends | needs | connections at most | what is peculiar |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            "## The gate",
            "",
            "`poolhouse survey check` tries a mechanism before anything is timed, each check against a server "
            "process of its own kind: one that keeps connections, one that greets and ends them, one with 128 "
            "descriptors.",
            "",
            "| check | who passes | who does not |",
            "| --- | --- | --- |",
            *checks,
            "",
            "Wrong answers, lost requests, connections that do not end, descriptors that stay open and processes "
            "that do not end keep a mechanism from being timed: its figures would be those of doing less. What it "
            "does without descriptors (accept(2) fails with EMFILE) is told beside its figures instead. It "
            "happens outside of what is timed; and the loop of the standard library is among those that spin "
            "then, so that to exclude them would leave out what most programs run on.",
            "",
        )
    )


PAGES = {"command-line.md": command_line, "mechanisms.md": mechanisms, "settings.md": settings}


def main() -> int:
    """Write or check the pages; 1 where one is not as it should be."""
    is_check = "--check" in sys.argv[1:]
    stale = 0
    for name, make in PAGES.items():
        path, text = REFERENCE / name, make()
        if is_check and (not path.exists() or path.read_text("utf-8") != text):
            print(f"{path.name} is out of date: run python tools/write_reference.py")
            stale = 1
        elif not is_check:
            path.write_text(text, "utf-8")
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
