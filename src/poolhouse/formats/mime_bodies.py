"""Bodies out of their Content-Transfer-Encoding (RFC 2045 §6), as far as broken ones can be read; and their sizes."""

from __future__ import annotations

import binascii
import re
from typing import Final

_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
_MORE_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{2,}={0,2}\s*")
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


def decode_body(data: bytes, encoding: str) -> bytes:
    """Return a body without its transfer encoding, in lower case; never raises. Unknown ones leave it as it is."""
    match encoding:
        case "base64":
            return decode_base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(data)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _decode_uu(data)
        case _:
            return data


def decode_base64(data: bytes) -> bytes:
    """Return what base64 stands for, whatever else stands between it; never raises.

    Some programs encode piece after piece, each with its own padding: pieces that are base64 and nothing else are
    joined. What follows the padding and is none, such as the footer of a mailing list, is left out.
    """
    padding = data.find(b"=")
    try:
        decoded = binascii.a2b_base64(data)
    except binascii.Error:
        kept = (data if padding < 0 else data[:padding]).translate(None, _NOT_BASE64)
        # one character left over stands for nothing
        kept = kept[:-1] if len(kept) % 4 == 1 else kept
        decoded = binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    if padding < 0 or not (rest := data[padding:].lstrip(b"= \t\r\n")):
        return decoded
    pieces = [decoded]
    for piece in rest.split(b"="):
        if piece.strip():
            kept = piece.translate(None, b" \t\r\n")
            if len(kept) % 4 == 1 or not _MORE_BASE64.fullmatch(kept):
                break
            pieces.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(pieces)


def decoded_size(data: bytes, start: int, end: int, encoding: str) -> int:
    """Return how many bytes `decode_body` would give for `data[start:end]`, without doing it.

    Exact where the body is as RFC 2045 has it, near where it is broken. Some passes in C, no copy.
    """
    length = end - start
    if encoding == "base64":
        ignored = sum(data.count(each, start, end) for each in (b"\r", b"\n", b" ", b"\t", b"="))
        return (length - ignored) * 3 // 4
    if encoding == "quoted-printable":
        marks = data.count(b"=", start, end)
        long, short = data.count(b"=\r\n", start, end), data.count(b"=\n", start, end)
        return max(0, length - 3 * long - 2 * short - 2 * (marks - long - short))
    return length


def _decode_uu(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    lines: list[bytes] = []
    for line in data[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        try:
            lines.append(binascii.a2b_uu(line))
        except binascii.Error:  # more on the line than it says: what it says counts
            count = ((line[0] - 32 & 63) * 4 + 5) // 3
            try:
                lines.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                break
    return b"".join(lines)
