"""What an IMAP server says when it says no: a line for its person, and the response code for us (RFC 9051 §7.1)."""

from __future__ import annotations

import re
from typing import Final

_CODE: Final = re.compile(r"\[([A-Za-z][A-Za-z-]*)[] ]")
_BEFORE: Final = re.compile(
    r"^(?:[a-z]+ failed: )?(?:\[[A-Za-z-]+\] *)?"
)  # IMAPClient's words, a response code


def code_of(text: str) -> str:
    """The response code that stands before a server's words, in capitals, without what it says more; "" for none."""
    found = _CODE.search(text)
    return found[1].upper() if found else ""


def words_of(text: str, secret: str = "") -> str:
    """What a server says, for its person: one short line, without what must not be shown."""
    if text[:2] in {"b'", 'b"'}:
        text = text[2:-1]
    if secret:
        text = text.replace(secret, "…")
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(_BEFORE.sub("", text).split())[:200]
