"""What programs wrote into a header: read, starred, deleted, sent when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from poolhouse.formats.mail_marks import MailMarks, read_marks


@pytest.mark.parametrize(
    ("header", "marks"),
    [
        ("Subject: x", MailMarks()),
        ("Status: RO", MailMarks(is_read=True)),
        ("Status: O\nX-Status: F", MailMarks(is_read=False, is_starred=True)),
        ("X-Status: D", MailMarks(is_deleted=True)),
        ("X-Mozilla-Status: 0005", MailMarks(is_read=True, is_starred=True)),
        ("X-Mozilla-Status: 0008", MailMarks(is_read=False, is_deleted=True)),
        ("X-Mozilla-Status: zz", MailMarks()),
        ("X-Gmail-Labels: =?UTF-8?Q?Ungelesen,Gr=C3=B6=C3=9Fe?=", MailMarks(labels="Ungelesen,Größe")),
        ("X-Gmail-Labels: Inbox,\n Unread", MailMarks(labels="Inbox, Unread")),
        (
            "Date: Thu, 1 Jan 2026 01:00:00 +0100",
            MailMarks(sent_at=datetime(2026, 1, 1, tzinfo=UTC)),
        ),
    ],
)
def test_marks(header: str, marks: MailMarks) -> None:
    assert read_marks(f"{header}\n\nStatus: RO\n".encode()) == marks
    assert read_marks(f"{header}\r\n\r\nbody".replace("\n ", "\r\n ").encode()) == marks


def test_only_a_beginning_is_looked_at() -> None:
    assert read_marks(b"X-A: b\n" * 1_000_000 + b"Status: RO\n\n").is_read is None
