"""Plain text as it is read: nothing is lost, addresses lead on, quotes stand back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.web.plain_text import BLOCK_LIMIT, TEXT_LIMIT, read_text


def links(text: str) -> list[str]:
    return [piece.url for block in read_text(text).blocks for piece in block.pieces if piece.url]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a)", ["https://example.org/a"]),
        ("https://en.example/wiki/Pool_(water), they say", ["https://en.example/wiki/Pool_(water)"]),
        ("<https://example.org/a?b=c&d=e>", ["https://example.org/a?b=c&d=e"]),
        ("HTTP://example.org", ["HTTP://example.org"]),
        ("'https://it.example/wiki/L'Aquila'", ["https://it.example/wiki/L'Aquila"]),
        (
            "~~https://example.org/a~~, `https://example.org/b`",
            ["https://example.org/a", "https://example.org/b"],
        ),
        ("two https://a.example/ and http://b.example/x!", ["https://a.example/", "http://b.example/x"]),
        ("javascript:alert(1) data:text/html,x ftp.example.org", []),
        ("https://", []),
        ("https://[", []),
    ],
)
def test_addresses(text: str, found: list[str]) -> None:
    assert links(text) == found


def test_quotes_stand_back_and_long_ones_are_folded() -> None:
    long = "\n".join(f"> line {number}" for number in range(20))
    first, second, third, fourth = read_text(f"Yes.\n> short\n>> older\nAnd:\n{long}\n").blocks
    assert [block.is_quote for block in (first, second, third, fourth)] == [False, True, False, True]
    assert second.pieces[0].text == "short\n> older"
    assert (second.is_folded, fourth.is_folded) == (False, True)
    assert fourth.line_count == 20


def test_so_many_blocks_and_characters_are_shown_and_no_more() -> None:
    pair = ">a\nb\n"
    for count, is_cut in ((BLOCK_LIMIT // 2, False), (BLOCK_LIMIT // 2 + 1, True), (TEXT_LIMIT // 5, True)):
        read = read_text(pair * count)
        assert (len(read.blocks), read.is_cut) == (BLOCK_LIMIT, is_cut)
    assert [read_text("x" * length).is_cut for length in (TEXT_LIMIT, TEXT_LIMIT + 1)] == [False, True]


@given(st.text(alphabet=st.sampled_from("> ab\nhtps:/.)(x"), max_size=300))
def test_every_line_is_there_in_order(text: str) -> None:
    blocks = ["".join(piece.text for piece in block.pieces) for block in read_text(text).blocks]
    shown = [line for block in blocks for line in block.split("\n")]
    said = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in text.split("\n")]
    assert [line for line in shown if line] == [line for line in said if line]


@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    for url in links(text):
        assert url.lower().startswith(("http://", "https://"))
