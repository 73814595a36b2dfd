"""Transfer encodings: what they stand for, broken or not, and how much it is."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mime_bodies import decode_body, decoded_size


@pytest.mark.parametrize(
    ("data", "decoded"),
    [
        (b"YWJj\r\nZGVm\r\n", b"abcdef"),
        (b"YQ==", b"a"),
        (b"YQ", b"a"),
        (b"YWI", b"ab"),
        (b"YWJjZ", b"abc"),
        (b"YW!!Jj", b"abc"),
        (b"YQ==\r\nYmM=\r\n", b"abc"),
        (b"YQ==YmM=ZA==", b"abcd"),
        (b"YWJj\r\nYQ==\r\n_______________\r\nThe list: https://l.org\r\n", b"abca"),
        (b"====", b""),
        (b"", b""),
        (b"\xff\xfe", b""),
    ],
)
def test_base64(data: bytes, decoded: bytes) -> None:
    assert decode_body(data, "base64") == decoded


@pytest.mark.parametrize(
    ("data", "decoded"),
    [(b"a=3Db=\r\nc", b"a=bc"), (b"caf=c3=a9", "café".encode()), (b"100=% =zz =", b"100=% =zz ")],
)
def test_quoted_printable(data: bytes, decoded: bytes) -> None:
    assert decode_body(data, "quoted-printable") == decoded


def test_uuencode() -> None:
    lines = b"".join(binascii.b2a_uu(bytes([number]) * 45) for number in range(3))
    data = b"begin 644 a.bin\r\n" + lines + b"`\nend\r\n"
    assert decode_body(data, "x-uuencode") == bytes(45) + b"\x01" * 45 + b"\x02" * 45
    assert decode_body(b"no begin", "uuencode") == b"no begin"


@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "binary", "x-unknown"])
def test_others_are_as_they_are(encoding: str) -> None:
    assert decode_body(b"YQ==\r\n=41", encoding) == b"YQ==\r\n=41"


@given(st.binary(max_size=400))
def test_sizes_are_known_without_decoding(data: bytes) -> None:
    plain = data.replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"").replace(b"\t", b"")
    for encoding, body in (
        ("base64", base64.encodebytes(data)),
        ("base64", base64.encodebytes(data).replace(b"\n", b"\r\n")),
        ("quoted-printable", quopri.encodestring(plain)),
        ("8bit", data),
    ):
        whole = b"before" + body + b"after"
        decoded = decode_body(body, encoding)
        assert decoded_size(whole, 6, 6 + len(body), encoding) == len(decoded)
        assert decoded == (plain if encoding == "quoted-printable" else data)


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "x-uuencode"]))
def test_any_bytes(data: bytes, encoding: str) -> None:
    assert len(decode_body(data, encoding)) <= len(data)
    assert decoded_size(data, 0, len(data), encoding) >= 0
