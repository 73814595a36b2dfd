"""The search language: what a person types into the search box, understood, and written out again.

Described for people in docs/reference/search.md. Whatever is not a condition is text, and text is split into words
the way SQLite's unicode61 tokeniser splits it, so no word ever carries syntax of the index.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Final

from poolhouse.errors import InvalidInputError
from poolhouse.rules.tags import clean_tags
from poolhouse.rules.urls import clean_url, site_of, url_key
from poolhouse.types.item import ItemKind
from poolhouse.types.query import Condition, ConditionTerm, Query, TextTerm

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY_LENGTH_LIMIT: Final = 1_000
"""The longest search, in characters."""

QUERY_TERM_LIMIT: Final = 30
"""The most terms in a search."""

IS_VALUES: Final = ("unread", "read", "starred", "untagged", "captured", "dead")
"""What `is:` understands."""

HAS_VALUES: Final = ("attachment",)
"""What `has:` understands."""

WORDED: Final = (Condition.FROM, Condition.TO, Condition.LIST, Condition.SUBJECT)
"""Conditions about words of one field, which may end in a mark of a beginning."""

_ANY_CASE: Final = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in each) for each in Condition)

# One term: a minus, a label, then a quoted text (its closing mark may be missing, a doubled one stands for itself; a
# telephone types curly ones) or whatever comes before white space. No part can be matched in two ways, so it is linear.
_TERM: Final = re.compile(
    rf"""(?P<minus>-(?=[^\s-]))?
        (?P<label>(?:{_ANY_CASE}):(?=\S)|\#(?=\S))?
        (?:"(?P<quoted>(?:[^"]|"")*)(?:"|\Z)(?P<star>\*)?
          |[“”„](?P<curly>[^“”]*)(?:[“”]|\Z)(?P<curly_star>\*)?
          |(?P<bare>\S+))""",
    re.VERBOSE,
)
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WEB_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)
# fts5_unicode2.c, sqlite3Fts5UnicodeIsdiacritic: which of the 50 code points from U+0300 on; no others.
_DIACRITICS: Final = {0x300 + bit: None for bit in range(50) if (0x361F8 << 32 | 0x08029FDF) >> bit & 1}
# Letters since Unicode 8 and 12, marks that separate to FTS5, which knows Unicode 6. A letter of ours that separated
# there would let the name in a stranger's mail write facets, so the tests ask the linked FTS5 about every code point.
_SEPARATORS: Final = dict.fromkeys((*range(0x19B0, 0x19C1), 0x19C8, 0x19C9, 0x1CF2, 0x1CF3), " ")
_AS_FTS5: Final[dict[int, str | None]] = {**_DIACRITICS, **_SEPARATORS}
_ASCII_WORD: Final = re.compile(r"[0-9A-Za-z]+")
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


def parse_query(text: str) -> Query:
    """Return what a search asks for; a search without words or conditions asks for everything.

    Quotation marks need not be closed, and what is not understood is text. Raises InvalidInputError("query")
    for more than `QUERY_LENGTH_LIMIT` characters or `QUERY_TERM_LIMIT` terms, and for a condition whose value
    cannot be one (`before:yesterday`).
    """
    if len(text) > QUERY_LENGTH_LIMIT:
        raise _invalid(f"The search is longer than {QUERY_LENGTH_LIMIT:,} characters.")
    text = unicodedata.normalize("NFC", _UNWRITABLE.sub(" ", text))
    terms = tuple(term for match in _TERM.finditer(text) if (term := _term(match)) is not None)
    if len(terms) > QUERY_TERM_LIMIT:
        raise _invalid(f"The search has more than {QUERY_TERM_LIMIT} terms.")
    return Query(terms=terms)


def describe_query(query: Query) -> str:
    """Return a search that asks for the same: `parse_query` of it is `query`, within the limits of a search."""
    return " ".join(map(_describe, query.terms))


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index has them: letters, digits and private characters in a row.

    SQLite FTS5, tokeniser "unicode61": tokens are made of L*, N* and Co; a diacritic that is written as a
    character of its own neither stands in a token nor ends one.
    """
    if text.isascii():
        return tuple(_ASCII_WORD.findall(text))
    return tuple("".join(map(_in_words, text.translate(_AS_FTS5))).split())


def _in_words(character: str) -> str:
    category = unicodedata.category(character)
    return character if category[0] in "LN" or category == "Co" else " "


def _term(match: re.Match[str]) -> TextTerm | ConditionTerm | None:
    is_negated = match["minus"] is not None
    value, is_prefix = _value(match)
    if match["label"]:
        condition = Condition.TAG if match["label"] == "#" else Condition(match["label"][:-1].lower())
        star = "*" if is_prefix and condition in WORDED and not value.endswith("*") else ""
        if known := _READERS[condition](value + star):
            return ConditionTerm(condition=condition, value=known, is_negated=is_negated)
        value = f"{match['label']} {value}"
    words = split_words(_findable(value) if match["bare"] else value)
    return TextTerm(words=words, is_prefix=is_prefix, is_negated=is_negated) if words else None


def _value(match: re.Match[str]) -> tuple[str, bool]:
    if match["quoted"] is not None:
        return match["quoted"].replace('""', '"'), match["star"] is not None
    if match["curly"] is not None:
        return match["curly"], match["curly_star"] is not None
    return match["bare"], match["bare"].endswith("*")


def _findable(text: str) -> str:
    """Write a pasted address as saved ones are, without http(s) and what does not make another page of it."""
    if not _WEB_ADDRESS.match(text):
        return text
    try:
        return url_key(clean_url(text)).partition("://")[2]
    except InvalidInputError:
        return text


def _tag(value: str) -> str:
    try:
        tags = clean_tags((value,))
    except InvalidInputError as error:
        raise _invalid(error.reason) from None
    if len(tags) > 1:
        raise _invalid(f"“{_shown(value)}” is more than one tag: write tag: before each.")
    return tags[0] if tags else ""


def _site(value: str) -> str:
    host, before = value.strip(), ""
    while host != before:  # until “www.” and final dots are gone: at most once for each of its characters
        before, host = host, site_of(host if "://" in host else f"https://{host}")
    if value.strip() and not host:
        raise _invalid(f"“{_shown(value)}” is not a site.")
    return host


def _kind(value: str) -> str:
    return _one_of(value, "kind", tuple(ItemKind))


def _has(value: str) -> str:
    return _one_of(value, "has", HAS_VALUES)


def _wording(value: str) -> str:
    """Words, one space between them, and the mark of a beginning where it has one."""
    words = " ".join(split_words(value))
    return f"{words}*" if words and value.endswith("*") else words


def _is(value: str) -> str:
    return _one_of(value, "is", IS_VALUES)


def _one_of(value: str, name: str, known: tuple[str, ...]) -> str:
    word = value.strip().lower()
    if word and word not in known:
        raise _invalid(f"{name}: can be followed by {', '.join(known)}, not by “{_shown(value)}”.")
    return word


def _day(value: str) -> str:
    text = value.strip()
    if not text:
        return ""
    match = _DATE.fullmatch(text)
    try:
        year, month, day = (int(part or 1) for part in match.groups()) if match else (0, 0, 0)
        return date(year, month, day).isoformat()
    except ValueError:
        raise _invalid(f"“{_shown(value)}” is not a date like 2026-01-31.") from None


def _pool(value: str) -> str:
    return "/".join(name for part in value.split("/") if (name := " ".join(part.split())))


_READERS: Final[dict[Condition, Callable[[str], str]]] = {
    Condition.TAG: _tag,
    Condition.SITE: _site,
    Condition.KIND: _kind,
    Condition.IS: _is,
    Condition.AFTER: _day,
    Condition.BEFORE: _day,
    Condition.POOL: _pool,
    Condition.FROM: _wording,
    Condition.TO: _wording,
    Condition.LIST: _wording,
    Condition.SUBJECT: _wording,
    Condition.HAS: _has,
}


def _describe(term: TextTerm | ConditionTerm) -> str:
    minus = "-" if term.is_negated else ""
    if isinstance(term, ConditionTerm):
        return f"{minus}{term.condition}:{_quoted(term.value)}"
    text = term.words[0] if len(term.words) == 1 else f'"{" ".join(term.words)}"'
    return f"{minus}{text}{'*' if term.is_prefix else ''}"


def _quoted(value: str) -> str:
    if re.search(r"[\s\"“”„]", value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _shown(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:39]}…"


def _invalid(reason: str) -> InvalidInputError:
    return InvalidInputError("query", reason)
