"""Which links act by being followed, in whatever letters that is said."""

from __future__ import annotations

import re
import sys

import pytest

from poolhouse.workers import mail_links
from poolhouse.workers.mail_links import looks_acting


@pytest.mark.parametrize(
    ("words", "url", "is_acting"),
    [
        ("UNSUBSCRIBE", "https://n.example/1", True),
        ("Un\u017fub\u017fcr\u0130be", "https://n.example/1", True),
        ("NEWSLETTER BEST\u00c4TIGEN", "https://n.example/1", True),
        ("\u041e\u0422\u041f\u0418\u0421\u0410\u0422\u042c\u0421\u042f", "https://n.example/1", True),
        ("here", "https://n.example/UnSubscribe", True),
        ("here", "https://n.example/unsub?u=1", True),
        ("here", "https://n.example/unsubtle", False),
        ("Subscribers write", "https://n.example/1", False),
    ],
)
def test_links_that_act_are_known_by_their_words_and_addresses(words: str, url: str, is_acting: bool) -> None:
    assert looks_acting(words, url) is is_acting


@pytest.mark.parametrize("name", ["_ACTING_WORDS", "_ACTING_ADDRESS"])
def test_what_is_folded_matches_all_that_a_search_without_case_would(name: str) -> None:
    pattern = vars(mail_links)[name].pattern
    assert pattern == pattern.lower()
    for letter in {each for each in pattern if each.isalpha()}:
        same = re.compile(letter, re.IGNORECASE)
        alike = [each for each in map(chr, range(sys.maxunicode + 1)) if same.match(each)]
        assert {mail_links._folded(each) for each in alike} == {letter}
