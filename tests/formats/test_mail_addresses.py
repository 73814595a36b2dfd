"""Who headers name, as real mail writes them, and what is no address."""

from __future__ import annotations

import sys
from email.headerregistry import Address
from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mail_addresses import ADDRESS_LIMIT, domain_of, mailboxes
from poolhouse.types.message import Mailbox
from tests.mail_corpus.hostile import fifty_thousand_addresses

A = "a@example.org"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a@example.org", [("", A)]),
        ("<a@example.org>", [("", A)]),
        ("Ann <a@example.org>", [("Ann", A)]),
        ('"Ann, B." <a@example.org>, b@example.org', [("Ann, B.", A), ("", "b@example.org")]),
        ('"Ann \\"A\\" B" <a@example.org>', [('Ann "A" B', A)]),
        ("Ann\r\n B <a@example.org>", [("Ann B", A)]),
        ("a@example.org (Ann B)", [("Ann B", A)]),
        ("Ann (not (really) Bob) <a@example.org>", [("Ann", A)]),
        ("Ann a@example.org", [("Ann", A)]),
        ("'Ann' <a@example.org>", [("Ann", A)]),
        ("=?utf-8?q?Ann=2C_B?= <a@example.org>", [("Ann, B", A)]),
        ("=?utf-8?q?Ann,_B?= <a@example.org>", [("Ann, B", A)]),
        ('"=?utf-8?b?w4RubmE=?=" <a@example.org>', [("Änna", A)]),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <a@example.org>", [("日本", A)]),
        (
            "friends: a@example.org, Bob <b@example.org>;, c@x.org",
            [("", A), ("Bob", "b@example.org"), ("", "c@x.org")],
        ),
        ("undisclosed-recipients:;", [("undisclosed-recipients", "")]),
        ("Root <MAILER-DAEMON>", [("Root", "")]),
        ("<MAILER-DAEMON>", [("MAILER-DAEMON", "")]),
        ("root", [("root", "")]),
        ("root (Ann B)", [("Ann B", "")]),
        ("<@b.org,@c.org:a@example.org>", [("", A)]),
        ("a @ example.org", [("", A)]),
        ("Ann (x) ( y )\t(z)  a  \r\n @\t example.org   Lee", [("Ann Lee", A)]),
        ('"a b"@example.org', [("", '"a b"@example.org')]),
        ("<mailto:a@example.org>", [("", A)]),
        ("Ann <a@example.org", [("Ann", A)]),
        ("Ann <a@example.org>>", [("Ann", A)]),
        (", ,a@example.org,", [("", A)]),
        ("Ann <>", [("Ann", "")]),
        ("\u202eAnn\u202c <a@example.org>", [("Ann", A)]),
        ("Ann <b@example.org> <a@example.org>", [("Ann", "b@example.org")]),
        ("Jörg <j@exämple.org>", [("Jörg", "j@exämple.org")]),
        ("", []),
    ],
)
def test_headers(raw: str, expected: list[tuple[str, str]]) -> None:
    assert mailboxes([raw.encode()]) == tuple(Mailbox(*each) for each in expected)


@pytest.mark.parametrize(
    "raw",
    [
        b"<a\r\nBcc: x@example.org>",
        b"=?utf-8?q?a=0D=0A@example.org?=",
        b"<a\x00@example.org>",
        b"<a@exam\x1bple.org>",
        b"<a@>",
        b"<@example.org>",
        b"<a@example.org\xe2\x80\xae>",
        b"<" + b"a" * 400 + b"@example.org>",
    ],
)
def test_what_is_no_address_is_none(raw: bytes) -> None:
    assert [each.address for each in mailboxes([raw]) if not each.address.isprintable()] == []
    assert A not in [each.address for each in mailboxes([raw])]


def test_a_second_address_in_a_name_does_not_become_the_sender() -> None:
    # CVE-2023-27043: `getaddresses` of older versions finds alice here
    (found,) = mailboxes([b'"alice@example.org )x" <bob@example.org>'])
    assert found == Mailbox("alice@example.org )x", "bob@example.org")


def test_raw_bytes_are_read_as_the_body_says() -> None:
    assert mailboxes(["Юля <a@example.org>".encode("koi8-r")], "koi8-r") == (Mailbox("Юля", A),)


def test_bounds() -> None:
    field = fifty_thousand_addresses()[4:20_004]
    found = mailboxes([field] * 3)
    assert len(found) == ADDRESS_LIMIT
    assert all(each.address.endswith("@example.org") and each.name for each in found)
    assert len(mailboxes([b"a@b"] * 600)) == ADDRESS_LIMIT


def _steps(raw: bytes) -> int:
    """How often a function or a generator is entered or left while a header is read."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        mailboxes([raw])
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "pieces", [(b"a ", b"a@b", b":"), (b"a ", b"", b":"), (b'"a@b" ', b"", b":"), (b"<a> ", b"", b":")]
)
def test_twice_the_words_and_colons_are_twice_the_steps(pieces: tuple[bytes, bytes, bytes]) -> None:
    once, twice = (
        _steps(before * count + middle + after * count)
        for before, middle, after in (pieces,)
        for count in (500, 1_000)
    )
    assert twice < 2.5 * once


_NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\"'"), min_size=1, max_size=40
)
_LOCALS = st.from_regex(r"[a-z0-9.+_-]{1,20}", fullmatch=True)


@given(_NAMES, _LOCALS)
def test_what_the_standard_library_writes(name: str, local: str) -> None:
    address = f"{local}@example.org"
    (found,) = mailboxes([formataddr((name, address)).encode()])
    assert found.address == address
    if name.isascii():
        (found,) = mailboxes([str(Address(name, addr_spec="a@example.org")).encode()])
        assert found.name == name


@given(st.binary(max_size=200) | st.text('"\\()<>,;:@=?qb a.\r\n', max_size=80).map(str.encode))
def test_any_bytes(raw: bytes) -> None:
    for each in mailboxes([raw]):
        assert each.name or each.address
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in each.name + each.address)
        assert not each.address or domain_of(each.address)
