"""Names, titles and notes: made fit to be kept, or refused."""

from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.rules.names import clean_note, clean_person_name, clean_pool_name, clean_title

_TEXT = st.text(
    st.characters() | st.sampled_from("\x00\r\n\t\v\f\x85\u2028\ud800\udc00\uffff /."), max_size=40
)


@pytest.mark.parametrize("name", ["a", "0", "Ada", "ada-lovelace_1", "x" * 32])
def test_a_name_of_a_person(name: str) -> None:
    assert clean_person_name(f" {name}\n") == name


@pytest.mark.parametrize(
    "name", ["", " ", "-a", "_a", "a b", "é", "x" * 33, "a.b", "a@b", "a\x00", "٣", "a/b"]
)
def test_no_name_of_a_person(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        clean_person_name(name)
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" To  read\n", "To read"),
        ("cafe\u0301", "caf\u00e9"),
        ("...", "..."),
        ("x" * 200, "x" * 200),
        ("<b>", "<b>"),
    ],
)
def test_a_name_of_a_pool(text: str, name: str) -> None:
    assert clean_pool_name(text) == name


@pytest.mark.parametrize(
    "name", ["", " \n", "a/b", "/", ".", "..", "x" * 201, "a\x00b", "a\x1bb", "\ud800", "\ufffe"]
)
def test_no_name_of_a_pool(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        clean_pool_name(name)
    assert caught.value.field == "name"


def test_a_title_is_one_line() -> None:
    assert clean_title(" a\r\n\tb\x00c  \ud800 ") == "a b c"
    assert clean_title("\x00") == ""


def test_a_note_keeps_its_lines() -> None:
    assert clean_note("\r\n  a\r\n\tb\rc\x00\x1b[1m\ud800\n\n ") == "  a\n\tb\nc[1m"


@pytest.mark.parametrize(("clean", "limit"), [(clean_title, 2_000), (clean_note, 100_000)])
def test_what_is_too_long_is_refused(clean: type, limit: int) -> None:
    assert clean(f"\n{'x' * limit} ") == "x" * limit
    with pytest.raises(InvalidInputError, match=f"{limit:,}"):
        clean("x" * (limit + 2))
    with pytest.raises(InvalidInputError, match=f"{limit:,}"):
        clean("x" * 10_000_000)
    assert clean("xyz", limit=3) == "xyz"
    with pytest.raises(InvalidInputError, match="than 2 "):
        clean("xyz", limit=2)


@given(_TEXT)
def test_what_is_kept_can_be_carried_and_stays_as_it_is(text: str) -> None:
    title, note = clean_title(text), clean_note(text)
    assert (clean_title(title), clean_note(note)) == (title, note)
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?, ?", (title, note)).fetchone() == (title, note)
    connection.close()
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in title)
    assert all(
        unicodedata.category(character) not in {"Cc", "Cs"} for character in note if character not in "\n\t"
    )


@given(_TEXT)
def test_a_pools_name_stays_as_it_is(text: str) -> None:
    try:
        name = clean_pool_name(text)
    except InvalidInputError:
        return
    assert clean_pool_name(name) == name
    assert len(name.encode()) >= 1
    assert "/" not in name
