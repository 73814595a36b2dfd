"""Tags: how they are written, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

TAG_LENGTH_LIMIT: Final = 100
"""The longest tag, in characters."""

TAG_COUNT_LIMIT: Final = 100
"""The most tags one item bears."""

_NOT_IN_TAGS: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_tags(values: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in the order given, each once, as they were first spelled.

    A comma separates tags, as it does wherever tags are typed or exported; so no tag holds one. White space
    is trimmed and collapsed, leading `#` and control characters go, empty tags are dropped. `clean_tags` of the
    result is the result. Raises InvalidInputError("tags") for a tag of more than `TAG_LENGTH_LIMIT`
    characters or more than `TAG_COUNT_LIMIT` tags.
    """
    found: dict[str, str] = {}
    for value in values:
        for piece in value.split(","):
            tag = _clean(piece)
            if not tag:
                continue
            if len(tag) > TAG_LENGTH_LIMIT:
                raise InvalidInputError(
                    "tags", f"The tag “{tag[:20]}…” is longer than {TAG_LENGTH_LIMIT} characters."
                )
            found.setdefault(tag_key(tag), tag)
            if len(found) > TAG_COUNT_LIMIT:
                raise InvalidInputError("tags", f"There are more than {TAG_COUNT_LIMIT} tags.")
    return tuple(found.values())


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the tags typed into a form, separated by commas; raises as `clean_tags` does."""
    return clean_tags((text,))


def tag_key(tag: str) -> str:
    """Return what two spellings of one tag have in common (Unicode §3.13, canonical caseless matching)."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", tag).casefold()).casefold()
    return unicodedata.normalize("NFC", folded)


def _clean(piece: str) -> str:
    piece = _NOT_IN_TAGS.sub("", unicodedata.normalize("NFC", piece))
    words = " ".join(piece.split())
    return words.lstrip("# ")
