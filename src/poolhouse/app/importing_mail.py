"""Brings mail in: the bytes of a batch kept with one flush, then its messages in one commit, with how far that is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poolhouse.app.mail_files import LOOK_BYTES, NO_MAIL, MailFile, MailFinder
from poolhouse.errors import InvalidInputError, NotFoundError, StoreFullError
from poolhouse.services.mail_imports import (
    NotMail,
    PlannedMail,
    batches_of,
    begin_import,
    import_mail,
    mail_report_json,
    plan_mail,
)
from poolhouse.types import (
    JobId,
    MailReport,
    MailSource,
    PersonId,
    PoolId,
    Principal,
    Scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from io import FileIO

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Blobs, Transaction
    from poolhouse.services.mail_imports import FoundMail, MailBatch
    from poolhouse.space.durable_taking import DurableTaking
    from poolhouse.types import ImportMail, MailProgress

_GONE = "The file is not there any more; send it again."


def keep_batch(
    blobs: Blobs, batch: MailBatch, now: datetime
) -> tuple[Sequence[PlannedMail | NotMail], Sequence[str]]:
    """Keep the bytes of a batch, durably: what is to be done with each message, and where those to be kept are.

    One flush where the system can; nothing names them until `import_mail` does. Raises StoreError.
    """
    planned = [plan_mail(found, now) for found in batch.found]
    contents = [mail.content for mail in planned if isinstance(mail, PlannedMail)]
    if not blobs.has_room(sum(map(len, contents))):
        raise StoreFullError("the disk is almost full")
    return planned, blobs.put_all(contents)


class ImportingMail:
    """Does `ImportMail` jobs, which `owner` holds in the store."""

    def __init__(self, house: RunningHouse, *, owner: str) -> None:
        self._house = house
        self._owner = owner

    async def keep(self, taking: DurableTaking[Transaction, Any], job: ImportMail) -> None:
        """Keep the messages of a file, or report why not. One that was broken off goes on where it was."""
        assert taking.person is not None
        principal = Principal(person_id=PersonId(taking.person), scope=Scope.PERSON)
        try:
            file = self._house.blobs.path(job.blob).open("rb", buffering=0)
        except FileNotFoundError:
            taking.finish(mail_report_json(MailReport(), (_GONE,)))
            return
        with file:
            importing = _Upload(self._house, principal, job, file)
            try:
                report = await self._keep(taking, importing)
            except (InvalidInputError, NotFoundError) as error:
                taking.finish(mail_report_json(MailReport(), (f"The import ended: {error}.",)))
            else:
                taking.finish(mail_report_json(report))
        taking.commit_with(lambda tx: tx.mail_imports.forget(principal.person_id, importing.source))

    async def _keep(self, taking: DurableTaking[Transaction, Any], importing: _Upload) -> MailReport:
        assert taking.id is not None
        report = importing.begun.report
        while (batch := await asyncio.to_thread(next, importing.batches, None)) is not None:
            report += await self._keep_batch(JobId(taking.id), importing, batch)
        return report

    async def _keep_batch(self, job_id: JobId, importing: _Upload, batch: MailBatch) -> MailReport:
        house, source = self._house, importing.source
        planned, blobs = await asyncio.to_thread(keep_batch, house.blobs, batch, house.clock.now())
        # forgotten only with the end of the job: then its report holds what was done before it was broken off
        open_batch = replace(batch, source=source, is_last=False)

        def keep(tx: Transaction) -> MailReport:
            tx.tuples.progress(job_id, self._owner, min(batch.end, source.size_bytes), source.size_bytes)
            return import_mail(tx, importing.principal, open_batch, planned, blobs, pool_id=importing.pool_id)

        return await house.write(keep)


class _Upload:
    """A file that somebody sent, and how far it is kept."""

    def __init__(self, house: RunningHouse, principal: Principal, job: ImportMail, file: FileIO) -> None:
        self.principal = principal
        self.pool_id = PoolId(job.pool_id)
        size_bytes = file.seek(0, 2)
        file.seek(0)
        self.source = MailSource(
            path=f"blob:{job.blob}", size_bytes=size_bytes, modified_ns=0, inode=0, terms=str(job.pool_id)
        )
        self.begun: MailProgress = house.read(lambda tx: begin_import(tx, principal, self.source))
        self._file = file
        self._now = house.clock.now()
        self._name = job.name
        self.batches = batches_of(self._found())

    def _found(self) -> Iterator[FoundMail | NotMail]:
        start = self._file.read(LOOK_BYTES)
        self._file.seek(0)
        finder = MailFinder(lambda _: self.begun.offset)
        mail_file = MailFile(
            group=self._name,
            names=(),
            read=self._file.read,
            skip=self._file.seek,
            modified_at=self._now,
            source=self.source,
        )
        for each in finder.messages(mail_file, start):
            if isinstance(each, NotMail) and each.reason == NO_MAIL:
                raise InvalidInputError("file", NO_MAIL)
            yield each
