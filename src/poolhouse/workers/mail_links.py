"""The links in a message's HTML: where they lead, which of them act by being followed, which of them deceive."""

from __future__ import annotations

import re
from typing import Final

from poolhouse.rules.urls import site_of
from poolhouse.types.message import MessageLink

LINK_LIMIT: Final = 200
WARNING_LIMIT: Final = 3
WORDS_LENGTH: Final = 300
"""So much of what a link stands under is looked at."""

_HOST: Final = re.compile(
    r"(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?:[/:?#]\S*)?", re.IGNORECASE
)
# These two in lower case, and of text that is folded: a search that ignores case itself takes five times as long.
# In the languages whose newsletters we have seen: to leave, to say what one wants to get, to confirm an address.
_ACTING_WORDS: Final = re.compile(
    r"un-?subscri|opt[ -]?out|manage (?:your )?(?:e-?mail |mail )?(?:preferences|subscription)|e-?mail preferences"
    r"|(?:update|change|edit) (?:your )?(?:e-?mail )?(?:preferences|settings)"
    r"|confirm (?:your )?(?:e-?mail|subscription|address)"
    r"|verify (?:your )?e-?mail|abbestell|abmeld|austragen|anmeldung bestätigen|newsletter bestätigen"
    r"|désabonn|désinscri|se désinscrire|confirmer (?:votre|mon) (?:inscription|adresse|abonnement)"
    r"|darse de baja|desuscri|cancelar (?:la |su )?suscripci|confirmar (?:su |tu )?(?:suscripci|correo)"
    r"|cancellarsi|disiscri|annulla(?:re)? (?:l')?iscrizione|afmelden|uitschrijven"
    r"|отписаться|wypisz|zrezygnuj z subskrypcji|avregistrera|avsluta prenumeration|afmeld|meld deg av"
)
_ACTING_ADDRESS: Final = re.compile(r"unsubscrib|opt-?out|list-?unsub|/unsub\b|abmeld|desabonn|optin|confirm")
_WORDS_BEFORE: Final = 80
_DOTTED: Final = str.maketrans("\u0130\u0131", "ii")  # of Turkish: folded, they would be none of ours


class LinkList:
    """The http(s) links that one might keep, each once, in order; and sentences about those that deceive."""

    def __init__(self) -> None:
        self._links: dict[str, MessageLink] = {}
        self._warnings: dict[str, None] = {}

    def note(self, url: str, words: str, *, acts: bool) -> None:
        """Note a link by its address, which is a legal one, the words it stands under, and whether it acts."""
        if not url.startswith(("https:", "http:")):
            return
        if len(self._warnings) < WARNING_LIMIT and (warning := _warning(words, url)):
            self._warnings[warning] = None
        if not acts and url not in self._links and len(self._links) < LINK_LIMIT:
            self._links[url] = MessageLink(url, words or url)

    @property
    def links(self) -> tuple[MessageLink, ...]:
        """At most `LINK_LIMIT`."""
        return tuple(self._links.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """At most `WARNING_LIMIT`."""
        return tuple(self._warnings)


def looks_acting(words: str, url: str) -> bool:
    """Whether to follow a link would do something for its reader: unsubscribe, confirm.

    By its address and the words that it stands under, or after in plain text.
    """
    return (
        _ACTING_WORDS.search(_folded(words)) is not None or _ACTING_ADDRESS.search(_folded(url)) is not None
    )


def words_before(text: str, start: int) -> str:
    """Return what plain text says of the address that starts there: on its line, on the one before, or above it.

    Of the paragraph before its own only what ends with a colon, where nothing else stands before the address.
    """
    before = text[max(0, start - _WORDS_BEFORE) : start]
    words = before.rpartition("\n\n")[2]
    if not words or words.isspace():
        above = before.rstrip()
        return above.rpartition("\n\n")[2] if above.endswith((":", "\uff1a")) else ""
    return words


def _folded(text: str) -> str:
    """Text in lower case, whatever letters it is written in that programs take for those of ours."""
    return text.lower() if text.isascii() else text.translate(_DOTTED).casefold()


def _warning(words: str, url: str) -> str | None:
    """A sentence, where a link looks like an address and leads to another site."""
    if "xn--" in url and "xn--" in (host := site_of(url)):
        return f"A link leads to {host[:100]}, a name with letters that can look like others."
    shown = _HOST.fullmatch(words.strip())
    if shown is None:
        return None
    host = site_of(url)
    said = site_of(f"https://{shown[1].lower()}")
    if not said or said == host or host.endswith(f".{said}") or said.endswith(f".{host}"):
        return None
    return f"A link says {said[:100]} and leads to {host[:100]}."
