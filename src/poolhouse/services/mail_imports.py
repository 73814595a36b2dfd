"""Bringing mail in from files, some messages at a time, so that nobody else has to wait and nothing is done twice.

Whoever reads a file makes `FoundMail` of it, `batches_of` puts them together, `plan_mail` says what is to be done with
each, and `import_mail` does that in one transaction, with how far the file is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.formats.mail_marks import read_marks
from poolhouse.formats.takeout import Labels, read_labels
from poolhouse.rules.names import TITLE_LENGTH_LIMIT, clean_title
from poolhouse.rules.tags import clean_tags
from poolhouse.services.folders import FolderPools
from poolhouse.services.links import target_pool
from poolhouse.services.messages import add_message, ask_to_read
from poolhouse.types import (
    Envelope,
    ImportMail,
    MailProgress,
    MailReport,
    Mark,
    MessageSource,
    PoolRole,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from poolhouse.formats.mail_marks import MailMarks
    from poolhouse.formats.maildir import MaildirFlags
    from poolhouse.ports import Transaction
    from poolhouse.types import JobId, MailSource, PoolId, Principal

BATCH_SIZE: Final = 100
"""So many messages in one transaction keep the writer for some tens of milliseconds."""

BATCH_BYTES: Final = 8 * 1024 * 1024
DEFAULT_POOL: Final = "Imported mail"
_LABEL_POOLS: Final = 50  # of one message
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMail:
    """A message as it stands in a file.

    `group` is the file or directory it is reported with, `place` where in there it stands. `source` is the file where
    one can be gone on with, and `end` the byte after the message. `folders` are those it lies in. `kept_at` is the time
    that its file gives it. `is_labelled`: what it says of Gmail's labels is Gmail's own word.
    """

    group: str
    place: str
    content: bytes
    source: MailSource | None = None
    end: int = 0
    folders: tuple[str, ...] = ()
    kept_at: datetime | None = None
    flags: MaildirFlags | None = None
    is_in_inbox: bool = False
    is_labelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMail:
    """What stands in a file, or is one, and is not kept; `reason` is a sentence."""

    group: str
    place: str
    reason: str
    source: MailSource | None = None
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBatch:
    """Messages of one source that are kept together, and how far it is read with them."""

    group: str
    source: MailSource | None
    found: tuple[FoundMail | NotMail, ...]
    is_last: bool

    @property
    def end(self) -> int:
        """The byte of the source after the last of them."""
        return self.found[-1].end


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMail:
    """What is to be done with a message: `folders` are all that it goes into."""

    place: str
    content: bytes
    folders: tuple[tuple[str, ...], ...]
    received_at: datetime
    marks: tuple[Mark, ...]
    tags: tuple[str, ...] = ()
    is_in_inbox: bool = False


def batches_of(found: Iterable[FoundMail | NotMail]) -> Iterator[MailBatch]:
    """Put together what stands in one source: at most BATCH_SIZE messages, or BATCH_BYTES and one."""
    batch: list[FoundMail | NotMail] = []
    size_bytes = 0
    for each in found:
        is_other = bool(batch) and (each.source, each.group) != (batch[0].source, batch[0].group)
        if is_other or len(batch) >= BATCH_SIZE or size_bytes >= BATCH_BYTES:
            yield _batch(batch, is_last=is_other)
            batch, size_bytes = [], 0
        batch.append(each)
        size_bytes += len(each.content) if isinstance(each, FoundMail) else 0
    if batch:
        yield _batch(batch, is_last=True)


def _batch(found: list[FoundMail | NotMail], *, is_last: bool) -> MailBatch:
    return MailBatch(group=found[0].group, source=found[0].source, found=tuple(found), is_last=is_last)


def plan_mail(found: FoundMail | NotMail, now: datetime) -> PlannedMail | NotMail:
    """Look at a message's header and say where it goes, how it is marked and when it came; some tens of microseconds.

    It came when it was sent, if that is a time before tomorrow; else when its file says. It was read, unless something
    says otherwise.
    """
    if isinstance(found, NotMail):
        return found
    said = read_marks(found.content)
    labels = read_labels(said.labels) if found.is_labelled and said.labels is not None else None
    reason = _reason_against(found, said, labels)
    if reason:
        return NotMail(
            group=found.group, place=found.place, reason=reason, source=found.source, end=found.end
        )
    times = (at for at in (said.sent_at, found.kept_at) if at is not None and at <= now + _DAY)
    folders = labels.folders[:_LABEL_POOLS] if labels is not None else (found.folders,) * bool(found.folders)
    return PlannedMail(
        place=found.place,
        content=found.content,
        folders=folders,
        received_at=next(times, now),
        marks=_marks(found, said, labels),
        tags=_tags(labels.tags) if labels is not None else (),
        is_in_inbox=labels.is_in_inbox if labels is not None else found.is_in_inbox,
    )


def _reason_against(found: FoundMail, said: MailMarks, labels: Labels | None) -> str:
    if not found.content.strip():
        return "it is empty"
    if said.is_deleted or (found.flags is not None and found.flags.is_deleted):
        return "it was deleted there"
    return "it is a chat" if labels is not None and labels.is_chat else ""


def _marks(found: FoundMail, said: MailMarks, labels: Labels | None) -> tuple[Mark, ...]:
    """What its file says goes before what its header says, and that before nothing: then it was read."""
    says = labels or found.flags or said
    marks = [] if says.is_read is False else [Mark.READ]
    return (*marks, Mark.STARRED) if says.is_starred else tuple(marks)


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return clean_tags(tags)
    except InvalidInputError:
        return ()


def import_mail(
    tx: Transaction,
    principal: Principal,
    batch: MailBatch,
    planned: Sequence[PlannedMail | NotMail],
    blobs: Sequence[str],
    *,
    pool_id: PoolId,
    use_inbox: bool = False,
) -> MailReport:
    """Keep a batch, ask for its reading, and remember how far its source is; forget that with its last batch.

    `planned` is what `plan_mail` made of it, `blobs` where the bytes of those that are planned are kept. Folders become
    pools beneath that of `pool_id`. `use_inbox`: what lay in an inbox goes into the Inbox, not into that pool. Raises
    InvalidInputError where the pool is a saved search, NotFoundError. Costs what `messages.add_message` does for each.
    """
    importing = _Importing(tx, principal, pool_id, use_inbox=use_inbox)
    addresses = iter(blobs)
    report = MailReport()
    for each in planned:
        if isinstance(each, NotMail):
            report += refusal(each.place, each.reason)
        else:
            report += importing.keep(each, next(addresses))
    if report.added:
        ask_to_read(tx, principal.person_id)
    if batch.source is not None:
        _record(tx, principal, batch, batch.source, report)
    return report


def _record(
    tx: Transaction, principal: Principal, batch: MailBatch, source: MailSource, report: MailReport
) -> None:
    if batch.is_last:
        tx.mail_imports.forget(principal.person_id, source)
        return
    before = tx.mail_imports.get(principal.person_id, source)
    whole = report if before is None else before.report + report
    tx.mail_imports.record(principal.person_id, source, MailProgress(offset=batch.end, report=whole))


class _Importing:
    """One batch."""

    def __init__(self, tx: Transaction, principal: Principal, pool_id: PoolId, *, use_inbox: bool) -> None:
        self._tx = tx
        self._principal = principal
        self._base = target_pool(tx, principal, pool_id)
        self._folders = FolderPools(tx, principal, self._base)
        inbox = tx.pools.by_role(principal.person_id, PoolRole.INBOX)
        self._inbox_id = inbox.id if use_inbox else None

    def keep(self, mail: PlannedMail, blob: str) -> MailReport:
        try:
            pool_ids = self._pool_ids(mail)
        except ConflictError as error:
            return refusal(mail.place, error.reason)
        kept = add_message(
            self._tx,
            self._principal,
            blob=blob,
            size_bytes=len(mail.content),
            envelope=Envelope(source=MessageSource.IMPORT),
            pool_ids=pool_ids,
            received_at=mail.received_at,
            marks=mail.marks,
            tags=mail.tags,
        )
        return MailReport(added=int(kept.is_new), present=int(not kept.is_new))

    def _pool_ids(self, mail: PlannedMail) -> tuple[PoolId, ...]:
        found = [self._folders.pool_id(folders) for folders in mail.folders]
        if mail.is_in_inbox and self._inbox_id is not None:
            found.append(self._inbox_id)
        wanted = dict.fromkeys(pool_id for pool_id in found if pool_id is not None)
        return tuple(wanted) or (self._base.id,)


def begin_import(tx: Transaction, principal: Principal, source: MailSource) -> MailProgress:
    """How far the import of a file is: at its beginning, but for one that was broken off."""
    return tx.mail_imports.get(principal.person_id, source) or MailProgress(offset=0, report=MailReport())


def queue_mail_import(
    tx: Transaction, principal: Principal, blob: str, name: str, *, pool_id: PoolId
) -> JobId:
    """Have a file that is kept as a blob, an mbox or one message, imported into a pool: a job.

    `name` is what the file was called. The blob is let go with the job. Raises InvalidInputError where the pool is a
    saved search, NotFoundError where there is none.
    """
    pool_id = target_pool(tx, principal, pool_id).id
    name = clean_title(name, limit=len(name))[:TITLE_LENGTH_LIMIT]
    entry = ImportMail(blob=blob, pool_id=pool_id, name=name)
    return tx.tuples.put(entry, person_id=principal.person_id, label=name)


def mail_pool(tx: Transaction, principal: Principal, pool_id: PoolId | None) -> PoolId:
    """The pool that mail is imported into: the given one, or `DEFAULT_POOL`, made where it is missing."""
    if pool_id is not None:
        return target_pool(tx, principal, pool_id).id
    found = FolderPools(tx, principal, None).pool_id((DEFAULT_POOL,))
    assert found is not None
    return found


def mail_report_json(report: MailReport, problems: Sequence[str] = ()) -> str:
    """What an import did, as its job reports it: as `imports.report_json` does for bookmarks."""
    return json.dumps(
        {
            "added": report.added,
            "merged": report.present,
            "refused_count": report.refused_count,
            "refused": [{"place": each.place, "url": "", "reason": each.reason} for each in report.refused],
            "problems": list(problems),
        },
        ensure_ascii=False,
    )
