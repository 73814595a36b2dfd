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


def _any_of(*groups: tuple[str, str]) -> str:
    """A pattern of the beginnings, divided by bars, that are followed by what stands beside them.

    By their first letters, which makes it three times as fast. What follows may be of any kind, a beginning is literal
    but for what it makes optional.
    """
    by_letter: dict[str, list[str]] = {}
    for starts, rest in groups:
        for start in starts.split("|"):
            by_letter.setdefault(start[0], []).append(start[1:] + rest)
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


# All in lower case, and of text that is folded: a search that ignores case itself takes five times as long.
# In the languages whose newsletters we have seen: to leave, to say what one wants to get, to confirm an address; and
# what opens an account: a new password, a link to log in by, one that verifies.
_ACTING_WORDS: Final = re.compile(
    _any_of(
        ("un-?subscri|opt-?out|opt out|e-?mail preferences", ""),
        ("manage", r" (?:your )?(?:e-?mail |mail )?(?:preferences|subscription)"),
        ("update|change|edit", r" (?:your )?(?:e-?mail )?(?:preferences|settings)"),
        ("confirm", r" (?:your )?subscription"),
        (
            "verify|validate|activate|confirm|unlock|recover",
            r" (?:your |my |the |this )?(?:new )?(?:account|e-?mail|address|identity|device|registration)",
        ),
        ("reset|recover|change|set|set up|choose|create", r" (?:a |the |your |my )?(?:new )?password"),
        ("forgot|forgotten", r" (?:your |my )?password"),
        ("password reset", ""),
        ("sign", r"(?<!\wsign)[ -]?in(?:to)?\b"),
        ("log", r"(?<!\wlog)[ -]?in(?:to)?\b"),
        ("magic", r" (?:sign-?in |log-?in )?link"),
        ("one-?time|single-use", r" (?:link|code|pass|url|log|sign)"),
        ("abbestell|abmeld|austragen|anmeldung bestätigen|newsletter bestätigen", ""),
        ("neues passwort|einloggen|anmeldelink", ""),
        ("passwort|kennwort", r" (?:jetzt |neu )?(?:zurücksetzen|vergessen|ändern|setzen|festlegen|wählen)"),
        ("einmal-?", r"(?:link|code|passwort|kennwort)"),
        ("magische", r"[rn]? link"),
        (
            "konto|e-?mail|e-?mail-?adresse|adresse|registrierung",
            r" (?:jetzt )?(?:aktivieren|bestätigen|verifizieren|freischalten)",
        ),
        ("désabonn|désinscri|se désinscrire|se connecter|connectez-vous|mot de passe oublié", ""),
        ("confirmer", r" (?:votre|mon) (?:inscription|adresse|abonnement)"),
        (
            "activer|vérifier|valider|confirmer|activez|vérifiez|validez|confirmez",
            r" (?:votre|mon) (?:compte|adresse|e-?mail|inscription)",
        ),
        (
            "réinitialiser|réinitialisez|réinitialisation|changer|modifier|choisir|créer|définir",
            r" (?:un |le |votre |mon |de |du )?(?:nouveau )?mot de passe",
        ),
        ("lien|code", r" (?:magique|de connexion|à usage unique)"),
        ("darse de baja|desuscri", ""),
        ("cancelar", r" (?:la |su )?suscripci"),
        ("confirmar", r" (?:su |tu )?(?:suscripci|correo)"),
        (
            "activar|activa|verificar|verifica|confirmar|confirma|validar|valida",
            r" (?:su |tu |la |mi )?(?:cuenta|correo|dirección|identidad)",
        ),
        (
            "restablecer|restablece|recuperar|recupera|cambiar|cambia|crear|crea",
            r" (?:la |su |tu |mi |una )?(?:nueva )?contraseña",
        ),
        ("olvid", r"[a-zéó]{1,5} (?:la |su |tu |mi )?contraseña"),
        ("inicia", r"[a-z]{0,2} (?:de )?sesión"),
        ("enlace|código", r" (?:mágico|de acceso|de un solo uso)"),
        ("cancellarsi|disiscri", ""),
        ("annulla", r"(?:re)? (?:l')?iscrizione"),
        ("afmelden|uitschrijven|отписаться|wypisz|zrezygnuj z subskrypcji", ""),
        ("avregistrera|avsluta prenumeration|afmeld|meld deg av", ""),
    )
)
_ACTING_ADDRESS: Final = re.compile(r"unsubscrib|opt-?out|list-?unsub|/unsub\b|abmeld|desabonn|optin|confirm")
# What opens an account: a part of the path that says nothing else, and then something that nobody could guess. So an
# article at /articles/password-managers is none, and neither is the page where one logs in.
_OPENING_PATH: Final = re.compile(
    r"/(?:(?:your|my|user|account|customer|new|set|change|forgot|forgotten|e-?mail|complete)[._-]?|)*+"
    r"(?:reset|recover|recovery|passwor[dt]s?|passwd|pwd?reset|kennwort|magic|verify|verification|verifizieren|verifier"
    r"|activate|activation|aktivieren|aktivierung|activer|activar|validate|one-?time|otp|log-?in|sign-?in|anmelden"
    r"|einloggen|connexion|reinitialiser|mot-?de-?passe|contrasena|restablecer|zuruecksetzen|sso|auth|passwordless)"
    r"(?:[._-]?(?:reset|forgot|forgotten|passwor[dt]s?|link|links|e-?mail|mail|account|user|address|token|key|code|log-?in"
    r"|sign-?in|magic|new|set|change|confirm|verify|passe|callback|complete)|)*+"
    r"(?:\.(?:php|aspx?|html?|jsp|cgi|do))?(?=[/?#])"
)
_TOKEN: Final = re.compile(
    r"[?&#;](?:[a-z_-]*+(?<=token)|otp|code|key|ticket|nonce|secret|sig|signature|hash|jwt|oobcode|magic|auth|id|uid|[tkc])"
    r"=[^&#]"
    r"|(?<![a-z0-9_])(?=[a-z_]*+[0-9])[a-z0-9_]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-"
)
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
    """Whether to follow a link would do something for its reader: unsubscribe, confirm, open an account.

    By its address and the words that it stands under, or after in plain text. Who writes neither is not found out.
    """
    if _ACTING_WORDS.search(_folded(words)) is not None:
        return True
    address = _folded(url)
    if _ACTING_ADDRESS.search(address) is not None:
        return True
    opening = _OPENING_PATH.search(address, len("https://"))
    return opening is not None and _TOKEN.search(address, opening.end()) is not None


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
