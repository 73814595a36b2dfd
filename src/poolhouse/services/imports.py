"""Bringing bookmarks in from other programs, some at a time, so that nobody else has to wait.

`plan_import` puts a file's bookmarks in order, `import_batch` saves some of them in a transaction of its own. No row
fails the others: what cannot be kept is in the report, with the reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.rules.names import TITLE_LENGTH_LIMIT, clean_note, clean_title
from poolhouse.rules.tags import clean_tags
from poolhouse.rules.urls import clean_url, url_key
from poolhouse.services.folders import FolderPools
from poolhouse.services.links import mark_item, save_link, target_pool
from poolhouse.types import ImportFile, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.formats.netscape import NetscapeBookmark, NetscapeReading
    from poolhouse.ports import Transaction
    from poolhouse.types import JobId, Pool, PoolId, Principal

BATCH_SIZE = 100
"""So many bookmarks in one transaction keep the writer for some tens of milliseconds."""

REFUSALS_SHOWN = 200

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_URL_SHOWN_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedBookmark:
    """A bookmark that was not kept: where it stood in the file (its folders, joined by "/"), and why."""

    place: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. Reports of two batches add up."""

    added: int = 0
    merged: int = 0
    refused: tuple[RefusedBookmark, ...] = ()

    def __add__(self, other: ImportReport) -> ImportReport:
        return ImportReport(
            added=self.added + other.added,
            merged=self.merged + other.merged,
            refused=self.refused + other.refused,
        )


def plan_import(reading: NetscapeReading) -> tuple[NetscapeBookmark, ...]:
    """Return a file's bookmarks in the order to save them: oldest first, so that the newest ends on top.

    Among those of one second, and those without a date, the file's first ends on top. Undated ones go below all.
    """
    bookmarks = list(reversed(reading.bookmarks))
    bookmarks.sort(key=lambda each: each.added_at or _BEFORE_ALL)
    return tuple(bookmarks)


def queue_import(
    tx: Transaction, principal: Principal, blob: str, name: str, *, pool_id: PoolId | None = None
) -> JobId:
    """Have a file that is kept as a blob imported, beneath a pool or with its folders at the top: a job.

    `name` is what the file was called. The blob is let go with the job. Raises InvalidInputError where the pool is a
    saved search, NotFoundError where there is none.
    """
    target_pool(tx, principal, pool_id)
    name = clean_title(name, limit=len(name))[:TITLE_LENGTH_LIMIT]
    entry = ImportFile(blob=blob, pool_id=pool_id, name=name)
    return tx.tuples.put(entry, person_id=principal.person_id, label=name)


def import_batch(
    tx: Transaction,
    principal: Principal,
    bookmarks: Iterable[NetscapeBookmark],
    *,
    base_pool: Pool | None = None,
    fetch_pages: bool = False,
) -> ImportReport:
    """Save bookmarks with their folders as pools, tags, notes and dates; merge those that are kept already.

    Folders become pools beneath `base_pool`, which takes the loose links too; without one, folders become pools at
    the top and loose links go to Bookmarks. Raises InvalidInputError where `base_pool` is a saved search,
    NotFoundError where it is gone. Costs what `links.save_link` costs for each.
    """
    if base_pool is not None:
        base_pool = target_pool(tx, principal, base_pool.id)
    importing = _Importing(tx, principal, base_pool, is_fetching=fetch_pages)
    report = ImportReport()
    for bookmark in bookmarks:
        report = report + importing.save(bookmark)
    return report


def report_json(report: ImportReport, problems: Sequence[str] = ()) -> str:
    """What an import did, as its job reports it: counts, and the first REFUSALS_SHOWN refusals and problems."""
    refused = [
        {"place": each.place, "url": each.url, "reason": each.reason}
        for each in report.refused[:REFUSALS_SHOWN]
    ]
    return json.dumps(
        {
            "added": report.added,
            "merged": report.merged,
            "refused_count": len(report.refused),
            "refused": refused,
            "problems": list(problems[:REFUSALS_SHOWN]),
        },
        ensure_ascii=False,
    )


class _Importing:
    """One batch."""

    def __init__(
        self, tx: Transaction, principal: Principal, base_pool: Pool | None, *, is_fetching: bool
    ) -> None:
        self._tx = tx
        self._principal = principal
        self._folders = FolderPools(tx, principal, base_pool)
        self._is_fetching = is_fetching

    def save(self, bookmark: NetscapeBookmark) -> ImportReport:
        try:
            # before its folders are made: what is refused leaves nothing behind
            tags = self._checked_tags(clean_url(bookmark.url), bookmark.tags)
            note = clean_note(bookmark.note)
            saved = save_link(
                self._tx,
                self._principal,
                bookmark.url,
                pool_id=self._folders.pool_id(bookmark.folders),
                # a page can call itself anything: a long title is no reason to lose the link
                title=clean_title(bookmark.title, limit=len(bookmark.title))[:TITLE_LENGTH_LIMIT],
                note=note,
                tags=tags,
                created_at=bookmark.added_at,
                fetch_page=self._is_fetching,
            )
        except (InvalidInputError, ConflictError) as error:
            place, url = "/".join(bookmark.folders), bookmark.url[:_URL_SHOWN_LENGTH]
            return ImportReport(refused=(RefusedBookmark(place=place, url=url, reason=error.reason),))
        if bookmark.is_unread is False:
            mark_item(self._tx, self._principal, saved.item.id, Mark.READ, is_on=True)
        return ImportReport(added=int(saved.is_new), merged=int(not saved.is_new))

    def _checked_tags(self, url: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """The tags, once it is sure that they can join those the item has."""
        names = clean_tags(tags)
        known = self._tx.items.by_key(self._principal.person_id, url_key(url)) if names else None
        item = None if known is None else self._tx.items.get(known, self._principal.person_id)
        if item is not None:
            clean_tags((*item.tags, *names))
        return names
