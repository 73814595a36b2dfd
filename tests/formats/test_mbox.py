"""Mboxes: split as programs write them, in pieces of any size, and put together again byte for byte."""

from __future__ import annotations

import io
import mailbox
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poolhouse.formats.mbox import (
    CHUNK_BYTES,
    MboxMessage,
    is_gmail_line,
    is_mbox,
    is_message,
    split_mbox,
    unquote_from,
)
from tests.mail_corpus.fixtures import MAIL, mail_files

if TYPE_CHECKING:
    from pathlib import Path

DATED = b"From anna@example.org Thu Jan  1 00:00:00 2026\n"
HEADER = b"Subject: one\n\n"


def split(data: bytes, *, chunk_bytes: int = CHUNK_BYTES, limit_bytes: int = 10**9) -> list[MboxMessage]:
    return list(split_mbox(io.BytesIO(data).read, chunk_bytes=chunk_bytes, limit_bytes=limit_bytes))


def joined(messages: list[MboxMessage]) -> bytes:
    return b"".join(message.from_line + (message.content or b"") for message in messages)


def starts(data: bytes) -> list[int]:
    return [message.offset for message in split(data) if message.from_line]


LINES = st.sampled_from(
    [
        DATED,
        b"From - Thu Jan  1 00:00:00 2026\r\n",
        b"From bert@example.org\n",
        b"From Russia with love\n",
        b"From -\n",
        b">From somebody\n",
        b"Subject: x\n",
        b"Date: y\r\n",
        b"\n",
        b"\r\n",
        b"From ",
        b"text\n",
        b"no end of line",
        b"\xef\xbb\xbf",
        b"F",
        b"x" * 1_200 + b"\n",
    ]
)


@given(st.lists(LINES, max_size=30).map(b"".join), st.integers(1, 9_000))
@example(b"\xef\xbb\xbf" + DATED + HEADER, 1)
@example(DATED * 3 + HEADER, 4_097)
def test_any_file_is_the_sum_of_its_messages_whatever_is_read_at_a_time(
    data: bytes, chunk_bytes: int
) -> None:
    messages = split(data)
    assert joined(messages) == data
    assert split(data, chunk_bytes=chunk_bytes) == messages
    assert [message.end for message in messages] == [*(each.offset for each in messages[1:]), len(data)][
        : len(messages)
    ]


@given(st.lists(LINES, max_size=30).map(b"".join))
def test_from_any_message_on_the_rest_is_the_same(data: bytes) -> None:
    messages = split(data)
    for count, message in enumerate(messages):
        if message.from_line:
            rest = io.BytesIO(data)
            rest.seek(message.offset)
            assert list(split_mbox(rest.read, offset=message.offset)) == messages[count:]


@pytest.mark.parametrize(
    ("before", "from_line", "counts"),
    [
        (b"text\n", DATED, True),
        (b"text\n", b"From - Sat Jan 01 00:00:00 2000\r\n", True),
        (b"text\n", b"From MAILER-DAEMON Thu Sep 18 17:54:04 2008\n", True),
        (b"text\n", b"From 1792@xxx Thu Oct 02 10:11:12 +0000 2025\n", True),
        (b"text\n", b"From -\n", True),
        (b"text\n", b"From anna@example.org\n", False),
        (b"text\n\n", b"From anna@example.org\n", True),
        (b"text\r\n\r\n", b"From anna@example.org\r\n", True),
        (b"text\n\n", b"From Russia with love\n", False),
        (b"text\n\n", b"From Monday on we meet at ten\n", False),
        (b"text\n\n", b">From anna@example.org\n", False),
        (b"text\n\n", b"From " + b"x" * 1_000 + b"@example.org\n", False),
    ],
)
def test_a_from_line_counts_by_its_date_or_by_what_stands_before(
    before: bytes, from_line: bytes, counts: bool
) -> None:
    start = DATED + HEADER + before
    assert starts(start + from_line + HEADER) == ([0, len(start)] if counts else [0])
    assert starts(start + from_line + b"No header follows.\n") == [0]


def test_only_the_from_line_is_taken_off() -> None:
    body = b"Subject: x\r\n\r\n>From here\nbare\n\r\n\n\n"
    first, second = split(DATED + body + DATED + HEADER)
    assert first == MboxMessage(offset=0, end=len(DATED + body), from_line=DATED, content=body)
    assert second.content == HEADER


def test_a_message_over_the_limit_is_left_out_and_the_next_is_whole() -> None:
    data = DATED + HEADER + b"x" * 5_000_000 + b"\n" + DATED + HEADER
    for chunk_bytes in (CHUNK_BYTES, 100):
        large, small = split(data, limit_bytes=100_000, chunk_bytes=chunk_bytes)
        assert (large.content, large.from_line, large.end) == (None, DATED, small.offset)
        assert small.content == HEADER
    content = HEADER + b"x" * 86
    assert [each.content for each in split(DATED + content, limit_bytes=100)] == [content]
    assert [each.content for each in split(DATED + content, limit_bytes=99)] == [None]


@given(st.lists(LINES, max_size=20).map(b"".join))
def test_mboxrd_is_unquoted_once(text: bytes) -> None:
    lines = text.splitlines(keepends=True)
    quoted = b"".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    assert unquote_from(quoted) == text


def test_what_a_file_is() -> None:
    assert is_mbox(DATED + HEADER)
    assert is_mbox(b"\xef\xbb\xbf\n\nFrom -\nX: y\n")
    assert not is_mbox(HEADER)
    assert is_message(HEADER)
    assert is_message(b"X-Other: 1\n folded\nReceived: by x\n")
    assert is_message(b"\xef\xbb\xbfFrom: anna@example.org\n")
    for other in (
        b"",
        b'// <!-- <mdb:mork:z v="1.4"/> -->\n',
        b"3 V1 N1\n",
        b"%PDF-1.7\n",
        b"# Title\n\nFrom: x\n",
    ):
        assert not is_message(other)
    assert is_gmail_line(b"From 1792@xxx Thu Oct 02 10:11:12 +0000 2025\n")
    assert not is_gmail_line(DATED)


def test_real_mboxes_have_the_messages_that_the_standard_library_finds() -> None:
    counts = {}
    for path in mail_files():
        data = path.read_bytes()
        messages = split(data)
        assert joined(messages) == data
        if data[:5] == b"From ":
            assert is_mbox(data[:4_096]), path
            counts[path.name] = len(messages)
            assert counts[path.name] == _standard_count(path), path
        assert is_message(data) or not data.lstrip().startswith((b"Received:", b"From:")), path
    known = {
        "UnitTests_TestData_mbox_content-length.mbox.txt": 29,
        "UnitTests_TestData_mbox_issue1189.mbox.txt": 4,
        "UnitTests_TestData_mbox_simple.mbox.txt": 3,
        "examples_src_main_resources_mbox-example_mbox.rlug": 5,
        "mailbox_mbox-0": 37,
    }
    assert {name: counts[name] for name in known} == known
    assert len(counts) > 80


def test_what_a_text_says_begins_no_message() -> None:
    path = MAIL / "MimeKit" / "UnitTests_TestData_mbox_unmunged.mbox.txt"
    if not path.is_file():
        pytest.skip("needs ../shared/fixtures/mail")
    assert [message.from_line for message in split(path.read_bytes())] == [b"", b"From -\n", b"From -\n"]


def _standard_count(path: Path) -> int:
    box = mailbox.mbox(path, create=False)
    try:
        return len(box)
    finally:
        box.close()
