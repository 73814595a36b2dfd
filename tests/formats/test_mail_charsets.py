"""Characters of mail: declared, undeclared, declared wrongly, and damaged."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mail_charsets import decode_mail, decode_raw_header

_RUSSIAN = "Привет, мир! Это письмо написано без указания кодировки, как писали раньше. " * 4


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("café", "utf-8", "UTF-8"),
        ("café “quoted”", "cp1252", "iso-8859-1"),
        ("中文", "gb18030", "gb2312"),
        ("한국어", "cp949", "ks_c_5601"),
        ("日本語", "cp932", "shift_jis"),
        ("日本語", "iso2022-jp", "iso-2022-jp"),
        ("①②㈱ 日本", "iso2022-jp-2004", "iso-2022-jp"),
        ("한국어", "iso2022-kr", "iso-2022-kr"),
        ("中文", "hz", "hz-gb-2312"),
        ("café", "utf-7", "unicode-1-1-utf-7"),
        ("café", "utf-16-le", "utf-16le"),
        ("café", "cp850", "ibm850"),
        ("café", "utf-8", "us-ascii"),
        ("café", "utf-8", "no-such-charset"),
        ("café", "utf-8", ""),
        ("café", "utf-8", '"utf-8"'),
    ],
)
def test_declared(text: str, codec: str, label: str) -> None:
    data = text.encode(codec)
    if label == "iso-2022-jp":
        data = data.replace(b"\x1b$(Q", b"\x1b$B")
    assert decode_mail(data, label) == text


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_mark_decides(mark: bytes, codec: str) -> None:
    assert decode_mail(mark + "café".encode(codec), "koi8-r") == "café"


def test_html_may_say_what_it_is() -> None:
    page = "<meta charset=koi8-r><p>Привет"
    assert decode_mail(page.encode("koi8-r"), "", is_html=True) == page


def test_undeclared_is_guessed() -> None:
    assert decode_mail(_RUSSIAN.encode("cp1251"), "") == _RUSSIAN
    assert "\ufffd" not in decode_mail(_RUSSIAN.encode("cp1251"), "", may_guess=False)


def test_damage_is_no_other_charset() -> None:
    damaged = "中文网页".encode("gb18030") * 100 + b"\xff" + "中文".encode("gb18030")
    assert decode_mail(damaged, "gb2312") == "中文网页" * 100 + "\ufffd中文"
    assert decode_mail("é".encode() * 200 + b"\xff", "utf-8") == "é" * 200 + "\ufffd"


@pytest.mark.parametrize(
    "label", ["rot13", "zip", "hex", "unicode_escape", "idna", "punycode", "undefined", "mbcs"]
)
def test_what_is_no_charset_is_none(label: str) -> None:
    assert decode_mail(rb"a\u0041".replace(b"a", "é".encode()), label) == r"é\u0041"


def test_raw_headers() -> None:
    assert decode_raw_header("Юля".encode()) == "Юля"
    assert decode_raw_header("Юля".encode("koi8-r"), "koi8-r") == "Юля"
    assert decode_raw_header("café".encode("cp1252")) == "café"


_LABELS = st.sampled_from(
    ["", "utf-8", "utf-16", "utf-7", "iso-2022-jp", "iso-2022-kr", "hz", "gb2312", "x", "utf-32"]
)


@given(st.binary(max_size=200), _LABELS, st.booleans())
def test_any_bytes(data: bytes, label: str, is_html: bool) -> None:
    text = decode_mail(data, label, is_html=is_html)
    text.encode()  # no half of a character in it
    assert len(text) <= max(len(data) * 2, 8)
