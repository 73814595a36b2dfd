"""Labels: what Gmail writes into the messages that Google Takeout gives out, in its person's language.

`X-Gmail-Labels` holds them all, joined by commas, those that Gmail has itself among those that people made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_LABEL: Final = re.compile(r'\s*+(?:"((?:[^"\\]++|\\.|)*+)"|([^,]*+))\s*+(?:,|\Z)')
_CATEGORY: Final = re.compile(
    r"(?:category|kategorie|catégorie|categoría|categorie)[\s:]+(.+)", re.IGNORECASE
)
_LABEL_LIMIT: Final = 200
_QUOTES: Final = "\"'„“”«»\u00a0 "


class GmailLabel(Enum):
    """What a label of Gmail's own says."""

    INBOX = auto()
    ARCHIVED = auto()
    UNREAD = auto()
    OPENED = auto()
    STARRED = auto()
    IMPORTANT = auto()
    CHAT = auto()
    SENT = "Sent"
    DRAFTS = "Drafts"
    SPAM = "Spam"
    TRASH = "Trash"


_FOLDERS: Final = frozenset({GmailLabel.SENT, GmailLabel.DRAFTS, GmailLabel.SPAM, GmailLabel.TRASH})

# English, German, French, Spanish and Dutch. A name that is not here becomes a pool: nothing is lost by that.
_NAMES: Final = {
    name: label
    for label, names in {
        GmailLabel.INBOX: "inbox,posteingang,boîte de réception,recibidos,bandeja de entrada,postvak in",
        GmailLabel.ARCHIVED: "archived,archiviert,archivé,archivés,messages archivés,archivado,archivados,gearchiveerd",
        GmailLabel.UNREAD: "unread,ungelesen,non lu,non lus,no leído,no leídos,ongelezen",
        GmailLabel.OPENED: "opened,geöffnet,ouvert,ouverts,abierto,abiertos,geopend",
        GmailLabel.STARRED: "starred,markiert,suivi,suivis,messages suivis,destacado,destacados,met ster",
        GmailLabel.IMPORTANT: "important,wichtig,importants,importante,importantes,belangrijk",
        GmailLabel.CHAT: "chat,chats",
        GmailLabel.SENT: "sent,sent mail,gesendet,messages envoyés,envoyés,enviados,enviado,verzonden",
        GmailLabel.DRAFTS: "draft,drafts,entwurf,entwürfe,brouillon,brouillons,borrador,borradores,concepten",
        GmailLabel.SPAM: "spam",
        GmailLabel.TRASH: "trash,papierkorb,corbeille,papelera,prullenbak",
    }.items()
    for name in names.split(",")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a message's labels say. `folders` are where it belongs, each a path of names; `tags` what is said of it."""

    is_read: bool = True
    is_starred: bool = False
    is_in_inbox: bool = False
    is_chat: bool = False
    folders: tuple[tuple[str, ...], ...] = ()
    tags: tuple[str, ...] = ()


def split_labels(text: str) -> tuple[str, ...]:
    """Return the labels of an `X-Gmail-Labels` whose encoded words are decoded; at most two hundred, each once.

    One that holds a comma stands in quotation marks.
    """
    labels: dict[str, None] = {}
    position = 0
    while position < len(text) and len(labels) < _LABEL_LIMIT:
        found = _LABEL.match(text, position)
        if found is None:  # a quotation mark that is never closed
            labels[text[position:].strip(_QUOTES)] = None
            break
        quoted, plain = found.groups()
        labels[re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain.strip()] = None
        position = found.end()
    labels.pop("", None)
    return tuple(labels)


def read_labels(text: str) -> Labels:
    """Return what the labels in a decoded `X-Gmail-Labels` say. Their folders are apart by "/"."""
    known: set[GmailLabel] = set()
    folders: list[tuple[str, ...]] = []
    tags: list[str] = []
    for name in split_labels(text):
        label = _NAMES.get(name.casefold())
        if label is not None:
            known.add(label)
        elif category := _CATEGORY.fullmatch(name):
            tags.append(category[1].strip(_QUOTES).casefold())
        elif path := tuple(filter(None, (each.strip() for each in name.split("/")))):
            folders.append(path)
    folders += [(str(label.value),) for label in GmailLabel if label in known & _FOLDERS]
    if GmailLabel.IMPORTANT in known:
        tags.append("important")
    return Labels(
        is_read=GmailLabel.UNREAD not in known,
        is_starred=GmailLabel.STARRED in known,
        is_in_inbox=GmailLabel.INBOX in known,
        is_chat=GmailLabel.CHAT in known,
        folders=tuple(folders),
        tags=tuple(tags),
    )
