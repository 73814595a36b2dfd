"""Query: a search, understood; written by `rules.query`, carried out by the store and by computed pools."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """A condition that is not about words in the text; `value` is as in the comment."""

    TAG = "tag"  # a tag, compared without case
    SITE = "site"  # a host name; subdomains count
    KIND = "kind"  # an ItemKind
    IS = "is"  # unread, read, starred, untagged, captured, dead
    AFTER = "after"  # saved on or after a date, YYYY-MM-DD (UTC)
    BEFORE = "before"  # saved before a date, YYYY-MM-DD (UTC)
    POOL = "pool"  # in a manual pool of this name or path, or in one under it
    FROM = "from"  # words of a message's sender: name or address
    TO = "to"  # words of those it is sent to, copies too
    LIST = "list"  # words of a message's List-Id
    SUBJECT = "subject"  # words of a message's subject or a link's title
    HAS = "has"  # attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTerm:
    """Words that stand next to each other somewhere in the item's text; `is_prefix`: the last word may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTerm:
    """A condition, or its opposite."""

    condition: Condition
    value: str
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """All terms must hold. A query without terms matches everything."""

    terms: tuple[TextTerm | ConditionTerm, ...] = ()
