"""The search language: what is understood, what is text, what is refused, and that it can be written out again."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.rules.query import (
    IS_VALUES,
    QUERY_LENGTH_LIMIT,
    QUERY_TERM_LIMIT,
    WORDED,
    describe_query,
    parse_query,
    split_words,
)
from poolhouse.rules.tags import clean_tags
from poolhouse.rules.urls import clean_url
from poolhouse.store.facets import mail_facets
from poolhouse.types import Condition, ConditionTerm, Query, TextTerm

if TYPE_CHECKING:
    from collections.abc import Mapping

Term = TextTerm | ConditionTerm


def _text(*words: str, prefix: bool = False, negated: bool = False) -> TextTerm:
    return TextTerm(words=words, is_prefix=prefix, is_negated=negated)


def _where(condition: Condition, value: str, *, negated: bool = False) -> ConditionTerm:
    return ConditionTerm(condition=condition, value=value, is_negated=negated)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        (" \t\n\x00 ", []),
        ("& - -- + ! \" * # “", []),
        ("one two", [_text("one"), _text("two")]),
        ("-one two", [_text("one", negated=True), _text("two")]),
        ("-one", [_text("one", negated=True)]),
        ("--verbose", [_text("verbose")]),
        ('"one two" three', [_text("one", "two"), _text("three")]),
        ('-"one two"', [_text("one", "two", negated=True)]),
        ('"one two', [_text("one", "two")]),
        ('one" two', [_text("one"), _text("two")]),
        ('5" disk', [_text("5"), _text("disk")]),
        ('"one""two"three', [_text("one", "two"), _text("three")]),
        ("“one two” three", [_text("one", "two"), _text("three")]),
        ("„one two“ three", [_text("one", "two"), _text("three")]),
        ("exam*", [_text("exam", prefix=True)]),
        ('"an exam"*', [_text("an", "exam", prefix=True)]),
        ("“an exam”*", [_text("an", "exam", prefix=True)]),
        ("ex*am", [_text("ex", "am")]),
        ("self-hosted", [_text("self", "hosted")]),
        ("don't", [_text("don", "t")]),
        ("c++:", [_text("c")]),
        ("foo:bar", [_text("foo", "bar")]),
        ("NEAR(a b) AND OR NOT", [_text("NEAR", "a"), _text("b"), _text("AND"), _text("OR"), _text("NOT")]),
        ('facet:"o1" {title}: x ^y', [_text("facet", "o1"), _text("title"), _text("x"), _text("y")]),
        ("cafe\u0301", [_text("caf\u00e9")]),
        ("日本語 ٣", [_text("日本語"), _text("٣")]),
        ("tag:Python", [_where(Condition.TAG, "Python")]),
        ("TAG:Python", [_where(Condition.TAG, "Python")]),
        ("#Python", [_where(Condition.TAG, "Python")]),
        ("-#Python", [_where(Condition.TAG, "Python", negated=True)]),
        ('tag:"machine  learning"', [_where(Condition.TAG, "machine learning")]),
        ('#"machine learning"', [_where(Condition.TAG, "machine learning")]),
        ("tag:“machine learning”", [_where(Condition.TAG, "machine learning")]),
        ('tag:"say ""hi"""', [_where(Condition.TAG, 'say "hi"')]),
        ("tag:c++ -tag:a:b", [_where(Condition.TAG, "c++"), _where(Condition.TAG, "a:b", negated=True)]),
        ("tag: x", [_text("tag"), _text("x")]),
        ('tag:"" tag:"', [_text("tag"), _text("tag")]),
        ("\u017fite:x", [_text("\u017fite", "x")]),
        ("site:Example.org", [_where(Condition.SITE, "example.org")]),
        ("site:www.example.org.", [_where(Condition.SITE, "example.org")]),
        ("site:https://www.example.org/x", [_where(Condition.SITE, "example.org")]),
        ("site:bücher.example", [_where(Condition.SITE, "xn--bcher-kva.example")]),
        ("is:unread is:READ -is:starred", [_where(Condition.IS, "unread"), _where(Condition.IS, "read"),
                                            _where(Condition.IS, "starred", negated=True)]),
        ("is:untagged kind:Link", [_where(Condition.IS, "untagged"), _where(Condition.KIND, "link")]),
        ("after:2026-01-31", [_where(Condition.AFTER, "2026-01-31")]),
        ("before:2026-1-3", [_where(Condition.BEFORE, "2026-01-03")]),
        ("after:2026 before:2026-03", [_where(Condition.AFTER, "2026-01-01"), _where(Condition.BEFORE, "2026-03-01")]),
        ("before: lunch", [_text("before"), _text("lunch")]),
        ("pool:Reading", [_where(Condition.POOL, "Reading")]),
        ('pool:"To read/ Long  ones/"', [_where(Condition.POOL, "To read/Long ones")]),
        ("https://example.org/a-b?x=1", [_text("example", "org", "a", "b", "x", "1")]),
        ("-HTTP://example.org:80/#top", [_text("example", "org", negated=True)]),
        ("https://example.org/é?utm_source=x", [_text("example", "org", "C3", "A9")]),
        ("https:// http://[", [_text("https"), _text("http")]),
    ],
)  # fmt: skip
def test_a_search_is_understood(text: str, terms: list[Term]) -> None:
    query = parse_query(text)
    assert list(query.terms) == terms
    assert parse_query(describe_query(query)) == query


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * (QUERY_LENGTH_LIMIT + 1), "longer than 1,000"),
        ("x " * (QUERY_TERM_LIMIT + 1), "more than 30 terms"),
        ("before:yesterday", "“yesterday” is not a date"),
        ("after:2026-02-30", "“2026-02-30” is not a date"),
        ("after:2026-00", "not a date"),
        ("after:0000", "not a date"),
        ("after:٢٠٢٦", "not a date"),
        ("before:" + "9" * 900, "“9{39}…” is not a date"),
        ("is:big", "unread, read, starred, untagged, captured, dead, not by “big”"),
        ("kind:mail", "link, message, not by “mail”"),
        ("site:a<b", "“a<b” is not a site"),
        ("tag:a,b", "more than one tag"),
        ("tag:" + "x" * 101, "longer than 100"),
    ],
)
def test_a_search_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason) as caught:
        parse_query(text)
    assert caught.value.field == "query"


_DOCUMENT = (Path(__file__).parents[2] / "docs" / "reference" / "search.md").read_text("utf-8")


def test_every_search_in_the_document_is_understood_as_its_table_says() -> None:
    words, conditions = _DOCUMENT.split("## Conditions", 1)
    searches = re.findall(r"(?m)^\| `([^`]+)` \|", words)
    assert len(searches) == 8
    for search in searches:
        assert all(isinstance(term, TextTerm) for term in parse_query(search).terms)
    searches = re.findall(r"(?m)^\| `([^`]+)` \|", conditions)
    terms = [term for search in searches for term in parse_query(search).terms]
    assert len(terms) == len(searches)
    assert {term.condition for term in terms if isinstance(term, ConditionTerm)} == set(Condition)
    assert {term.value for term in terms if isinstance(term, ConditionTerm)} >= set(IS_VALUES)


def test_a_search_may_be_as_long_as_the_limits() -> None:
    assert parse_query("x" * QUERY_LENGTH_LIMIT).terms == (_text("x" * QUERY_LENGTH_LIMIT),)
    assert len(parse_query("x " * QUERY_TERM_LIMIT).terms) == QUERY_TERM_LIMIT


_words = st.text(min_size=1, max_size=8).flatmap(
    lambda text: st.sampled_from(split_words(unicodedata.normalize("NFC", text)) or ("x",))
)
_texts = st.builds(TextTerm, words=st.lists(_words, min_size=1, max_size=3).map(tuple), is_prefix=st.booleans(),
                   is_negated=st.booleans())  # fmt: skip
_tags = st.text(st.characters() | st.sampled_from('"“”: -#*'), max_size=12).map(
    lambda text: next(iter(clean_tags((text,))), "x")
)
_CONDITIONS = {
    Condition.TAG: _tags,
    Condition.SITE: st.sampled_from(
        ["example.org", "xn--bcher-kva.example", "127.0.0.1", "[::1]", "localhost"]
    ),
    Condition.KIND: st.sampled_from(["link", "message"]),
    **dict.fromkeys(
        WORDED,
        st.builds(
            lambda words, star: " ".join(words) + star,
            st.lists(_words, min_size=1, max_size=3),
            st.sampled_from(["", "*"]),
        ),
    ),
    Condition.HAS: st.just("attachment"),
    Condition.IS: st.sampled_from(IS_VALUES),
    Condition.AFTER: st.dates().map(str),
    Condition.BEFORE: st.dates().map(str),
    Condition.POOL: st.lists(_tags, min_size=1, max_size=3)
    .map("/".join)
    .map(lambda path: path.strip("/ ") or "x"),
}
_conditions = st.sampled_from(list(Condition)).flatmap(
    lambda condition: st.builds(
        ConditionTerm, condition=st.just(condition), value=_CONDITIONS[condition], is_negated=st.booleans()
    )
)
_MARKS = '- " "" “ ” * # : , / tag: site: is: pool: after: https:// www. x 2026 example.org read é c++'
_ODD = (" ", "\x00", "\ud800", "\u0301", "\u0305", "\u0958", "\u017f", "\u212a")
_typed = st.lists(st.sampled_from((*_MARKS.split(), *_ODD)), max_size=14).map("".join)


@given(st.lists(_texts | _conditions, max_size=8).map(lambda terms: Query(terms=tuple(terms))))
def test_what_is_written_out_is_understood_the_same(query: Query) -> None:
    text = describe_query(query)
    assume(len(text) <= QUERY_LENGTH_LIMIT)
    assume(all("//" not in term.value and " /" not in term.value and "/ " not in term.value
               for term in query.terms if isinstance(term, ConditionTerm)))  # fmt: skip
    assert parse_query(text) == query


@given(st.text(max_size=60) | _typed)
def test_whatever_is_typed_is_understood_or_refused_and_carries_no_syntax(text: str) -> None:
    try:
        query = parse_query(text)
    except InvalidInputError:
        return
    assert parse_query(describe_query(query)) == query
    for term in query.terms:
        if isinstance(term, TextTerm):
            assert term.words
            assert all(split_words(word) == (word,) for word in term.words)
        else:
            assert term.value


def _index_finds(text: str) -> bool:
    """Whether SQLite finds a text by its words, also where it is kept decomposed."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE texts USING fts5 (body, tokenize='unicode61 remove_diacritics 2')"
    )
    connection.executemany("INSERT INTO texts VALUES (?)", [(text,), (unicodedata.normalize("NFD", text),)])
    phrase = '"' + " ".join(split_words(unicodedata.normalize("NFC", text))) + '"'
    (found,) = connection.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (phrase,)).fetchone()
    connection.close()
    return bool(found == 2)


@pytest.mark.parametrize(
    "text", ["Self-hosted links & mail", "cafe\u0301 naïve", "a_b.c/d?e=f", "日本語 text", "हिन्दी", "½ Ⅷ ①"]
)
def test_words_are_the_words_of_the_index(text: str) -> None:
    assert _index_finds(text)


def _made_words(texts: Mapping[int, str], wanted: str) -> list[str]:
    """Which of the texts of code points hold a word, to the FTS5 that the store is linked with."""
    connection = apsw.Connection(":memory:")
    with connection:
        connection.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            " (body, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        connection.executemany("INSERT INTO texts (rowid, body) VALUES (?, ?)", texts.items())
    found = connection.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (f'"{wanted}"',))
    return [f"U+{row[0]:04X}" for row in found]


def test_no_code_point_is_of_a_word_to_us_and_separates_in_the_index() -> None:
    words = set("".join(split_words("".join(map(chr, range(0x110000))))))
    assert len(words) > 250_000
    assert words >= set("aé日한𗀀\ue000٣½")
    assert _made_words({ord(letter): f"x{letter}q" for letter in words}, "q") == []


def test_no_name_of_a_correspondent_makes_a_word_of_its_own_in_the_index() -> None:
    letters = filter(str.isalnum, map(chr, range(0x110000)))
    facets = {
        ord(letter): " ".join(mail_facets(f"{letter}q", f"{letter}q", f"{letter}q", has_attachment=False))
        for letter in letters
    }
    assert len(facets) > 100_000
    assert _made_words(facets, "q") == []


def test_diacritics_are_those_of_the_index() -> None:
    marks = [mark for mark in map(chr, range(0x300, 0x370)) if unicodedata.normalize("NFC", mark) == mark]
    assert [mark for mark in marks if not _index_finds(f"q{mark}q")] == []


@pytest.mark.parametrize(
    ("saved", "pasted"),
    [
        ("http://example.org/a?b=c", "https://example.org/a?b=c"),
        ("https://example.org/é", "https://example.org/é#part"),
        ("https://bücher.example/", "http://bücher.example"),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
    ],
)
def test_a_pasted_address_finds_the_saved_one(saved: str, pasted: str) -> None:
    (term,) = parse_query(pasted).terms
    assert isinstance(term, TextTerm)
    words = [word.lower() for word in split_words(clean_url(saved))]
    wanted = [word.lower() for word in term.words]
    assert any(words[start : start + len(wanted)] == wanted for start in range(len(words)))
