"""How far imports of mail are: rows that are there only until an import is at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from poolhouse.store import rows
from poolhouse.store._table import Table
from poolhouse.types import MailProgress, MailReport, RefusedMail

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.types import MailSource, PersonId

_RECORD: Final = """INSERT OR REPLACE INTO mail_import (person_id, path, member, size_bytes, modified_ns, inode, terms,
    byte_offset, added, present, refused_count, refused, changed_at)
    VALUES (:person_id, :path, :member, :size_bytes, :modified_ns, :inode, :terms,
    :offset, :added, :present, :refused_count, :refused, :now)"""
_refused = msgspec.json.Decoder(tuple[RefusedMail, ...])


class MailImportTable(Table):
    """`ports.MailImports`."""

    __slots__ = ()

    def get(self, person_id: PersonId, source: MailSource) -> MailProgress | None:
        row = self._one(
            "SELECT byte_offset, added, present, refused_count, refused FROM mail_import"
            " WHERE person_id = :person_id AND path = :path AND member = :member AND size_bytes = :size_bytes"
            " AND modified_ns = :modified_ns AND inode = :inode AND terms = :terms",
            person_id=person_id,
            **_named(source),
        )
        if row is None:
            return None
        offset, added, present, refused_count, refused = row
        report = MailReport(
            added=added, present=present, refused_count=refused_count, refused=_refused.decode(refused)
        )
        return MailProgress(offset=offset, report=report)

    def record(self, person_id: PersonId, source: MailSource, progress: MailProgress) -> None:
        report = progress.report
        self._run(
            _RECORD,
            person_id=person_id,
            **_named(source),
            offset=progress.offset,
            added=report.added,
            present=report.present,
            refused_count=report.refused_count,
            refused=msgspec.json.encode(report.refused).decode(),
            now=self.now_seconds,
        )

    def forget(self, person_id: PersonId, source: MailSource) -> None:
        self._run(
            "DELETE FROM mail_import WHERE person_id = :person_id AND path = :path AND member = :member",
            person_id=person_id,
            path=source.path,
            member=source.member,
        )

    def forget_before(self, before: datetime) -> None:
        self._run("DELETE FROM mail_import WHERE changed_at < :before", before=rows.seconds(before))


def _named(source: MailSource) -> dict[str, str | int]:
    return {
        "path": source.path,
        "member": source.member,
        "size_bytes": source.size_bytes,
        "modified_ns": source.modified_ns,
        "inode": source.inode,
        "terms": source.terms,
    }
