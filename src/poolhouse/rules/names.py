"""Names, titles and notes: what people write about things, made fit to be kept, or refused."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from poolhouse.errors import InvalidInputError

PERSON_NAME_LENGTH_LIMIT: Final = 32
"""The longest name of a person, in characters."""

POOL_NAME_LENGTH_LIMIT: Final = 200
"""The longest name of a pool, in characters."""

TITLE_LENGTH_LIMIT: Final = 2_000
"""The longest title, in characters."""

NOTE_LENGTH_LIMIT: Final = 100_000
"""The longest note, in characters."""

_PERSON_NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{PERSON_NAME_LENGTH_LIMIT - 1}}}")

# What SQLite, UTF-8 or XML cannot carry or no one can see: controls, halves of surrogate pairs, non-characters.
# Tab, line feed, carriage return and the white space among the controls are dealt with before.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_person_name(name: str) -> str:
    """Return a person's name without the white space around it.

    1 to 32 of `A-Z a-z 0-9 _ -`, the first a letter or digit: it is also the user name of their feeds, where
    readers cannot quote more. Raises InvalidInputError("name").
    """
    name = name.strip()
    if not _PERSON_NAME.fullmatch(name):
        raise InvalidInputError(
            "name",
            "A name is 1 to 32 letters (a to z), digits, “-” and “_”, and begins with a letter or digit.",
        )
    return name


def clean_pool_name(name: str) -> str:
    """Return a pool's name in NFC, white space collapsed.

    1 to 200 characters without control characters; no “/”, which joins the names in a path, and not “.” or
    “..”, which a path would lose in an address. Raises InvalidInputError("name").
    """
    name = _one_line(unicodedata.normalize("NFC", name))
    if not name:
        raise InvalidInputError("name", "A pool needs a name.")
    if len(name) > POOL_NAME_LENGTH_LIMIT:
        raise InvalidInputError("name", f"The name is longer than {POOL_NAME_LENGTH_LIMIT} characters.")
    if "/" in name:
        raise InvalidInputError("name", "A name cannot hold “/”.")
    if name in {".", ".."}:
        raise InvalidInputError("name", f"A pool cannot be called “{name}”.")
    if _UNWRITABLE.search(name):
        raise InvalidInputError("name", "The name holds a character that cannot be written.")
    return name


def clean_title(text: str, limit: int = TITLE_LENGTH_LIMIT, field: str = "title") -> str:
    """Return a title as one line, without what cannot be written; it may be empty.

    Raises InvalidInputError of `field` where more than `limit` characters are left.
    """
    if not text.isprintable():  # all that cannot be written is not
        text = _UNWRITABLE.sub(" ", text)
    return _within(_one_line(text), field, limit)


def clean_note(text: str, limit: int = NOTE_LENGTH_LIMIT) -> str:
    """Return a note with line feeds for line ends, without what cannot be written nor empty lines around it.

    Raises InvalidInputError("note") where more than `limit` characters are left.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _within(_UNWRITABLE.sub("", text).lstrip("\n").rstrip(), "note", limit)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _within(text: str, field: str, limit: int) -> str:
    if len(text) > limit:
        raise InvalidInputError(field, f"The {field} is longer than {limit:,} characters.")
    return text
