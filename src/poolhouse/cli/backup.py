"""`poolhouse backup`, `restore` and `verify`: nobody shall fear for their data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.app.clock import SystemClock
from poolhouse.cli._parser import command
from poolhouse.cli._shared import output_of
from poolhouse.errors import NotFoundError
from poolhouse.store.backup import back_up, restore
from poolhouse.store.database import FILE_NAME
from poolhouse.store.verify import verify

if TYPE_CHECKING:
    import argparse


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = command(
        commands,
        "backup",
        run_backup,
        "write everything into one file, also while the server runs",
        "poolhouse backup /media/disk/poolhouse.tar",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; readable by you only")
    parser = command(
        commands,
        "restore",
        run_restore,
        "make a new data directory of a backup",
        "poolhouse restore /media/disk/poolhouse.tar --data ~/restored",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what `poolhouse backup` wrote")
    command(
        commands,
        "verify",
        run_verify,
        "check that the store is whole, also while the server runs",
        "poolhouse verify",
    )


def run_backup(arguments: argparse.Namespace) -> int:
    """Write a backup; the exit status is 1 where something was damaged before it was copied."""
    _require_store(arguments.data)
    output = output_of(arguments)
    with output.progress("backing up") as progress:
        summary = back_up(arguments.data, arguments.file, SystemClock(), progress)
    words = f"Wrote {arguments.file} ({summary.size_bytes:,} bytes)."
    if summary.damaged:
        words += "\n".join(["", *(f"damaged before it was copied: {name}" for name in summary.damaged)])
        words += "\nKeep an older backup that has them whole, and see `poolhouse verify` for what needs them."
    output.say(
        words,
        {
            "file": str(arguments.file),
            "size_bytes": summary.size_bytes,
            "counts": dict(summary.counts),
            "damaged": list(summary.damaged),
        },
    )
    return 1 if summary.damaged else 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Restore a backup."""
    output = output_of(arguments)
    with output.progress("restoring") as progress:
        summary = restore(arguments.file, arguments.data, progress)
    output.say(
        f"Restored into {arguments.data}. Check it with: poolhouse verify --data {arguments.data}",
        {"data": str(arguments.data), "counts": dict(summary.counts)},
    )
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify; the exit status is 1 where there are faults."""
    _require_store(arguments.data)
    output = output_of(arguments)
    with output.progress("verifying", "files") as progress:
        report = verify(arguments.data, progress)
    counts = ", ".join(f"{count:,} {what}" for what, count in report.counts.items())
    words = "\n".join(f"fault: {fault}" for fault in report.faults) or f"The store is whole: {counts}."
    output.say(words, {"faults": list(report.faults), "counts": dict(report.counts)})
    return 1 if report.faults else 0


def _require_store(directory: Path) -> None:
    if not (directory / FILE_NAME).exists():
        raise NotFoundError(f"store in {directory} (give --data DIR)")
