"""Which characters some bytes of a mail stand for: marks, the declared charset, UTF-8, the page's own, then guessing.

Nothing here trusts what a mail says: bytes that its charset cannot read are read by another before any is lost.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from poolhouse.formats.charsets import charset_of_meta, mail_codec_of

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the one of UTF-16 that it begins with
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STATEFUL: Final = ("iso2022", "utf-7", "utf-16", "utf-32", "hz")
_NO_CLAIM: Final = frozenset(
    {"us-ascii", "ascii", "ansi_x3.4-1968", "7bit", "8bit", "unknown-8bit", "x-unknown"}
)
_GUESS_BYTES: Final = 4_096
_GUESS_MARGIN: Final = 64
_NON_ASCII: Final = re.compile(rb"[\x80-\xff]")
_TOLERABLE_FAULTS: Final = 50  # one in so many characters: damage, and not another charset
_KANJI_IN: Final = re.compile(rb"\x1b\$(?:\(D|[@B])")


def decode_mail(data: bytes, charset: str, *, is_html: bool = False, may_guess: bool = True) -> str:
    """Return the text of the bytes of a body or an encoded word; never raises, and any bytes give some text.

    `charset` is what was declared, "" for nothing. What cannot be read becomes U+FFFD. Reads `data` a few times at
    most; `may_guess` allows charset-normalizer a look at 4 KB of it where all else failed, which costs some 10 ms.
    """
    codec = mail_codec_of(charset) if charset.lower() not in _NO_CLAIM else None
    if (codec is None or not codec.startswith(_STATEFUL)) and data.isascii():
        return data.decode("ascii")
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    tried = [codec] if data.isascii() else [codec, "utf-8", charset_of_meta(data) if is_html else None]
    for each in dict.fromkeys(filter(None, tried)):
        try:
            return data.decode(each)
        except UnicodeError:
            continue
    return _damaged(data, codec, may_guess=may_guess)


def decode_raw_header(data: bytes, charset: str = "") -> str:
    """Return the text of a header that has bytes beyond ASCII in it, where RFC 6532 allows UTF-8 and nothing else.

    `charset` is what the body declares: who writes such headers writes them as the body.
    """
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode_mail(data, charset, may_guess=False)


def _damaged(data: bytes, codec: str | None, *, may_guess: bool) -> str:
    """Read what nothing reads without a fault, by what makes the fewest."""
    if codec == "iso2022-jp":
        # The characters of NEC and IBM, which RFC 1468 does not have and Outlook sends; JIS X 0213 has them there.
        try:
            return _KANJI_IN.sub(lambda _: b"\x1b$(Q", data).decode("iso2022-jp-2004")
        except UnicodeError:
            pass
    best = data.decode(codec or "utf-8", "replace")
    faults = best.count("\ufffd")
    if faults * _TOLERABLE_FAULTS <= len(best) - faults and (
        codec is not None or faults * 4 <= len(data) - len(best)
    ):
        return best
    guess = _guessed(data) if may_guess else None
    for each in (guess, "cp1252"):
        if each is not None:
            text = data.decode(each, "replace")
            if text.count("\ufffd") < faults:
                return text
    return best


def _guessed(data: bytes) -> str | None:
    """Return the codec that charset-normalizer finds likeliest for the beginning of what is not ASCII, or None."""
    from charset_normalizer import from_bytes

    first = _NON_ASCII.search(data)
    start = max(0, first.start() - _GUESS_MARGIN) if first is not None else 0
    found = from_bytes(data[start : start + _GUESS_BYTES], steps=3, chunk_size=256).best()
    return mail_codec_of(found.encoding.replace("_", "-")) or mail_codec_of(found.encoding) if found else None
