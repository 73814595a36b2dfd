"""Header blocks of mail: fields found by their bytes (RFC 5322 §2.2), as text, and as what their standards say.

All of it is bounded, and forgiving as RFC 5322 §4 asks: what cannot be read gives less, never an error.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from poolhouse.formats.links import legal_url
from poolhouse.formats.mail_charsets import decode_raw_header
from poolhouse.formats.mime_words import decode_words
from poolhouse.formats.text import clean
from poolhouse.types.message import Unsubscribe

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER_BYTES: Final = 20_000
"""So much of one header is read."""

BLOCK_BYTES: Final = 1_048_576
"""So much of all header blocks of a message together is read; of each field that is longer, `HEADER_BYTES` count."""

FIELD_LIMIT: Final = 10_000
ID_LIMIT: Final = 100
_ID_LENGTH: Final = 998  # the longest line of RFC 5322 §2.1.1
_URL_LENGTH: Final = 2_000
_SEVERAL: Final = 50

_FIELD: Final = re.compile(
    rb"([!-9;-~]*+)[ \t]*+:[ \t]*+((?:[^\r\n]++|(?:\r\n?+|\n)(?=[ \t])|)*+)(?:\r\n?+|\n|\Z)"
)
_LINE: Final = re.compile(rb"[^\r\n]*+(?:\r\n?+|\n|\Z)")
_BLANK_LINE: Final = re.compile(rb"(?:\r\n?+|\n)(?:\r\n?+|\n)")
_ID: Final = re.compile(r"<([^<>]{1,1200})>")
_WHITE: Final = re.compile(r"\s+")
_LIST_ID: Final = re.compile(r"<\s*([^<>\s]{1,255})\s*>")
_BRACKETED: Final = re.compile(r"<([^<>]{1,8000})>")

WANTED: Final = frozenset(
    b"subject from sender reply-to to cc date message-id in-reply-to references list-id list-unsubscribe "
    b"list-unsubscribe-post authentication-results content-type content-transfer-encoding content-disposition "
    b"content-id".split()
)
OF_PARTS: Final = frozenset(each for each in WANTED if each.startswith(b"content-"))


_STRAY_LIMIT: Final = 20
_USUAL: Final = re.compile(
    rb"x-[a-z0-9-]+|received|return-path|delivered-to|mime-version|dkim-signature|content-[a-z-]+|"
    + b"|".join(re.escape(each) for each in sorted(WANTED))
)


@dataclass(slots=True)
class Allowance:
    """What of a message's headers may still be looked at, in all its parts together."""

    header_bytes: int = BLOCK_BYTES
    fields: int = FIELD_LIMIT


@dataclass(slots=True)
class Block:
    """The fields of a header block that are wanted, raw and still folded, and where the body after it starts."""

    body_start: int
    fields: dict[bytes, list[bytes]] = field(default_factory=dict)

    def first(self, name: bytes) -> bytes:
        """The first field of that name in lower case, b"" where there is none."""
        found = self.fields.get(name)
        return found[0] if found else b""

    def all(self, name: bytes) -> Sequence[bytes]:
        """All fields of that name, topmost first; at most fifty."""
        return self.fields.get(name, ())


def read_block(
    data: bytes,
    start: int,
    end: int,
    wanted: frozenset[bytes],
    allowance: Allowance,
    *,
    is_first: bool = False,
) -> Block:
    """Read the header block that starts at `start` and ends before `end`; linear in its size.

    A line that is no field ends it, and belongs to the body, as in the standard library. `is_first` says that it is the
    message's own: a byte order mark and a From_ line of an mbox may stand before it, and lines that are no field within
    it, where one that mail programs write follows.
    """
    position = start
    if is_first:
        if data.startswith(codecs.BOM_UTF8, position):
            position += len(codecs.BOM_UTF8)
        if data.startswith((b"From ", b">From "), position):
            position = _after_line(data, position, end)
    while position < end and data[position] in b" \t" and position < start + HEADER_BYTES:
        position = _after_line(data, position, end)
    block = Block(position)
    fields, match = block.fields, _FIELD.match
    count, room = allowance.fields, allowance.header_bytes
    strays = _STRAY_LIMIT if is_first else 0
    while count > 0 and room > 0:
        found = match(data, position, end)
        if found is None and strays and position > start:
            strays -= 1
            found = _after_stray(data, position, end)
        if found is None:
            break
        after = found.end()
        room -= min(after - position, HEADER_BYTES)
        count -= 1
        position = after
        name = found[1].lower()
        if name in wanted:
            known = fields.setdefault(name, [])
            if len(known) < _SEVERAL:
                known.append(found[2][:HEADER_BYTES])
    allowance.fields, allowance.header_bytes = count, room
    if count <= 0 or room <= 0:
        blank = _BLANK_LINE.search(data, position - 1, end)
        position = end if blank is None else blank.end()
    elif data.startswith(b"\r\n", position):
        position += 2
    elif position < end and data[position] in b"\r\n":
        position += 1
    block.body_start = min(position, end)
    return block


def header_text(raw: bytes, charset: str = "") -> str:
    """Return an unstructured header as a person reads it (RFC 5322 §2.2.3, RFC 2047): one line, no controls.

    `charset` is what bytes beyond ASCII are taken for that are no UTF-8.
    """
    if not raw:
        return ""
    return plain_line(decode_words(decode_raw_header(raw, charset)))


def plain_line(text: str) -> str:
    """Return text with its white space as single spaces and without control characters."""
    return clean(" ".join(text.split()))


def message_ids(raw: bytes) -> tuple[str, ...]:
    """Return the ids in a Message-ID, In-Reply-To or References (RFC 5322 §3.6.4), without brackets, each once.

    Of more than a hundred the last ones, those nearest. One that stands without brackets counts where nothing else
    stands there.
    """
    text = decode_raw_header(raw)
    found = [_WHITE.sub("", each) for each in _ID.findall(text)]
    if not found:
        words = text.split()
        found = words if all("@" in each for each in words) else []
    ids = dict.fromkeys(clean(each.strip("<>")) for each in found if len(each) <= _ID_LENGTH)
    ids.pop("", None)
    return tuple(ids)[-ID_LIMIT:]


def list_identity(raw: bytes) -> tuple[str, str]:
    """Return a list's id in lower case, "" for none, and its name, of a List-Id (RFC 2919)."""
    text = header_text(raw)
    found = _LIST_ID.search(text)
    if found is not None:
        name = plain_line(text[: found.start()]).strip("\"' ")
        return found[1].lower(), name.replace('\\"', '"')[:300]
    return (text.lower(), "") if 0 < len(text) <= 255 and " " not in text else ("", "")


def unsubscribe_of(raw: bytes, post: bytes) -> Unsubscribe | None:
    """Return how a List-Unsubscribe and a List-Unsubscribe-Post say that one leaves a list; None where they do not.

    The first of each kind counts, as RFC 2369 §2 wants. `mailto` keeps what the address asks to be written, after "?".
    """
    url = mailto = ""
    for each in _BRACKETED.findall(decode_raw_header(raw)):
        address = legal_url(_WHITE.sub("", each))
        scheme = address[:8].lower()
        if len(address) > _URL_LENGTH:
            continue
        if scheme.startswith("mailto:") and "@" in address:
            mailto = mailto or address[7:]
        elif scheme.startswith(("http://", "https://")):
            url = url or address
    if not url and not mailto:
        return None
    # RFC 8058 §3.1: only for https, and only where the header says exactly that
    is_one_click = url[:8].lower() == "https://" and b"list-unsubscribe=one-click" in post.lower()
    return Unsubscribe(url=url, is_one_click=is_one_click, mailto=mailto)


def _after_stray(data: bytes, position: int, end: int) -> re.Match[bytes] | None:
    """The field after a few lines that are none, where mail programs write it and no empty line comes first."""
    for _ in range(_STRAY_LIMIT):
        if position >= end or data[position] in b"\r\n":
            return None
        position = _after_line(data, position, end)
        found = _FIELD.match(data, position, end)
        if found is not None and _USUAL.fullmatch(found[1].lower()):
            return found
    return None


def _after_line(data: bytes, position: int, end: int) -> int:
    found = _LINE.match(data, position, end)
    return end if found is None else found.end()
