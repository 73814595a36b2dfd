"""Characters of HTML pages: the ladder of byte order mark, declaration, meta, UTF-8 and windows-1252."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.charsets import codec_of, decode_html


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("日本語のページ", "cp932", "Shift_JIS"),
        ("日本語のページ", "cp932", "x-sjis"),
        ("日本語のページ", "euc-jp", "euc-jp"),
        ("日本語のページ", "iso2022-jp", "ISO-2022-JP"),
        ("Привет, мир", "koi8-r", "koi8-r"),
        ("Привет, мир", "koi8-u", "koi8-u"),
        ("Привет, мир", "cp1251", "windows-1251"),
        ("中文网页", "gb18030", "gb2312"),
        ("中文网页", "gb18030", " GBK "),
        ("中文網頁", "big5", "big5"),
        ("한국어 페이지", "cp949", "euc-kr"),
        ("naïve — “café”", "cp1252", "iso-8859-1"),
        ("naïve — “café”", "cp1252", "us-ascii"),
        ("Türkçe İş", "cp1254", "iso-8859-9"),
        ("Łódź", "iso8859-2", "latin2"),
        ("ไทย", "cp874", "tis-620"),
        ("Ελληνικά", "iso8859-7", "greek"),
        ("UTF-16", "utf-16-le", "utf-16"),
        ("UTF-16", "utf-16-be", "utf-16be"),
        ("日本語", "utf-8", "UTF8"),
    ],
)
def test_a_declared_charset_is_read(text: str, codec: str, label: str) -> None:
    assert decode_html(text.encode(codec), declared_charset=label) == text


@pytest.mark.parametrize(
    "meta",
    [
        "<meta charset=koi8-r>",
        "<META CHARSET = 'KOI8-R' />",
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">',
        "<?xml version='1.0' encoding='koi8-r'?>",
        "<!-- <meta charset=shift_jis> --><meta charset=koi8-r>",
        f"{'<!-- -->' * 200}<meta charset=koi8-r>",
    ],
)
def test_a_page_may_name_its_own(meta: str) -> None:
    text = f"{meta}<title>Привет</title>"
    assert decode_html(text.encode("koi8-r"), declared_charset=None) == text
    assert decode_html(text.encode("koi8-r"), declared_charset="no-such-charset") == text


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_decides(mark: bytes, codec: str) -> None:
    text = "<meta charset=koi8-r>Привет 日本"
    assert decode_html(mark + text.encode(codec), declared_charset="shift_jis") == text


def test_a_wrong_declaration_gives_way_to_what_reads_without_a_fault() -> None:
    text = "Übergröße: 日本語のページ"
    assert decode_html(text.encode(), declared_charset="euc-kr") == text
    assert decode_html(("<meta charset=koi8-r>Привет").encode("koi8-r"), declared_charset="utf-8").endswith(
        "Привет"
    )


def test_a_meta_that_says_utf_16_is_not() -> None:
    text = "<meta charset=utf-16>Привет"
    assert decode_html(text.encode(), declared_charset=None) == text


def test_one_damaged_byte_spoils_no_more_than_itself() -> None:
    assert decode_html("é…".encode() + b"\xff ", declared_charset="utf-8") == "é…\ufffd "


def test_undeclared_bytes_are_utf_8_or_else_windows_1252() -> None:
    assert decode_html("é“".encode(), declared_charset=None) == "é“"
    assert decode_html("é“".encode("cp1252"), declared_charset=None) == "é“"
    assert decode_html(b"\x81", declared_charset=None) == "\ufffd"


@pytest.mark.parametrize("label", ["utf-8", "shift_jis", "gb18030", "utf-16le"])
def test_a_character_cut_off_at_the_end_is_no_fault_of_a_part(label: str) -> None:
    data = "日本語".encode(label)[:-1]
    assert decode_html(data, declared_charset=label, is_whole=False) == "日本"
    assert decode_html(data, declared_charset=label) == "日本\ufffd"


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "rot13",
        "zlib",
        "hex",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
        "mbcs",
        "utf-8\0",
        "",
    ],
)
def test_codecs_that_no_browser_has_are_never_used(label: str) -> None:
    assert codec_of(label) is None


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_give_some_text(data: bytes, label: str) -> None:
    assert isinstance(decode_html(data, declared_charset=label), str)


def test_every_label_names_a_codec_that_exists() -> None:
    for label in (
        "utf-8",
        "iso-8859-8-i",
        "x-mac-cyrillic",
        "macintosh",
        "iso-8859-16",
        "koi8-ru",
        "big5-hkscs",
    ):
        codec = codec_of(label)
        assert codec is not None
        codecs.lookup(codec)
