"""`poolhouse export`: everything a person keeps, in formats that outlive us."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import addresses_of, opened, output_of, principal_named
from poolhouse.errors import InvalidInputError
from poolhouse.services.exports import export_json_lines, export_mail, export_netscape, export_opml
from poolhouse.types import Mark

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from poolhouse.cli._progress import Progress
    from poolhouse.ports import Transaction
    from poolhouse.types import Item

NAME_BYTES = 240
"""A file's name may have 255 bytes on most file systems."""


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
        choices=["json", "netscape", "opml", "maildir"],
        default="json",
        help="json: all there is, one document a line; netscape: bookmarks for any browser; opml: the feeds'"
        " addresses, without secrets; maildir: all mail, byte for byte, a folder for each pool (default: %(default)s)",
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIRECTORY", help="where the maildir goes; it must not be there yet"
    )


def run(arguments: argparse.Namespace) -> int:
    """Export."""
    if arguments.format == "maildir":
        return _write_maildir(arguments)
    # beside lines that scroll by, a line that stays would only be in the way
    is_shown = not sys.stdout.isatty()
    with (
        opened(arguments) as data,
        output_of(arguments).progress("exporting", "lines", is_shown=is_shown) as progress,
    ):
        data.database.read(lambda tx: _write(_lines(tx, arguments), progress))
    return 0


def _write_maildir(arguments: argparse.Namespace) -> int:
    """Write each message as a file, into the folder of each of its pools; 1 where the bytes of some are gone."""
    if arguments.to is None:
        raise InvalidInputError("--to", "say which directory the mail shall go to")
    if arguments.to.exists():
        raise InvalidInputError("--to", f"{arguments.to} is there already; name a new directory")
    output = output_of(arguments)
    missing: list[int] = []
    number = 0
    with opened(arguments) as data, output.progress("exporting", "messages") as progress:

        def write(tx: Transaction) -> None:
            nonlocal number
            principal = principal_named(tx, arguments.person)
            arguments.to.mkdir(mode=0o700, parents=True)
            for number, (item, paths) in enumerate(export_mail(tx, principal), start=1):
                content = data.blobs.get(item.blob) if item.blob else None
                if content is None:
                    missing.append(item.id)
                else:
                    _write_message(arguments.to, item, paths, content)
                progress(number)

        data.database.read(write)
    words = f"{number - len(missing):,} messages are in {arguments.to}."
    if missing:
        words += f" The bytes of {len(missing):,} are gone, so these are not: {', '.join(map(str, missing))}"
    output.say(words, {"messages": number - len(missing), "missing": missing})
    return 1 if missing else 0


def _write_message(root: Path, item: Item, paths: Sequence[str], content: bytes) -> None:
    for path in paths:
        folder = root / maildir_folder(path)
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "cur" / maildir_name(item)).write_bytes(content)


def maildir_folder(path: str) -> str:
    """The folder of a pool in a Maildir++: `.Reading.Python`, the Inbox at the top.

    One too long for a file's name is cut, and told from others by a few digits of what it says in full.
    """
    folder = "." if path == "Inbox" else "." + path.replace(".", "_").replace("/", ".")
    if len(encoded := folder.encode()) <= NAME_BYTES:
        return folder
    return encoded[:NAME_BYTES].decode("utf-8", "ignore") + f"~{sha256(encoded).hexdigest()[:8]}"


def maildir_name(item: Item) -> str:
    """The name of a message's file, with its marks as flags: S read, F starred."""
    flags = "F" * (Mark.STARRED in item.marks) + "S" * (Mark.READ in item.marks)
    return f"{int(item.saved_at.timestamp())}.{item.id}.poolhouse:2,{flags}"


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
