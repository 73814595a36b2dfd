"""Rows to types: the one place that knows the order of columns."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from poolhouse.types import (
    CaptureMode,
    Entry,
    Item,
    ItemId,
    ItemKind,
    Job,
    JobId,
    JobState,
    Mark,
    Membership,
    PageState,
    Person,
    PersonId,
    Pool,
    PoolId,
    PoolKind,
    PoolRole,
    ReaderUse,
    Secret,
    SecretId,
    SecretKind,
    Seq,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[Any, ...]

PERSON = "person.id, person.name, person.created_at, person.disabled_at"
POOL = (
    "pool.id, pool.owner_id, pool.name, pool.path, pool.kind, pool.version, pool.created_at, pool.changed_at,"
    " pool.entry_count, pool.parent_id, pool.role, pool.query, pool.trashed_at, pool.capture, pool.feed_text,"
    " pool.skips_inbox"
)
SECRET = (
    "secret.id, secret.person_id, secret.kind, secret.label, secret.created_at, secret.pool_id, secret.used_at,"
    " secret.used_by, secret.used_status, secret.cut_off_at"
)
JOB = (
    "tuple.id, tuple.kind, tuple.state, tuple.attempts, tuple.reason, tuple.person_id, tuple.created_at,"
    " tuple.changed_at, tuple.label, tuple.done, tuple.total, tuple.report"
)
# tags and marks come joined by U+001F, which rules.tags lets into no tag
ITEM = """item.id, item.owner_id, item.kind, item.url, item.title, item.note, item.author, item.created_at,
    item.saved_at, item.changed_at, item.description, item.page_state, item.page_error, item.favicon, item.blob,
    item.trashed_at, item.capture_id, item.capture_count, item.word_count, item.language, item.thumbnail,
    item.checked_at, item.dead_since, item.dead_reason, item.found_in, item.thread_id, item.attachment_count,
    item.deferred_until,
    (SELECT group_concat(tag.name, char(31)) FROM item_tag JOIN tag ON tag.id = item_tag.tag_id
     WHERE item_tag.item_id = item.id),
    (SELECT group_concat(mark.name, char(31)) FROM mark
     WHERE mark.item_id = item.id AND mark.person_id = :reader_id)"""
MEMBERSHIP = (
    "membership.pool_id, membership.item_id, membership.number, membership.position, membership.version"
)

_KINDS = {str(kind): kind for kind in ItemKind}
_MARKS = {str(mark): mark for mark in Mark}
_STATES = {str(state): state for state in PageState}
_MODES = {str(mode): mode for mode in CaptureMode}
JOB_STATES = {
    "ready": JobState.WAITING,
    "held": JobState.RUNNING,
    "dead": JobState.FAILED,
    "done": JobState.DONE,
}
_NO_MARKS: frozenset[Mark] = frozenset()


@lru_cache(maxsize=1024)
def time(seconds: int) -> datetime:
    """The aware UTC datetime of a stored time. Remembered: most items bear one time two or three times over."""
    return datetime.fromtimestamp(seconds, UTC)


def time_or_none(seconds: int | None) -> datetime | None:
    """As `time`, for a column that may be NULL."""
    return None if seconds is None else time(seconds)


def seconds(at: datetime) -> int:
    """What is stored for a time."""
    return int(at.timestamp())


def person(row: Sequence[Any]) -> Person:
    """A row of PERSON."""
    return Person(id=PersonId(row[0]), name=row[1], created_at=time(row[2]), disabled_at=time_or_none(row[3]))


def pool(row: Sequence[Any]) -> Pool:
    """A row of POOL."""
    return Pool(
        id=PoolId(row[0]),
        owner_id=PersonId(row[1]),
        name=row[2],
        path=row[3],
        kind=PoolKind(row[4]),
        version=Seq(row[5]),
        created_at=time(row[6]),
        changed_at=time(row[7]),
        entry_count=row[8],
        parent_id=row[9],
        role=None if row[10] is None else PoolRole(row[10]),
        query=row[11],
        trashed_at=time_or_none(row[12]),
        capture=_MODES[row[13]],
        feed_text=bool(row[14]),
        skips_inbox=bool(row[15]),
    )


def secret(row: Sequence[Any]) -> Secret:
    """A row of SECRET."""
    used_at, used_by, used_status = row[6:9]
    use = None if used_at is None else ReaderUse(at=time(used_at), user_agent=used_by, status=used_status)
    return Secret(
        id=SecretId(row[0]),
        person_id=PersonId(row[1]),
        kind=SecretKind(row[2]),
        label=row[3],
        created_at=time(row[4]),
        pool_id=row[5],
        last_use=use,
        cut_off_at=time_or_none(row[9]),
    )


def item(row: Sequence[Any]) -> Item:
    """A row of ITEM."""
    tags, marks = row[28], row[29]
    return Item(
        id=ItemId(row[0]),
        owner_id=PersonId(row[1]),
        kind=_KINDS[row[2]],
        url=row[3],
        title=row[4],
        note=row[5],
        author=row[6],
        created_at=time(row[7]),
        saved_at=time(row[8]),
        changed_at=time(row[9]),
        description=row[10],
        page_state=_STATES[row[11]],
        page_error=row[12],
        favicon=row[13],
        blob=row[14],
        trashed_at=time_or_none(row[15]),
        capture_id=row[16],
        capture_count=row[17],
        word_count=row[18],
        language=row[19],
        thumbnail=row[20],
        checked_at=time_or_none(row[21]),
        dead_since=time_or_none(row[22]),
        dead_reason=row[23],
        found_in=row[24],
        thread_id=row[25],
        attachment_count=row[26],
        deferred_until=time_or_none(row[27]),
        tags=tuple(sorted(tags.split("\x1f"))) if tags else (),
        marks=frozenset(_MARKS[name] for name in marks.split("\x1f")) if marks else _NO_MARKS,
    )


def membership(row: Sequence[Any]) -> Membership:
    """A row of MEMBERSHIP."""
    return Membership(
        pool_id=PoolId(row[0]),
        item_id=ItemId(row[1]),
        number=row[2],
        position=row[3],
        version=Seq(row[4]),
    )


def entry(row: Sequence[Any]) -> Entry:
    """A row of MEMBERSHIP and ITEM."""
    return Entry(membership=membership(row), item=item(row[5:]))


def job(row: Sequence[Any]) -> Job:
    """A row of JOB."""
    return Job(
        id=JobId(row[0]),
        kind=row[1],
        state=JOB_STATES[row[2]],
        attempts=row[3],
        reason=row[4],
        person_id=row[5],
        created_at=time(row[6]),
        changed_at=time(row[7]),
        label=row[8],
        done=row[9],
        total=row[10],
        report=row[11],
    )
