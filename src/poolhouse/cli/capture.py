"""`poolhouse capture`: what is kept of the pages that links lead to."""

from __future__ import annotations

import gzip
import sys
import zlib
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, principal_named
from poolhouse.cli.job import job_data
from poolhouse.errors import InvalidInputError, NotFoundError, StoreDamagedError
from poolhouse.services.captures import capture_text, delete_capture, get_capture, list_captures, recapture
from poolhouse.services.jobs import get_job
from poolhouse.types import CaptureId, ItemId, reading_minutes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.types import Capture, Job

FORMS = ("text", "html", "page", "picture")


def add(commands: Any) -> None:
    """Declare the commands."""
    captures = group(commands, "capture", "captured pages: list, show, again, delete")
    _command(
        captures,
        "list",
        run_list,
        "list the versions of a link's page that are kept, newest first",
        "poolhouse capture list anna 12",
    )
    parser = _command(
        captures,
        "show",
        run_show,
        "write a captured page to standard output",
        "poolhouse capture show anna 12 --as page > page.html",
    )
    parser.add_argument(
        "version",
        type=int,
        nargs="?",
        metavar="VERSION",
        help="its number in `capture list` (default: what the link shows)",
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=FORMS,
        default="text",
        help="text: the readable text; html: the same as clean HTML; page: the whole page in one file, where the pool"
        " keeps that; picture: its small picture (default: %(default)s)",
    )
    _command(
        captures,
        "again",
        run_again,
        "have the server read a link's page again, or a message; the versions there are stay",
        "poolhouse capture again anna 12",
    )
    parser = _command(
        captures,
        "delete",
        run_delete,
        "delete one version for good; the link shows the one before",
        "poolhouse capture delete anna 12 7",
    )
    parser.add_argument("version", type=int, metavar="VERSION", help="its number in `capture list`")


def _command(captures: Any, name: str, run: Any, summary: str, example: str) -> argparse.ArgumentParser:
    parser = command(captures, name, run, summary, example)
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("id", type=int, metavar="ID", help="the link's number, as `link list` prints it")
    return parser


def run_list(arguments: argparse.Namespace) -> int:
    """List the versions, one a line."""
    item_id = ItemId(arguments.id)

    def ask(tx: Transaction) -> Sequence[Capture]:
        return list_captures(tx, principal_named(tx, arguments.person), item_id)

    with opened(arguments) as data:
        captures = data.database.read(ask)
    for capture in reversed(captures):
        words = f"{capture.word_count:,} words" if capture.word_count else "no readable text"
        output_of(arguments).say(
            f"{capture.id}\t{capture.captured_at:%Y-%m-%d %H:%M} UTC\t{capture.mode.value}\t{words}"
            f"\t{capture.size_bytes:,} bytes\t{capture.title}",
            capture_data(capture),
        )
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Write one version; with --json what is known of it, and its text."""
    if arguments.form != "text" and not arguments.json and sys.stdout.isatty():
        # what a stranger wrote could tell the terminal what to do; of a text, control characters were left out
        raise InvalidInputError("--as", f"send the {arguments.form} into a file: > FILE")

    def ask(tx: Transaction) -> tuple[Capture, str]:
        principal, item_id = principal_named(tx, arguments.person), ItemId(arguments.id)
        version = None if arguments.version is None else CaptureId(arguments.version)
        capture = get_capture(tx, principal, item_id, version)
        return capture, capture_text(tx, principal, item_id, capture.id)

    with opened(arguments) as data:
        capture, text = data.database.read(ask)
        content = None if arguments.form == "text" else _content(data, capture, arguments.form)
    if arguments.json or content is None:
        output_of(arguments).say(text, {**capture_data(capture), "text": text})
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return 0


def _content(data: OpenData, capture: Capture, form: str) -> bytes:
    """A file of a version. Raises NotFoundError where it has none or that is gone, StoreDamagedError."""
    address = {
        "html": capture.reader_blob,
        "page": capture.page_blob,
        "picture": capture.thumbnail_blob,
    }[form]
    content = None if address is None else data.blobs.get(address)
    if content is None:
        raise NotFoundError(f"{form} of this version (it has {', '.join(_forms(capture))})")
    try:
        return content if form == "picture" else gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise StoreDamagedError(f"blob {address} is damaged; poolhouse verify says more") from error


def _forms(capture: Capture) -> list[str]:
    there = (True, capture.reader_blob, capture.page_blob, capture.thumbnail_blob)
    return [form for form, is_there in zip(FORMS, there, strict=True) if is_there]


def run_again(arguments: argparse.Namespace) -> int:
    """Ask for another reading."""

    def ask(tx: Transaction) -> Job:
        principal = principal_named(tx, arguments.person)
        return get_job(tx, principal, recapture(tx, principal, ItemId(arguments.id)))

    with opened(arguments) as data:
        job = data.database.write(ask)
    output_of(arguments).say(
        f"The server will read it. Wait for that: poolhouse job wait {arguments.person}", job_data(job)
    )
    return 0


def run_delete(arguments: argparse.Namespace) -> int:
    """Delete a version."""

    def delete(tx: Transaction) -> None:
        principal = principal_named(tx, arguments.person)
        delete_capture(tx, principal, ItemId(arguments.id), CaptureId(arguments.version))

    with opened(arguments) as data:
        data.database.write(delete)
    output_of(arguments).say(
        f"Version {arguments.version} is gone for good.", {"id": arguments.version, "link_id": arguments.id}
    )
    return 0


def capture_data(capture: Capture) -> dict[str, Any]:
    """A version for programs."""
    return {
        "id": capture.id,
        "link_id": capture.item_id,
        "captured_at": capture.captured_at.isoformat(),
        "url": capture.url,
        "is_of_address": capture.is_of_address,
        "mode": capture.mode.value,
        "title": capture.title,
        "author": capture.author,
        "published_at": capture.published_at.isoformat() if capture.published_at else None,
        "language": capture.language,
        "excerpt": capture.excerpt,
        "word_count": capture.word_count,
        "reading_minutes": reading_minutes(capture.word_count),
        "size_bytes": capture.size_bytes,
        "has": _forms(capture),
    }
