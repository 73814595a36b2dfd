"""Which characters some bytes of HTML stand for: the ladder of the WHATWG HTML standard (§13.2.3), bounded."""

from __future__ import annotations

import codecs
import re
from typing import Final

# Labels of https://encoding.spec.whatwg.org/#names-and-labels with the Python codec that reads them. Only what is
# listed here is ever looked up: Python also has codecs that unpack, evaluate escapes, or read UTF-7.
_CODECS: Final = {
    label: codec
    for codec, labels in {
        "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
        "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 "
        "latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968 csisolatin1 cp819 ibm819",
        "iso8859-2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 latin2 l2 csisolatin2",
        "iso8859-3": "iso-8859-3 iso8859-3 iso88593 latin3 l3",
        "iso8859-4": "iso-8859-4 iso8859-4 iso88594 latin4 l4",
        "iso8859-5": "iso-8859-5 iso8859-5 iso88595 cyrillic csisolatincyrillic",
        "iso8859-6": "iso-8859-6 iso8859-6 iso88596 arabic ecma-114 asmo-708 iso-8859-6-e iso-8859-6-i",
        "iso8859-7": "iso-8859-7 iso8859-7 iso88597 greek greek8 ecma-118 elot_928 sun_eu_greek",
        "iso8859-8": "iso-8859-8 iso8859-8 iso88598 hebrew visual iso-8859-8-e iso-8859-8-i logical",
        "iso8859-10": "iso-8859-10 iso8859-10 iso885910 latin6 l6",
        "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
        "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
        "iso8859-15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 csisolatin9",
        "iso8859-16": "iso-8859-16",
        "cp866": "ibm866 866 cp866 csibm866",
        "koi8-r": "koi8-r koi8 koi koi8_r cskoi8r",
        "koi8-u": "koi8-u koi8-ru",
        "mac-roman": "macintosh mac x-mac-roman csmacintosh",
        "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
        "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620",
        "cp1250": "windows-1250 cp1250 x-cp1250",
        "cp1251": "windows-1251 cp1251 x-cp1251",
        "cp1253": "windows-1253 cp1253 x-cp1253",
        "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 csisolatin5",
        "cp1255": "windows-1255 cp1255 x-cp1255",
        "cp1256": "windows-1256 cp1256 x-cp1256",
        "cp1257": "windows-1257 cp1257 x-cp1257",
        "cp1258": "windows-1258 cp1258 x-cp1258",
        "gb18030": "gb18030 gbk x-gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 csiso58gb231280 iso-ir-58",
        "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
        "euc-jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
        "iso2022-jp": "iso-2022-jp csiso2022jp",
        "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis",
        "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cseuckr iso-ir-149",
        "utf-16-le": "utf-16le utf-16 ucs-2 unicode iso-10646-ucs-2 csunicode unicodefeff",
        "utf-16-be": "utf-16be unicodefffe",
    }.items()
    for label in labels.split()
}

# What mail says beside those, and no browser reads: the older charsets of MIME (RFC 1468, 1557, 1843, 2152), those of
# DOS, and what programs wrote that had their own names for things.
_MAIL_CODECS: Final = {
    label: codec
    for codec, labels in {
        "utf-7": "utf-7 unicode-1-1-utf-7 x-unicode-2-0-utf-7",
        "hz": "hz-gb-2312 hz",
        "iso2022-kr": "iso-2022-kr csiso2022kr",
        "iso2022-jp-2": "iso-2022-jp-1 iso-2022-jp-2",
        "iso2022-jp-2004": "iso-2022-jp-3 iso-2022-jp-2004",
        "cp437": "cp437 ibm437 437 cspc8codepage437",
        "cp850": "cp850 ibm850 850 cspc850multilingual cp-850",
        "cp852": "cp852 ibm852 852 cspcp852",
        "cp855": "cp855 ibm855",
        "cp857": "cp857 ibm857",
        "cp858": "cp858 ibm858 ibm00858",
        "cp862": "cp862 ibm862",
        "cp864": "cp864 ibm864",
        "utf-8": "utf-8mb4 utf8mb4 utf_8 utf-8n",
        "cp1252": "iso-8859-1-windows-3.1-latin-1 iso-8859-1-windows-3.0-latin-1 ansi cp-1252 windows1252 "
        "windows-1252http-equivcontent-type iso8859_1 iso-8859_1",
        "cp1250": "cp-1250 windows1250",
        "cp1251": "cp-1251 windows1251 win-1251 win1251",
        "gb18030": "cp936 936 gb_18030 euc-cn x-euc-cn",
        "big5hkscs": "big5hkscs cp950 x-big5",
        "cp932": "cp932 932 x-ms-cp932 shift-jisx0213",
        "cp949": "cp949 949 uhc ks_c_5601 ksc_5601-1987 euc_kr",
        "euc-jp": "eucjp ujis x-eucjp",
        "utf-32-le": "utf-32le",
        "utf-32-be": "utf-32be",
        "utf-32": "utf-32",
    }.items()
    for label in labels.split()
}

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PRESCAN_BYTES: Final = 4_096  # the standard asks for 1,024; browsers go on where nothing was found
_COMMENT: Final = re.compile(rb"<!--.{0,1024}?-->", re.DOTALL)
_META_CHARSET: Final = re.compile(
    rb"""<(?:meta\s[^>]{0,512}?charset|\?xml\s[^>]{0,128}?encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""",
    re.IGNORECASE,
)


def codec_of(label: str | None) -> str | None:
    """Return the Python codec for a charset label in any case, or None for one that no browser knows."""
    return _CODECS.get(label.strip().lower()) if label else None


def mail_codec_of(label: str | None) -> str | None:
    """Return the Python codec for what mail calls a charset, in any case and quotation marks; None for none known."""
    if not label:
        return None
    label = label.strip(" \t\"'").lower()
    return _CODECS.get(label) or _MAIL_CODECS.get(label)


def decode_html(data: bytes, *, declared_charset: str | None, is_whole: bool = True) -> str:
    """Return the text of the first bytes of an HTML page; never raises, and any bytes give some text.

    A byte order mark decides; else the first of the declared charset, the one the page's own `meta` names, and UTF-8
    that reads the bytes without a fault; else the first of the named ones, with U+FFFD for what it cannot read;
    else windows-1252. Where `data` is not the whole page, a character cut off at its end is no fault, and is left
    out. Reads `data` at most five times.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], codec, "replace", is_whole=is_whole)
    named = [codec for codec in (codec_of(declared_charset), charset_of_meta(data)) if codec is not None]
    for codec in dict.fromkeys([*named, "utf-8"]):
        try:
            return _decode(data, codec, "strict", is_whole=is_whole)
        except UnicodeError:
            continue
    return _decode(data, (*named, "cp1252")[0], "replace", is_whole=is_whole)


def charset_of_meta(data: bytes) -> str | None:
    """Return the Python codec of the charset that the beginning of a page names for it, or None."""
    found = _META_CHARSET.search(_COMMENT.sub(b"", data[:_PRESCAN_BYTES]))
    codec = codec_of(found[1].decode("ascii")) if found is not None else None
    # HTML §13.2.3.2: who can read the word "utf-16" in these bytes is not reading UTF-16.
    return "utf-8" if codec is not None and codec.startswith("utf-16") else codec


def _decode(data: bytes, codec: str, errors: str, *, is_whole: bool) -> str:
    return codecs.getincrementaldecoder(codec)(errors).decode(data, is_whole)
