"""Imports of mail: where messages go, how they are marked, when they came, and that nothing is done twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.importing_mail import keep_batch
from poolhouse.errors import InvalidInputError, NotFoundError, StoreFullError
from poolhouse.formats.maildir import MaildirFlags
from poolhouse.services.mail_imports import (
    BATCH_BYTES,
    BATCH_SIZE,
    FoundMail,
    NotMail,
    batches_of,
    begin_import,
    import_mail,
    mail_pool,
    plan_mail,
    queue_mail_import,
)
from poolhouse.services.pools import add_pool, list_pools
from poolhouse.services.reading import list_entries
from poolhouse.services.trash import trash_item
from poolhouse.store import blobs as blobs_module
from poolhouse.types import (
    Item,
    ItemKind,
    MailReport,
    MailSource,
    Mark,
    PageState,
    PoolId,
    RefusedMail,
)

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from tests.store.actor import Actor

SOURCE = MailSource(path="/mail/a.mbox", size_bytes=1_000, modified_ns=1, inode=2, terms="x")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD = datetime(2020, 5, 1, tzinfo=UTC)


def found(text: str = "", /, **given: Any) -> FoundMail:
    content = f"Subject: {text or 'x'}\n\ntext\n".encode()
    return FoundMail(**{"group": "g", "place": "p", "content": content, **given})


def bring_in(
    data: OpenData, actor: Actor, *mails: FoundMail | NotMail, pool: str = "Mail", use_inbox: bool = False
) -> MailReport:
    """Import, in as many batches as that takes, into a pool of that name at the top."""
    known = actor.database.read(lambda tx: tx.pools.by_path(actor.principal.person_id, pool))
    pool_id = (known or actor.do(add_pool, pool)).id
    report = MailReport()
    for batch in batches_of(mails):
        planned, blobs = keep_batch(data.blobs, batch, actor.database.clock.now())
        report += actor.do(import_mail, batch, planned, blobs, pool_id=pool_id, use_inbox=use_inbox)
    return report


def contents(actor: Actor, path: str) -> list[Item]:
    def ask(tx: Any) -> list[Item]:
        pool = tx.pools.by_path(actor.principal.person_id, path)
        return [each.item for each in list_entries(tx, actor.principal, pool.id, limit=200)]

    return actor.database.read(ask)


def test_a_message_is_kept_whole_and_its_reading_asked_for(data: OpenData, anna: Actor) -> None:
    content = b"Subject: x\r\nDate: Fri, 1 May 2020 00:00:00 +0000\r\n\r\n\xff\x00 no text\n"
    assert bring_in(data, anna, found(content=content)) == MailReport(added=1)
    (item,) = contents(anna, "Mail")
    assert (item.kind, item.page_state, item.marks) == (
        ItemKind.MESSAGE,
        PageState.PENDING,
        frozenset({Mark.READ}),
    )
    assert item.saved_at == OLD
    assert data.blobs.get(item.blob or "") == content
    message = anna.database.read(lambda tx: tx.messages.get(item.id))
    assert message is not None
    assert (message.size_bytes, message.received_at, message.envelope.source) == (len(content), OLD, "import")
    (job,) = anna.database.read(lambda tx: tx.tuples.of(anna.principal.person_id, limit=9))
    assert job.kind == "read-mail"


def test_the_same_again_is_there_already_and_asks_for_nothing(data: OpenData, anna: Actor) -> None:
    mails = [found(str(number)) for number in range(3)]
    assert bring_in(data, anna, *mails, mails[0]) == MailReport(added=3, present=1)
    anna.database.write(
        lambda tx: [tx.tuples.cancel(job.id) for job in tx.tuples.of(anna.principal.person_id, limit=9)]
    )
    assert bring_in(data, anna, *mails) == MailReport(present=3)
    assert len(contents(anna, "Mail")) == 3
    assert anna.database.read(lambda tx: tx.tuples.of(anna.principal.person_id, limit=9)) == []
    anna.do(trash_item, contents(anna, "Mail")[0].id)
    assert bring_in(data, anna, *mails) == MailReport(present=3)
    assert len(contents(anna, "Mail")) == 2


def test_folders_become_pools_beneath(data: OpenData, anna: Actor) -> None:
    bring_in(data, anna, found("a", folders=("Work", "Old")), found("b", folders=("Work",)), found("c"))
    paths = [pool.path for pool in anna.ask(list_pools) if pool.role is None]
    assert paths == ["Mail", "Mail/Work", "Mail/Work/Old"]
    assert [len(contents(anna, path)) for path in paths] == [1, 1, 1]


def test_the_last_of_a_file_is_on_top(data: OpenData, anna: Actor) -> None:
    mails = [found(str(number), content=f"Subject: {number}\n\n".encode()) for number in range(5)]
    bring_in(data, anna, *mails)
    blobs = [data.blobs.get(item.blob or "") for item in contents(anna, "Mail")]
    assert blobs == [mail.content for mail in reversed(mails)]


LABELLED = "X-Gmail-Labels: Inbox,Unread,Starred,Important,Work/Old,Sent\n\n"


@pytest.mark.parametrize("use_inbox", [False, True])
def test_labels_of_gmail(data: OpenData, anna: Actor, use_inbox: bool) -> None:
    mail = found(content=LABELLED.encode() + b"text", is_labelled=True, folders=("All mail",))
    bring_in(data, anna, mail, use_inbox=use_inbox)
    (item,) = contents(anna, "Mail/Work/Old")
    assert (item.marks, item.tags) == (frozenset({Mark.STARRED}), ("important",))
    assert [each.id for each in contents(anna, "Mail/Sent")] == [item.id]
    assert contents(anna, "Mail") == []
    assert len(contents(anna, "Inbox")) == int(use_inbox)


def test_labels_are_believed_only_where_gmail_wrote_them(data: OpenData, anna: Actor) -> None:
    bring_in(data, anna, found(content=LABELLED.encode()))
    (item,) = contents(anna, "Mail")
    assert (item.marks, item.tags) == (frozenset({Mark.READ}), ())


@pytest.mark.parametrize("use_inbox", [False, True])
def test_what_lay_in_an_inbox_goes_into_ours_only_if_asked(
    data: OpenData, anna: Actor, use_inbox: bool
) -> None:
    bring_in(data, anna, found(is_in_inbox=True), use_inbox=use_inbox)
    assert [len(contents(anna, path)) for path in ("Inbox", "Mail")] == [int(use_inbox), int(not use_inbox)]


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        ({}, {Mark.READ}),
        ({"flags": MaildirFlags()}, set()),
        ({"flags": MaildirFlags(is_read=True, is_starred=True)}, {Mark.READ, Mark.STARRED}),
        ({"content": b"Status: O\nX-Status: F\n\nx"}, {Mark.STARRED}),
        ({"content": b"X-Mozilla-Status: 0001\n\nx"}, {Mark.READ}),
        ({"content": b"Status: RO\n\nx", "flags": MaildirFlags()}, set()),
    ],
)
def test_marks(data: OpenData, anna: Actor, given: dict[str, Any], marks: set[Mark]) -> None:
    bring_in(data, anna, found(**given))
    (item,) = contents(anna, "Mail")
    assert item.marks == marks


@pytest.mark.parametrize(
    ("header", "kept_at", "at"),
    [
        (b"Date: Fri, 1 May 2020 00:00:00 +0000", NOW, OLD),
        (b"Date: Fri, 1 May 2099 00:00:00 +0000", OLD, OLD),
        (b"Date: never", OLD, OLD),
        (b"Subject: x", NOW + timedelta(days=400), NOW),
        (b"Subject: x", None, NOW),
        (b"Date: Fri, 2 Jan 2026 20:00:00 +0000", OLD, NOW),
    ],
)
def test_when_it_came(
    data: OpenData, anna: Actor, header: bytes, kept_at: datetime | None, at: datetime
) -> None:
    bring_in(data, anna, found(content=header + b"\n\nx", kept_at=kept_at))
    assert [item.saved_at for item in contents(anna, "Mail")] == [at]


def test_what_is_not_kept_is_told_with_its_reason(data: OpenData, anna: Actor) -> None:
    report = bring_in(
        data,
        anna,
        found(content=b" \n", place="1"),
        found(flags=MaildirFlags(is_deleted=True), place="2"),
        found(content=b"X-Mozilla-Status: 0009\n\nx", place="3"),
        found(content=b"X-Gmail-Labels: Chat\n\nx", is_labelled=True, place="4"),
        NotMail(group="g", place="5", reason="it is too large"),
        found("kept"),
    )
    assert (report.added, report.present, report.refused_count) == (1, 0, 5)
    assert report.refused == (
        RefusedMail("1", "it is empty"),
        RefusedMail("2", "it was deleted there"),
        RefusedMail("3", "it was deleted there"),
        RefusedMail("4", "it is a chat"),
        RefusedMail("5", "it is too large"),
    )


def test_an_import_remembers_how_far_it_is_until_its_end(data: OpenData, anna: Actor) -> None:
    mails = [found(str(number), source=SOURCE, end=(number + 1) * 4) for number in range(250)]
    mails[3] = found(content=b"", source=SOURCE, end=16, place="the fourth")
    pool_id = anna.do(mail_pool, None)
    ends, added = [], []
    for batch in batches_of(mails):
        planned, blobs = keep_batch(data.blobs, batch, NOW)
        anna.do(import_mail, batch, planned, blobs, pool_id=pool_id)
        begun = anna.ask(begin_import, SOURCE)
        ends.append(begun.offset)
        added.append((begun.report.added, begun.report.refused))
    fourth = (RefusedMail("the fourth", "it is empty"),)
    assert ends == [400, 800, 0]
    assert added == [(99, fourth), (199, fourth), (0, ())]


@pytest.mark.parametrize(
    "other",
    [
        MailSource(path="/mail/b.mbox", size_bytes=1_000, modified_ns=1, inode=2, terms="x"),
        MailSource(path="/mail/a.mbox", size_bytes=1_001, modified_ns=1, inode=2, terms="x"),
        MailSource(path="/mail/a.mbox", size_bytes=1_000, modified_ns=2, inode=2, terms="x"),
        MailSource(path="/mail/a.mbox", size_bytes=1_000, modified_ns=1, inode=3, terms="x"),
        MailSource(path="/mail/a.mbox", size_bytes=1_000, modified_ns=1, inode=2, terms="y"),
        MailSource(path="/mail/a.mbox", member="m", size_bytes=1_000, modified_ns=1, inode=2, terms="x"),
    ],
)
def test_another_file_begins_at_its_beginning(
    data: OpenData, anna: Actor, bert: Actor, other: MailSource
) -> None:
    batch = next(batches_of([found(str(number), source=SOURCE, end=4) for number in range(101)]))
    planned, blobs = keep_batch(data.blobs, batch, NOW)
    anna.do(import_mail, batch, planned, blobs, pool_id=anna.do(mail_pool, None))
    assert anna.ask(begin_import, SOURCE).offset == 4
    assert anna.ask(begin_import, other).offset == 0
    assert bert.ask(begin_import, SOURCE).offset == 0
    anna.database.write(lambda tx: tx.mail_imports.forget_before(tx.now))
    assert anna.ask(begin_import, SOURCE).offset == 4
    anna.database.write(lambda tx: tx.mail_imports.forget_before(tx.now + timedelta(seconds=1)))
    assert anna.ask(begin_import, SOURCE).offset == 0


def test_some_of_the_disk_is_left_alone(data: OpenData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs_module, "LOW_WATER_BYTES", 1 << 60)
    with pytest.raises(StoreFullError):
        keep_batch(data.blobs, next(batches_of([found()])), NOW)
    assert list(data.blobs.addresses()) == []


def test_batches_end_with_their_size_and_their_source() -> None:
    small = [found(source=SOURCE) for _ in range(BATCH_SIZE + 1)]
    large = [found(content=b"x" * (BATCH_BYTES // 2), group="other") for _ in range(5)]
    batches = list(batches_of([*small, *large]))
    assert [len(batch.found) for batch in batches] == [BATCH_SIZE, 1, 2, 2, 1]
    assert [batch.is_last for batch in batches] == [False, True, False, False, True]
    assert list(batches_of([])) == []


def test_a_refused_batch_leaves_nothing(data: OpenData, anna: Actor, bert: Actor) -> None:
    searched = anna.do(add_pool, "Searched", query="x")
    (batch,) = batches_of([found()])
    planned, blobs = keep_batch(data.blobs, batch, NOW)
    with pytest.raises(InvalidInputError, match="saved search"):
        anna.do(import_mail, batch, planned, blobs, pool_id=searched.id)
    with pytest.raises(NotFoundError):
        bert.do(import_mail, batch, planned, blobs, pool_id=anna.bookmarks.id)
    with pytest.raises(InvalidInputError, match="saved search"):
        anna.do(queue_mail_import, "0" * 64, "x", pool_id=searched.id)
    with pytest.raises(NotFoundError):
        anna.do(mail_pool, PoolId(999))
    assert contents(anna, "Searched") == []


def test_many_refusals_are_counted_and_some_told() -> None:
    report = sum(
        (MailReport(refused_count=1, refused=(RefusedMail(str(number), "x"),)) for number in range(150)),
        MailReport(),
    )
    assert report.refused_count == 150
    assert [each.place for each in report.refused] == [str(number) for number in range(100)]


def test_a_header_decides_and_not_the_size() -> None:
    planned = plan_mail(found(content=b"X-A: " + b"b" * 10_000_000 + b"\nDate: now\n\n"), NOW)
    assert not isinstance(planned, NotMail)
    assert planned.received_at == NOW
