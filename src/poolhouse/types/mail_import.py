"""Mail import: where messages come from, how far one is with that, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REFUSALS_KEPT: Final = 100
"""So many refusals a report tells of one by one; it counts them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSource:
    """A file of many messages, or a member of an archive of such files; another file where anything here is another.

    `modified_ns` is its time of change in nanoseconds since 1970; `terms` say how it is imported: the same file
    imported otherwise begins anew.
    """

    path: str
    member: str = ""
    size_bytes: int
    modified_ns: int
    inode: int
    terms: str = ""


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A message or file that was not kept: where it stands, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What an import did. Reports of two parts add up; of the refusals, the first hundred stay."""

    added: int = 0
    present: int = 0
    refused_count: int = 0
    refused: tuple[RefusedMail, ...] = ()

    def __add__(self, other: MailReport) -> MailReport:
        return MailReport(
            added=self.added + other.added,
            present=self.present + other.present,
            refused_count=self.refused_count + other.refused_count,
            refused=(*self.refused, *other.refused)[:REFUSALS_KEPT],
        )


def refusal(place: str, reason: str) -> MailReport:
    """The report of one that was not kept."""
    return MailReport(refused_count=1, refused=(RefusedMail(place, reason),))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailProgress:
    """How far an import of one source is: everything before byte `offset` is kept, and what came of it."""

    offset: int
    report: MailReport
