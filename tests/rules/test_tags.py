"""Tags: how they are written, and when two are the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.rules.tags import TAG_COUNT_LIMIT, TAG_LENGTH_LIMIT, clean_tags, parse_tags, tag_key

_TEXT = st.text(st.characters() | st.sampled_from("#, \t\n\x00Aa\u0301\u0345ß\u017fKé\ud800"), max_size=30)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        (" , ,, # ,", ()),
        ("python", ("python",)),
        ("Python, web , machine   learning", ("Python", "web", "machine learning")),
        ("Python,python,PYTHON", ("Python",)),
        ("#python,##web,# x", ("python", "web", "x")),
        ("c#,c++", ("c#", "c++")),
        ("a\x00b\x1bc,\ud800d", ("abc", "d")),
        ("a\tb\nc\u00a0d", ("a b c d",)),
        ("caf\u00e9,cafe\u0301", ("caf\u00e9",)),
        ("Straße,STRASSE", ("Straße",)),
    ],
)
def test_tags_as_they_are_typed(text: str, tags: tuple[str, ...]) -> None:
    assert parse_tags(text) == tags


def test_tags_of_several_values_keep_their_order() -> None:
    assert clean_tags(["b", "a,B", " c "]) == ("b", "a", "c")


def test_a_tag_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert clean_tags(["x" * TAG_LENGTH_LIMIT]) == ("x" * TAG_LENGTH_LIMIT,)
    with pytest.raises(InvalidInputError, match="longer than 100") as caught:
        clean_tags(["x" * (TAG_LENGTH_LIMIT + 1)])
    assert caught.value.field == "tags"
    assert len(caught.value.reason) < 80


def test_there_may_be_as_many_tags_as_the_limit_and_no_more() -> None:
    tags = [str(number) for number in range(TAG_COUNT_LIMIT)]
    assert clean_tags([*tags, "0"]) == tuple(tags)
    with pytest.raises(InvalidInputError, match="more than 100"):
        clean_tags([*tags, "x"])


@given(st.lists(_TEXT, max_size=5))
def test_clean_tags_are_clean(values: list[str]) -> None:
    tags = clean_tags(values)
    assert clean_tags(tags) == tags
    assert parse_tags(",".join(tags)) == tags
    assert len({tag_key(tag) for tag in tags}) == len(tags)
    for tag in tags:
        assert tag == " ".join(tag.split())
        assert not tag.startswith("#")
        assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in tag)


@given(_TEXT)
def test_a_key_is_its_own_key_and_does_not_know_case_nor_composition(tag: str) -> None:
    key = tag_key(tag)
    assert tag_key(key) == key
    assert tag_key(unicodedata.normalize("NFD", tag)) == key
    assert tag_key(tag.casefold()) == key
