"""Header blocks of mail, their texts, and what lists say in them."""

from __future__ import annotations

import base64
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mail_headers import (
    FIELD_LIMIT,
    HEADER_BYTES,
    WANTED,
    Allowance,
    header_text,
    list_identity,
    message_ids,
    read_block,
    unsubscribe_of,
)
from poolhouse.formats.mime_words import decode_words, read_parameters
from poolhouse.types.message import Unsubscribe


def _subjects(data: bytes) -> tuple[list[bytes], bytes]:
    block = read_block(data, 0, len(data), WANTED, Allowance(), is_first=True)
    return list(block.all(b"subject")), data[block.body_start :]


@pytest.mark.parametrize(
    ("data", "subjects", "body"),
    [
        (b"Subject: s\r\n\r\nbody", [b"s"], b"body"),
        (b"Subject:s\n\nbody", [b"s"], b"body"),
        (b"Subject: s\r\rbody", [b"s"], b"body"),
        (b"sUBJECT \t: s\r\n\r\nbody", [b"s"], b"body"),
        (b"Subject: a\r\n b\r\n\tc\r\nTo: x\r\n\r\nbody", [b"a\r\n b\r\n\tc"], b"body"),
        (b"Subject: a\r\n \r\n b\r\n\r\nbody", [b"a\r\n \r\n b"], b"body"),
        (b"Subject: a\r\nSubject: b\r\n\r\n", [b"a", b"b"], b""),
        (b"From a@b Mon Nov 23\nSubject: s\n\nbody", [b"s"], b"body"),
        (b" continues nothing\r\nSubject: s\r\n\r\nbody", [b"s"], b"body"),
        (b"Subject: s\r\nno field\r\nWord: x\r\n\r\nbody", [b"s"], b"no field\r\nWord: x\r\n\r\nbody"),
        (b"To: x\r\nno field\r\nSubject: s\r\n\r\nbody", [b"s"], b"body"),
        (b"To: x\r\nno field\r\nnor this\r\n\r\nbody", [], b"no field\r\nnor this\r\n\r\nbody"),
        (b"\xef\xbb\xbfSubject: s\r\n\r\nbody", [b"s"], b"body"),
        (b"Subject: s", [b"s"], b""),
        (b"\r\nSubject: s\r\n\r\nbody", [], b"Subject: s\r\n\r\nbody"),
        (b"", [], b""),
    ],
)
def test_blocks(data: bytes, subjects: list[bytes], body: bytes) -> None:
    assert _subjects(data) == (subjects, body)


def test_bounds_of_blocks() -> None:
    long = b"Subject: " + b"s" * 3 * HEADER_BYTES + b"\r\nTo: x\r\n\r\nbody"
    assert _subjects(long) == ([b"s" * HEADER_BYTES], b"body")
    many = b"a: b\r\n" * FIELD_LIMIT + b"Subject: s\r\n\r\nbody"
    assert _subjects(many) == ([], b"body")
    large = (b"a: " + b"b" * 9_000 + b"\r\n") * 200 + b"Subject: s\r\n\r\nbody"
    assert _subjects(large) == ([], b"body")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"folded\r\n \t line", "folded line"),
        (b"=?utf-8?q?caf=C3=A9?= au lait", "café au lait"),
        (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
        (b"=?utf-8*fr?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?iso-8859-1?q?=E9?= c", "abé c"),
        (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
        (b"=?utf-8?b?Y2Fmw?=\r\n =?utf-8?b?6k=?=", "café"),
        (b"=?utf-8?b?Y2Fmw6k?=", "café"),
        (b"=?utf-8?q?caf=C3=A9?=and more", "caféand more"),
        (b"x=?utf-8?q?caf=C3=A9?=", "xcafé"),
        (b"=?utf-8?q?caf=C3=A9 au lait?=", "café au lait"),
        (b"=?utf-8?q?a=3Db_=_c?=", "a=b = c"),
        (b'"=?utf-8?q?caf=C3=A9?="', '"café"'),
        (b"=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", "日本"),
        (b"=?gb2312?b?" + base64.b64encode("中文网页".encode("gb18030")) + b"?=", "中文网页"),
        (b"=?ks_c_5601-1987?b?" + base64.b64encode("한국어".encode("cp949")) + b"?=", "한국어"),
        (b"=?x-unknown?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        (b"=?utf-8?x?what?=", "=?utf-8?x?what?="),
        (b"=?utf-8?q??=", ""),
        ("café".encode(), "café"),
        ("café".encode("cp1252"), "café"),
        (b"=?utf-8?q?a=0D=0ABcc:=00_b=1B?=", "a Bcc: b"),
        (b"", ""),
    ],
)
def test_texts(raw: bytes, text: str) -> None:
    assert header_text(raw) == text


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=80), st.sampled_from(["utf-8", "gb18030"])
)
def test_what_the_standard_library_writes(text: str, charset: str) -> None:
    assert header_text(Header(text, charset).encode().encode()) == text


@given(st.binary(max_size=300) | st.text("=?utf-8bBqQ \r\n*'é_", max_size=80).map(str.encode))
def test_any_bytes_are_one_line_of_text(raw: bytes) -> None:
    text = header_text(raw)
    assert "\n" not in text
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"x; name=a.txt", "a.txt"),
        (b'x; name="a b.txt"', "a b.txt"),
        (b"x; NAME = a.txt ; y=z", "a.txt"),
        (b'x; name="a\\"b;c"', 'a"b;c'),
        (b'x; name="C:\\docs\\a.txt"', "C:\\docs\\a.txt"),
        (b"x; name=a.txt (a comment)", "a.txt"),
        (b"x; name=a.txt \t(a) (b)  (c)", "a.txt \t(a) (b)"),
        (b"x; name=a.txt (a (comment))", "a.txt (a (comment))"),
        (b"x; name=a.txt)", "a.txt)"),
        (b'x; name="never closed', "never closed"),
        (b"x;; ; name=a", "a"),
        (b"x; name*=utf-8''caf%C3%A9", "café"),
        (b"x; name*=iso-8859-1'fr'caf%E9; name=cafe", "café"),
        (b"x; name*0*=utf-8''caf%C3; name*1*=%A9%20; name*2=\"%41\"", "café %41"),
        (b"x; name*1=b; name*0=a", "ab"),
        (b'x; name="=?utf-8?q?caf=C3=A9?="', "café"),
        (b"x; name==?utf-8?b?Y2Fmw6k=?=", "café"),
        (b'x; name="=?utf-8?q?caf=C3?=\r\n =?utf-8?q?=A9?="', "café"),
        (b'x; name="' + "café".encode() + b'"', "café"),
        (b"x; name*=%C3%A9", "é"),
        (b"x; name", None),
        (b"x", None),
    ],
)
def test_parameters(raw: bytes, name: str | None) -> None:
    assert read_parameters(raw).get("name") == name


@given(st.binary(max_size=200) | st.text("; =\"\\*'%0AC3name()\r\n?", max_size=80).map(str.encode))
def test_any_parameters(raw: bytes) -> None:
    assert all(name == name.lower() for name in read_parameters(raw))


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (b"<a@b>", ("a@b",)),
        (b"<a@b>\r\n <c@d><a@b>", ("a@b", "c@d")),
        (b"<a\r\n b@c>", ("ab@c",)),
        (b"a@b c@d", ("a@b", "c@d")),
        (b"Your message of Monday <a@b>", ("a@b",)),
        (b"Your message of Monday", ()),
        (b"<[a@b]@c>", ("[a@b]@c",)),
        (b"<" + b"x" * 1_100 + b">", ()),
        (b"<>", ()),
        (b"", ()),
    ],
)
def test_ids(raw: bytes, ids: tuple[str, ...]) -> None:
    assert message_ids(raw) == ids


def test_of_many_ids_the_nearest_stay() -> None:
    ids = message_ids(b" ".join(b"<%d@x>" % number for number in range(500)))
    assert (len(ids), ids[0], ids[-1]) == (100, "400@x", "499@x")


@pytest.mark.parametrize(
    ("raw", "identity"),
    [
        (b"<List.Example.org>", ("list.example.org", "")),
        (b'"The list, of all" <list.example.org>', ("list.example.org", "The list, of all")),
        (b"=?utf-8?q?Caf=C3=A9?= <cafe.example.org>", ("cafe.example.org", "Café")),
        (b"list.example.org", ("list.example.org", "")),
        (b"no list at all", ("", "")),
        (b"", ("", "")),
    ],
)
def test_list_ids(raw: bytes, identity: tuple[str, str]) -> None:
    assert list_identity(raw) == identity


@pytest.mark.parametrize(
    ("raw", "post", "found"),
    [
        (b"<https://l.org/u?x=1>", b"List-Unsubscribe=One-Click", ("https://l.org/u?x=1", True, "")),
        (b"<http://l.org/u>", b"List-Unsubscribe=One-Click", ("http://l.org/u", False, "")),
        (b"<https://l.org/u>", b"", ("https://l.org/u", False, "")),
        (
            b"<mailto:l@l.org?subject=off>,\r\n <https://l.org/\r\n u>",
            b"",
            ("https://l.org/u", False, "l@l.org?subject=off"),
        ),
        (b"(use this) <mailto:l@l.org>, <mailto:m@l.org>", b"", ("", False, "l@l.org")),
        (b"<javascript:alert(1)>, <ftp://l.org>", b"", None),
        (b"https://l.org/u", b"", None),
        (b"", b"", None),
    ],
)
def test_unsubscribing(raw: bytes, post: bytes, found: tuple[str, bool, str] | None) -> None:
    expected = Unsubscribe(url=found[0], is_one_click=found[1], mailto=found[2]) if found else None
    assert unsubscribe_of(raw, post) == expected


def test_words_are_decoded_in_one_pass() -> None:
    # what comes out of one is never taken for another
    inner = base64.b64encode(b"=?utf-8?q?b?=").decode()
    assert decode_words(f"=?utf-8?b?{inner}?=") == "=?utf-8?q?b?="
