"""Encoded words (RFC 2047) and parameters (RFC 2045 §5.1, RFC 2231) of headers, as real mail writes them."""

from __future__ import annotations

import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from poolhouse.formats.mail_charsets import decode_mail, decode_raw_header
from poolhouse.formats.mime_bodies import decode_base64

_WORD_START: Final = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?")
_PARAMETER: Final = re.compile(
    r""";\s*+([^\s=;"<>()]{1,80}+)\s*+=\s*+(?:"((?:[^"\\]++|\\.|)*+)("?)|([^;]*+))""", re.DOTALL
)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_SECTION: Final = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")
_SECTION_LIMIT: Final = 100


def decode_words(text: str) -> str:
    """Return a header's text with its encoded words decoded, wherever they stand; linear in its size.

    Bytes of neighbours of one charset are joined before they are decoded: programs cut characters in two, though
    RFC 2047 §5 forbids it. White space between neighbours is none (§6.2).
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    waiting = bytearray()
    charset, carry = "", ""
    position = 0
    while (start := _WORD_START.search(text, position)) is not None:
        end = text.find("?=", start.end())
        if end < 0:
            break
        between = text[position : start.start()]
        if (between and not between.isspace()) or start[1].lower() != charset or start[2] in "qQ":
            waiting += decode_base64(carry.encode("ascii", "ignore"))
            carry = ""
        if (between and not between.isspace()) or start[1].lower() != charset:
            out.append(decode_mail(bytes(waiting), charset, may_guess=False) if waiting else "")
            waiting.clear()
            if not between.isspace() or not charset:
                out.append(between)
        charset = start[1].lower()
        content = text[start.end() : end]
        if start[2] in "qQ":
            waiting += binascii.a2b_qp(content.encode("utf-8", "replace"), header=True)
        else:
            carry += content
            if not len(carry) % 4 or content.endswith("="):  # else its last bytes are in the next word
                waiting += decode_base64(carry.encode("ascii", "ignore"))
                carry = ""
        position = end + 2
    waiting += decode_base64(carry.encode("ascii", "ignore"))
    out.append(decode_mail(bytes(waiting), charset, may_guess=False))
    out.append(text[position:])
    return "".join(out)


def read_parameters(raw: bytes) -> dict[str, str]:
    """Return the parameters of a Content-Type or Content-Disposition by their names in lower case; linear.

    Their values are decoded, by RFC 2231 and, though RFC 2047 §5 forbids it, by that. The first of a name counts;
    one that says its charset counts before one that does not.
    """
    text = raw.decode("latin-1")
    if ";" not in text:
        return {}
    plain: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(text):
        value = found[4].strip() if found[2] is None else found[2]
        if found[2] is not None and "\\" in value:
            value = _unescaped(value)
        elif found[2] is None and value.endswith(")"):
            value = _without_comment(value)
        name = found[1].lower()
        if "*" not in name:
            plain.setdefault(name, value)
        elif (parts := _SECTION.fullmatch(name)) is not None:
            known = sections.setdefault(parts[1], [])
            if len(known) < _SECTION_LIMIT:
                known.append((int(parts[2] or 0), parts[3] is not None, value))
    values = {name: _plain_value(value) for name, value in plain.items()}
    values.update((name, _joined(pieces)) for name, pieces in sections.items())
    return values


def _without_comment(value: str) -> str:
    """A value that ends with a bracket, without the comment that this closes; one within another stays."""
    before, opening, comment = value.rpartition("(")
    return before.rstrip() if opening and ")" not in comment[:-1] else value


def _unescaped(value: str) -> str:
    # Programs of Windows write paths as they are, and mean no escape by a backslash.
    return value if re.match(r"[A-Za-z]:\\|\\\\", value) else _QUOTED_PAIR.sub(r"\1", value)


def _plain_value(value: str) -> str:
    if value.isascii() and "=?" not in value and "\n" not in value and "\r" not in value:
        return value
    text = decode_raw_header(re.sub(r"[\r\n]+", "", value).encode("latin-1"))
    return decode_words(text)


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """Put the pieces of one value together (RFC 2231 §3, §4)."""
    pieces.sort(key=lambda piece: piece[0])
    charset = ""
    encoded = bytearray()
    for number, (_, is_extended, piece) in enumerate(pieces):
        value = piece
        if is_extended and number == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        encoded += unquote_to_bytes(value.encode("latin-1")) if is_extended else value.encode("latin-1")
    if charset:
        return decode_mail(bytes(encoded), charset, may_guess=False)
    return decode_words(decode_raw_header(bytes(encoded)))
