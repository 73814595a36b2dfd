"""Who a header names (RFC 5322 §3.4, §4.4): display names and addresses, of real mail, within bounds.

By hand: `email.utils.getaddresses` of CPython 3.11 can be led to find another address than the one a mail program shows
(CVE-2023-27043), and what is found here decides how a message is filed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from poolhouse.formats.mail_charsets import decode_raw_header
from poolhouse.formats.mail_headers import HEADER_BYTES, plain_line
from poolhouse.formats.mime_words import decode_words
from poolhouse.types.message import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ADDRESS_LIMIT: Final = 500
NAME_LENGTH: Final = 300
_ADDRESS_LENGTH: Final = 320  # RFC 5321 §4.5.3.1: 64 and 255, and the sign between

_SIMPLE: Final = re.compile(
    r"""\s*+(?:"([^"\\<>]*+)"|([^"\\<>,;:()@=]*+))\s*+<([^\s<>()\[\]\\,;:"@]++@[^\s<>()\[\]\\,;:"@]++)>\s*+"""
)
_BARE: Final = re.compile(r"""\s*+([^\s<>()\[\]\\,;:"@]++@[^\s<>()\[\]\\,;:"@]++)\s*+""")
_ATOM: Final = r"""[^\s"(),:;<>=]++|=(?!\?)"""
_TOKEN: Final = re.compile(
    r"""(?P<white>\s++)|(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]{0,1000}\?=)|"(?P<quoted>(?:[^"\\]++|\\.|)*+)"?"""
    r"""|<(?P<angle>(?:"(?:[^"\\]++|\\.|)*+"|[^<>"]++|)*+)>?|(?P<special>[,;:()])|"""
    rf"""(?P<atom>(?:{_ATOM})(?:{_ATOM}|)*+|.)""",
    re.DOTALL,
)
_QUOTED_LOCAL: Final = re.compile(r'"[^"]{1,64}"@[^\s"]{1,255}')
_SIGN: Final = re.compile(" ?@ ?")
_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NO_ADDRESS: Final = re.compile(r"[\s\x00-\x20\x7f-\x9f<>\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def mailboxes(headers: Iterable[bytes], charset: str = "") -> tuple[Mailbox, ...]:
    """Return who raw address headers name, at most five hundred; never raises.

    Names are decoded, of one line, without controls and marks of direction. Groups give their members, an empty group
    its name. What is no address stays as a name. `charset`: what bytes beyond ASCII are taken for that are no UTF-8.
    """
    found: list[Mailbox] = []
    for raw in headers:
        text = decode_raw_header(raw, charset)
        if len(raw) >= HEADER_BYTES:  # cut: what the last one was nobody knows
            text = text[: text.rfind(",")] if "," in text else text
        for mailbox in _mailboxes(text):
            if len(found) >= ADDRESS_LIMIT:
                return tuple(found)
            if mailbox.name or mailbox.address:
                found.append(mailbox)
    return tuple(found)


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, "" for none."""
    return address.rpartition("@")[2].rstrip(".").lower() if "@" in address else ""


def _mailboxes(text: str) -> Iterable[Mailbox]:
    if (simple := _SIMPLE.fullmatch(text)) is not None:
        return (Mailbox(_name(simple[2] if simple[1] is None else simple[1]), _address(simple[3])),)
    if (bare := _BARE.fullmatch(text)) is not None:
        return (Mailbox("", _address(bare[1])),)
    return _Reader().read(text)


class _Reader:
    """Reads one header, token for token."""

    def __init__(self) -> None:
        self._words: list[tuple[str, bool]] = []  # and whether it stood in quotation marks
        self._comments: list[str] = []
        self._angle: str | None = None
        self._has_address = False  # kept, not looked for: each of thousands of colons asks
        self._group: str | None = None
        self._is_group_empty = True

    def read(self, text: str) -> Iterator[Mailbox]:
        depth = 0
        comment: list[str] = []
        for token in _TOKEN.finditer(text):
            kind, value = token.lastgroup, token[token.lastgroup or 0]
            if kind == "special" and value in "()":
                depth = max(0, depth + (1 if value == "(" else -1))
                if depth == 0 and comment:
                    self._comments.append("".join(comment))
                    comment.clear()
            elif depth:
                comment.append(token[0])
            elif kind == "special" and value == ":" and not self._has_address:
                self._group = self._phrase()
                self._is_group_empty = True
                self._clear()
            elif kind == "special" and value in ",;":
                yield from self._mailbox()
                if value == ";":
                    yield from self._end_of_group()
            else:
                self._take(kind, value)
        if comment:
            self._comments.append("".join(comment))
        yield from self._mailbox()
        yield from self._end_of_group()

    def _take(self, kind: str | None, value: str) -> None:
        if kind == "angle":
            if self._angle is None or "@" not in self._angle:
                self._angle = value
            self._has_address = True
        elif kind == "white":
            self._words.append((" ", False))
        elif kind == "quoted":
            self._words.append((_PAIR.sub(r"\1", value), True))
        elif value not in "<>":
            self._words.append((value, False))
            self._has_address = self._has_address or "@" in value

    def _phrase(self) -> str:
        return _name("".join(word for word, _ in self._words))

    def _clear(self) -> None:
        self._words.clear()
        self._comments.clear()
        self._angle = None
        self._has_address = False

    def _mailbox(self) -> Iterator[Mailbox]:
        if self._angle is not None:
            name, address = self._phrase(), _address(self._angle)
            if not address:
                name = name or _name(self._angle)
        else:
            name, address = self._without_angle()
        if self._comments and not (name and address):
            name = _name(" ".join(self._comments))
        self._clear()
        if name or address:
            self._is_group_empty = False
            yield Mailbox(name, address)

    def _without_angle(self) -> tuple[str, str]:
        """Name and address where nothing stands in angle brackets: `ann@example.org`, `Ann ann@example.org`."""
        text = "".join(f'"{word}"' if is_quoted else word for word, is_quoted in self._words)
        if (quoted := _QUOTED_LOCAL.search(text)) is not None and (address := _address(quoted[0])):
            return _name(text.replace(quoted[0], "")), address
        # white space around the signs of an address is obsolete, not wrong (RFC 5322 §4.4)
        words = text.split()
        for word in _SIGN.sub("@", " ".join(words)).split():
            if "@" in word.strip("@") and (address := _address(word.strip("[]'"))):
                taken = {word, "@", *word.split("@")}
                return _name(" ".join(each for each in words if each not in taken).strip("\"'")), address
        return self._phrase(), ""

    def _end_of_group(self) -> Iterator[Mailbox]:
        if self._group and self._is_group_empty:
            yield Mailbox(self._group, "")
        self._group = None


def _name(text: str) -> str:
    name = plain_line(_BIDI.sub("", decode_words(text)))
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name[:NAME_LENGTH]


def _address(text: str) -> str:
    """Return an address, or "" for what is none. A route (RFC 5322 §4.4) is left out."""
    text = text.strip()
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if not text.isascii() or "=?" in text:
        text = decode_words(text)
    if " " in text and '"' not in text:
        text = text.replace(" ", "")
    local, sign, domain = text.rpartition("@")
    if not sign or not local or not domain.strip(".") or len(text) > _ADDRESS_LENGTH or "\ufffd" in domain:
        return ""
    is_clean = _NO_ADDRESS.search(text) is None or (
        local[0] == '"' and _NO_ADDRESS.search(local.replace(" ", "")) is None
    )
    return text if is_clean and _NO_ADDRESS.search(domain) is None else ""
