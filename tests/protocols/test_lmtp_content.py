"""The content of messages: what ends it, what does not, and that it comes out as it was before it was guarded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poolhouse.protocols.lmtp_content import ContentReader

PIECES = st.sampled_from(
    [b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b"\r\n.\r", b"\n.\n", b"text", b"\x00\xff"]
)
CONTENTS = st.lists(PIECES, max_size=40).map(b"".join)


def stuffed(content: bytes) -> bytes:
    """What a client sends: a period before each that begins a line (RFC 5321 §4.5.2), and the end."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"


def read(pieces: list[bytes]) -> tuple[bytes, bytes | None]:
    """The content, and what came behind its end; None where that was not seen."""
    reader = ContentReader()
    content, behind = b"", b""
    for piece in pieces:
        if reader.is_over:
            behind += piece
        else:
            content += reader.feed(piece)
    return content, None if reader.rest is None else reader.rest + behind


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces."""
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(CONTENTS, st.lists(st.integers(0, 1000)))
@example(b"", [])
@example(b".", [1, 2, 3, 4])
@example(b"..\r\n.", list(range(12)))
def test_what_was_guarded_comes_out_as_it_was(content: bytes, places: list[int]) -> None:
    assert read([*cut(stuffed(content), places), b"QUIT"]) == (content + b"\r\n", b"QUIT")


@given(CONTENTS)
def test_any_bytes_come_out_the_same_however_they_are_cut(sent: bytes) -> None:
    assert read([sent[place : place + 1] for place in range(len(sent))] + [b"\r\n.\r\nRSET"]) == read(
        [sent + b"\r\n.\r\nRSET"]
    )


def test_the_content_may_be_empty() -> None:
    assert read([b".\r\nQUIT\r\n"]) == (b"", b"QUIT\r\n")


@pytest.mark.parametrize(
    "forged",
    [
        b"\n.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\n.\r",
        b"\r.\n",
        b"\r\r\n.\r\r\n",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
        b"\r\n .\r\n",
    ],
)
@pytest.mark.parametrize("is_cut", [False, True])
def test_nothing_but_its_own_end_ends_it(forged: bytes, is_cut: bool) -> None:
    smuggled = b"MAIL FROM:<boss@pools.example>\r\nRCPT TO:<anna@pools.example>\r\nDATA\r\nPay.\r\n"
    sent = b"Subject: a\r\n\r\nfirst" + forged + smuggled
    reader = ContentReader()
    for piece in [sent[place : place + 1] for place in range(len(sent))] if is_cut else [sent]:
        reader.feed(piece)
        assert not reader.is_over
    reader.feed(b"\r\n.\r\n")
    assert reader.rest == b""


def test_bare_ends_of_lines_are_kept_as_they_came() -> None:
    odd = b"a\nb\rc\n.\nd\r.\re\n..f"
    assert read([odd + b"\r\n.\r\n"]) == (odd + b"\r\n", b"")


def test_a_line_may_be_of_any_length() -> None:
    line = b"x" * 3_000_000
    content, behind = read([*cut(line, list(range(0, len(line), 65_536))), b"\r\n.\r\n"])
    assert (content == line + b"\r\n", behind) == (True, b"")
