"""Recipients: how an address is taken apart, and when two spellings name one pool."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.names import PERSON_NAME_LENGTH_LIMIT
from poolhouse.rules.recipients import (
    clean_senders,
    detail_key,
    is_allowed,
    is_secret,
    readings,
    split_address,
)

_NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
_TEXT = st.text(st.characters() | st.sampled_from('+=#-_.@"\\/ Aé\u0301ß\u017f'), max_size=80)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("Anna@Pools.Example", ("anna", "pools.example")),
        ("anna@pools.example.", ("anna", "pools.example")),
        ("anna", ("anna", "")),
        ('"anna+a b"@pools.example', ("anna+a b", "pools.example")),
        ('"an\\"na\\\\"@pools.example', ('an"na\\', "pools.example")),
        ('"anna@home"@pools.example', ("anna@home", "pools.example")),
        ("STRAßE@pools.example", ("strasse", "pools.example")),
        ('"@pools.example', ('"', "pools.example")),
        ("", ("", "")),
        ("@", ("", "")),
    ],
)
def test_a_local_part_and_a_domain(address: str, parts: tuple[str, str]) -> None:
    assert split_address(address) == parts


@pytest.mark.parametrize(
    ("local_part", "expected"),
    [
        ("", []),
        ("+news", []),
        ("anna", [("anna", "")]),
        ("anna+", [("anna", "")]),
        ("anna#news", [("anna", "news")]),
        ("anna=news+more", [("anna", "news+more")]),
        ("ann-lee", [("ann-lee", ""), ("ann", "lee")]),
        ("-ann-", [("-ann-", ""), ("-ann", "")]),
    ],
)
def test_readings(local_part: str, expected: list[tuple[str, str]]) -> None:
    assert list(readings(local_part)) == expected


@given(_NAMES, st.sampled_from("+=#-"), _TEXT)
def test_every_name_is_found_before_any_detail(name: str, delimiter: str, detail: str) -> None:
    assert (name, detail) in list(readings(f"{name}{delimiter}{detail}"))
    assert next(readings(name)) == (name, "")


@given(_TEXT)
def test_readings_are_few_and_the_longest_first(local_part: str) -> None:
    found = [name for name, _ in readings(local_part)]
    assert found == sorted(set(found), key=len, reverse=True)
    assert all(local_part.startswith(name) and len(name) <= PERSON_NAME_LENGTH_LIMIT for name in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Reading/Python", "reading.python"),
        ("Old tools", "old-tools"),
        ("Old tools", "OLD_TOOLS"),
        ("Straße", "strasse"),
        ("Caf\u00e9", "cafe\u0301"),
        ("  Old -- tools. ", "old-tools"),
    ],
)
def test_spellings_of_one_pool(one: str, other: str) -> None:
    assert detail_key(one) == detail_key(other)


@given(_TEXT)
def test_a_key_is_its_own_and_knows_no_case(text: str) -> None:
    key = detail_key(text)
    assert detail_key(key) == key
    assert detail_key(text.casefold()) == key
    assert detail_key(unicodedata.normalize("NFD", text)) == key


@given(_TEXT)
def test_whatever_is_sent_to_is_taken_apart(address: str) -> None:
    local_part, domain = split_address(address)
    assert local_part == local_part.casefold()
    assert "@" not in domain


def test_the_shape_of_a_secret() -> None:
    assert is_secret("n-abcdefghijklmnop")
    assert not is_secret("n-abcdefghijklmno")
    assert not is_secret("m-abcdefghijklmnop")


def test_senders_are_addresses_or_domains() -> None:
    given_ = [" News@Elsewhere.example ", "@elsewhere.example.", "elsewhere.example"]
    assert clean_senders(given_) == ("elsewhere.example", "news@elsewhere.example")


@pytest.mark.parametrize(
    "wrong", ["", "@", "a@", "@@b", "a b", "a@b@c", "a\nb", "a,b", "a/b", "a@b.example\x00"]
)
def test_what_is_neither_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong) if wrong else "^$"):
        clean_senders(["a.example", wrong])


@pytest.mark.parametrize(
    ("sender", "is_in"),
    [
        ("news@elsewhere.example", True),
        ("NEWS@Mail.Elsewhere.Example.", True),
        ("x@notelsewhere.example", False),
        ("me@own.example", True),
        ("you@own.example", False),
        ("me@mail.own.example", False),
        ("", False),
    ],
)
def test_who_may_send(sender: str, is_in: bool) -> None:
    assert is_allowed(sender, ("elsewhere.example", "me@own.example")) is is_in
