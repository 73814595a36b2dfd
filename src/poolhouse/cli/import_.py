"""`poolhouse import`: bookmarks of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import opened, output_of, pool_named, principal_named
from poolhouse.errors import InvalidInputError
from poolhouse.formats.netscape import read_netscape
from poolhouse.services.imports import BATCH_SIZE, ImportReport, import_batch, plan_import

if TYPE_CHECKING:
    import argparse

    from poolhouse.formats.netscape import NetscapeBookmark, NetscapeReading
    from poolhouse.ports import Transaction

SIZE_LIMIT_BYTES = 256 * 1024 * 1024


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "import",
        run,
        "import a bookmark file (Netscape HTML, which every browser writes)",
        "poolhouse import bookmarks.html --person anna --pool Imported",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--person", required=True, metavar="NAME")
    parser.add_argument(
        "--pool", help="put everything beneath this pool (default: folders become pools at the top)"
    )
    parser.add_argument(
        "--fetch-pages", action="store_true", help="have the server read the pages of all new links, too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Import, some hundred at a time, so that a server beside us goes on saving."""
    reading = _read(arguments.file)
    output = output_of(arguments)
    plan = plan_import(reading)
    report = ImportReport()
    with opened(arguments) as data, output.progress("importing", "bookmarks") as progress:
        for start in range(0, len(plan), BATCH_SIZE):
            batch = plan[start : start + BATCH_SIZE]
            report = report + data.database.write(lambda tx, batch=batch: _import(tx, arguments, batch))  # type: ignore[misc]
            progress(start + len(batch), len(plan))
    _say(arguments, reading, report)
    return 0


def _read(path: Path) -> NetscapeReading:
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise InvalidInputError(str(path), f"is larger than {SIZE_LIMIT_BYTES // 1024**2} MB; split it")
        reading = read_netscape(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(str(path), f"cannot be read: {error.strerror}") from error
    if not reading.bookmarks:
        raise InvalidInputError(
            str(path), "holds no bookmarks that Poolhouse can find; export as HTML and try again"
        )
    return reading


def _import(
    tx: Transaction, arguments: argparse.Namespace, batch: tuple[NetscapeBookmark, ...]
) -> ImportReport:
    principal = principal_named(tx, arguments.person)
    base_pool = pool_named(tx, principal, arguments.pool)
    return import_batch(tx, principal, batch, base_pool=base_pool, fetch_pages=arguments.fetch_pages)


def _say(arguments: argparse.Namespace, reading: NetscapeReading, report: ImportReport) -> None:
    lines = [
        f"{report.added:,} added, {report.merged:,} were there already, {len(report.refused):,} refused."
    ]
    lines += [f"  refused {each.url[:200]!r}: {each.reason}" for each in report.refused]
    lines += [f"  line {problem.line}: {problem.reason}" for problem in reading.problems]
    output_of(arguments).say(
        "\n".join(lines),
        {
            "added": report.added,
            "merged": report.merged,
            "refused": [{"url": each.url, "reason": each.reason} for each in report.refused],
            "problems": [{"line": problem.line, "reason": problem.reason} for problem in reading.problems],
        },
    )
