"""`poolhouse import-mail`: mail of other programs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.app.clock import SystemClock
from poolhouse.app.importing_mail import keep_batch
from poolhouse.app.mail_files import NO_MAIL, MailFinder
from poolhouse.app.reading_now import is_served, read_waiting
from poolhouse.cli._parser import command
from poolhouse.cli._shared import ENVIRONMENT, opened, output_of, principal_named
from poolhouse.services.links import target_pool
from poolhouse.services.mail_imports import DEFAULT_POOL, batches_of, begin_import, import_mail
from poolhouse.services.pools import find_or_add_pool
from poolhouse.settings import load_settings
from poolhouse.types import MailReport

if TYPE_CHECKING:
    import argparse

    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.services.mail_imports import MailBatch
    from poolhouse.types import MailSource, PoolId, Principal

READ_BY_SERVER = "The server reads them now, one after the other; `poolhouse job wait {}` waits for that."
READ_LATER = "They are listed, and can be searched once they are read: while `poolhouse serve` runs."


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "import-mail",
        run,
        "import mail: an mbox, a Maildir, .eml files, directories of those, or an archive from Google Takeout",
        "poolhouse import-mail ~/Mail/archive.mbox --person anna --pool Mail/Archive",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="what it is is found out by looking")
    parser.add_argument("--person", required=True, metavar="NAME")
    parser.add_argument(
        "--pool",
        default=DEFAULT_POOL,
        metavar="PATH",
        help="put everything into this pool, and what is in folders or has labels into pools beneath it; it is made"
        " where it is missing (default: %(default)s)",
    )
    parser.add_argument(
        "--inbox", action="store_true", help="put what lies in an inbox there into the Inbox here"
    )
    parser.add_argument(
        "--mboxrd",
        action="store_true",
        help="mboxes are of the kind mboxrd: take off one “>” of lines that begin with “>From ”",
    )
    reading = parser.add_mutually_exclusive_group()
    reading.add_argument(
        "--read-now",
        action="store_true",
        default=None,
        help="read the messages before this ends, so that they can be searched (default where no server runs)",
    )
    reading.add_argument(
        "--read-later", action="store_false", dest="read_now", help="leave the reading to the server"
    )


@dataclass
class _Import:
    """An import under way: what came of each file or directory so far, and where something was gone on with."""

    data: OpenData
    principal: Principal
    pool_id: PoolId
    use_inbox: bool
    reports: dict[str, MailReport] = field(default_factory=dict)
    resumed: dict[str, int] = field(default_factory=dict)
    done: int = 0

    def resume(self, source: MailSource) -> int:
        begun = self.data.database.read(lambda tx: begin_import(tx, self.principal, source))
        if begun.offset:
            group = f"{source.path}: {source.member}" if source.member else source.path
            self.resumed[group] = begun.offset
            self.reports[group] = begun.report
        return begun.offset

    def keep(self, batch: MailBatch) -> None:
        database = self.data.database
        planned, blobs = keep_batch(self.data.blobs, batch, database.clock.now())

        def keep(tx: Transaction) -> MailReport:
            return import_mail(
                tx,
                self.principal,
                batch,
                planned,
                blobs,
                pool_id=self.pool_id,
                use_inbox=self.use_inbox,
            )

        report = database.write(keep)
        self.reports[batch.group] = self.reports.get(batch.group, MailReport()) + report
        self.done += len(batch.found)

    @property
    def total(self) -> MailReport:
        return sum(self.reports.values(), MailReport())


def run(arguments: argparse.Namespace) -> int:
    """Import, a hundred at a time, so that a server beside us goes on; then read, or say who will."""
    path = arguments.path.expanduser().absolute()
    with opened(arguments) as data:
        importing = data.database.write(lambda tx: _begun(tx, data, arguments))
        terms = f"{importing.pool_id} {arguments.inbox} {arguments.mboxrd}"
        finder = MailFinder(importing.resume, terms=terms, is_mboxrd=arguments.mboxrd)
        with output_of(arguments).progress("importing", "" if path.is_file() else "messages") as progress:
            for batch in batches_of(finder.find(path)):
                importing.keep(batch)
                progress(*_far(path, batch, importing.done))
        _say(arguments, importing)
        _read_or_tell(arguments, data, importing.total.added)
    return 0


def _begun(tx: Transaction, data: OpenData, arguments: argparse.Namespace) -> _Import:
    principal = principal_named(tx, arguments.person)
    names = [name for name in arguments.pool.split("/") if name.strip()]
    pool = find_or_add_pool(tx, principal, names)
    return _Import(data, principal, target_pool(tx, principal, pool.id).id, arguments.inbox)


def _far(path: Path, batch: MailBatch, done: int) -> tuple[int, int | None]:
    """A share of one large file, by its bytes; of anything else, how many messages."""
    if batch.source is not None and not batch.source.member and path.is_file():
        return batch.end, batch.source.size_bytes
    return done, None


def _say(arguments: argparse.Namespace, importing: _Import) -> None:
    lines = [f"gone on with {group} at byte {offset:,}" for group, offset in importing.resumed.items()]
    total = importing.total
    told = {group: report for group, report in importing.reports.items() if not _is_void(report)}
    if len(told) > 1:
        lines += [f"{group}: {_counts(report)}" for group, report in told.items()]
    lines.append(_counts(total) + ".")
    lines += [f"  refused {each.place}: {each.reason}" for each in total.refused if each.reason != NO_MAIL]
    if total.refused_count > len(total.refused):
        lines.append(f"  and {total.refused_count - len(total.refused):,} more were refused")
    output_of(arguments).say(
        "\n".join(lines),
        {
            **_report_data(total),
            "files": [{"file": group, **_report_data(each)} for group, each in importing.reports.items()],
            "resumed": importing.resumed,
        },
    )


def _counts(report: MailReport) -> str:
    return f"{report.added:,} added, {report.present:,} were there already, {report.refused_count:,} refused"


def _is_void(report: MailReport) -> bool:
    """Whether it is of a file among others that is no mail at all."""
    return not report.added and not report.present and all(each.reason == NO_MAIL for each in report.refused)


def _report_data(report: MailReport) -> dict[str, Any]:
    return {
        "added": report.added,
        "present": report.present,
        "refused_count": report.refused_count,
        "refused": [{"place": each.place, "reason": each.reason} for each in report.refused],
    }


def _read_or_tell(arguments: argparse.Namespace, data: OpenData, added: int) -> None:
    """Read what was added, or say who does."""
    output = output_of(arguments)
    is_server_there = is_served(arguments.data)
    if arguments.read_now if arguments.read_now is not None else not is_server_there:
        settings = load_settings(arguments.data, {}, ENVIRONMENT)
        done = 0
        with output.progress("reading", "messages") as progress:

            def said(count: int) -> None:
                nonlocal done
                done += count
                progress(done, max(added, done))

            asyncio.run(
                read_waiting(
                    data,
                    SystemClock(),
                    workers=settings.workers,
                    authserv=settings.mail_authserv,
                    said=said,
                )
            )
        output.say(f"{done:,} read: they can be searched.", {"read": done})
    elif added and not arguments.json:
        print(READ_BY_SERVER.format(arguments.person) if is_server_there else READ_LATER)
