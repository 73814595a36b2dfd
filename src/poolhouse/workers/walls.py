"""What stands where an article should be: the signs by which a page without a text is told from a short text."""

from __future__ import annotations

import re
from typing import Final

SHORT_WORDS: Final = 120
"""A page with more words than these is read, whatever its words are: people write about cookies too."""

NOTE_WORDS: Final = 60
"""A page with more words than these is read, unless it asks for consent, which takes more words than any other wall."""

LEAST_WORDS: Final = 5
"""A page with fewer words than these says nothing."""

NO_PAGE: Final = "What is there is not a page of text."
NO_TEXT: Final = "There is no text on the page."
NEEDS_SCRIPTS: Final = "The page shows its text only to browsers that run its scripts."
ASKS_CONSENT: Final = "The page shows its text only to who agrees to its cookies."
ASKS_HUMAN: Final = "The page shows its text only after a check that a person is reading."
ASKS_LOGIN: Final = "The page shows its text only to who logs in or subscribes."

_SIGNS: Final = (
    (
        NEEDS_SCRIPTS,
        r"(?:enable|activate|turn on|requires?|needs?|without|allow|aktivier\w*|activ\w+)\s(?:\w+\s){0,4}java\s?script"
        r"|java\s?script\s(?:\w+\s){0,4}(?:disabled|required|enabled|deaktiviert|aktivier\w*|d\u00e9sactiv\w*|activ\w*)"
        r"|browser (?:does not|doesn.t) support java\s?script",
    ),
    (
        ASKS_HUMAN,
        r"verify(?:ing)? (?:that )?you are (?:a )?human|are you a (?:robot|human)|not a (?:ro)?bot\b|captcha"
        r"|checking (?:your browser|if the site connection)|unusual traffic|just a moment|ddos protection by"
        r"|access denied|request (?:has been )?blocked",
    ),
    (
        ASKS_CONSENT,
        r"(?:accept|allow|agree|consent|reject|manage|use)\b[^.!?]{0,80}\b(?:cookies?|consent|tracking|privacy)"
        r"|cookies?\b[^.!?]{0,80}\b(?:accept|consent|agree|settings|polic)"
        r"|(?:cookies?|datenschutz|einwilligung)\b[^.!?]{0,80}\b(?:zustimm\w*|akzeptier\w*|einwillig\w*)"
        r"|(?:accepter|refuser|consent\w*|param\u00e8tr\w*)\b[^.!?]{0,80}\bcookies?"
        r"|(?:aceptar|rechazar|accetta\w*|accepteer\w*|aceitar)\b[^.!?]{0,80}\bcookies?",
    ),
    (
        ASKS_LOGIN,
        r"(?:sign|log) ?in to (?:continue|read|view|see)|(?:subscribers|members) only|subscribe to (?:continue|read)"
        r"|already a (?:subscriber|member)|create (?:a free|an) account to",
    ),
)
_WALLS: Final = tuple((reason, re.compile(signs, re.IGNORECASE)) for reason, signs in _SIGNS)
_LOOK_LIMIT: Final = 4_000


def wall_of(text: str, *, words: int, has_scripts: bool, has_password_field: bool = False) -> str | None:
    """Return why a page's `text` of so many `words` is no article, as a sentence; None where it may be one.

    The rule: more than `SHORT_WORDS` are an article. Of less, one of the signs above makes a wall, and up to
    `NOTE_WORDS` so does a field for a password; fewer than `LEAST_WORDS` are nothing, which scripts explain where the
    page has some.
    """
    if words > SHORT_WORDS:
        return None
    line = " ".join(text[:_LOOK_LIMIT].split())
    for reason, signs in _WALLS:
        if (words <= NOTE_WORDS or reason == ASKS_CONSENT) and signs.search(line):
            return reason
    if has_password_field and words <= NOTE_WORDS:
        return ASKS_LOGIN
    if words < LEAST_WORDS:
        return NEEDS_SCRIPTS if has_scripts else NO_TEXT
    return None
