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
        # what opens an account, by its words
        ("Reset password", "https://n.example/1", True),
        ("Set a new password", "https://n.example/1", True),
        ("Forgot your password?", "https://n.example/1", True),
        ("Sign in", "https://n.example/1", True),
        ("Log in to Example", "https://n.example/1", True),
        ("Your magic link", "https://n.example/1", True),
        ("Use this one-time link", "https://n.example/1", True),
        ("Verify your account", "https://n.example/1", True),
        ("Activate my account", "https://n.example/1", True),
        ("Passwort zurücksetzen", "https://n.example/1", True),
        ("Jetzt einloggen", "https://n.example/1", True),
        ("Konto aktivieren", "https://n.example/1", True),
        ("Réinitialiser votre mot de passe", "https://n.example/1", True),
        ("SE CONNECTER", "https://n.example/1", True),
        ("Activer mon compte", "https://n.example/1", True),
        ("Restablecer la contraseña", "https://n.example/1", True),
        ("Inicia sesión", "https://n.example/1", True),
        ("Verificar su cuenta", "https://n.example/1", True),
        ("Design in Berlin", "https://n.example/1", False),
        ("The blog in numbers", "https://n.example/1", False),
        ("One-time offer", "https://n.example/1", False),
        ("Activate your discount", "https://n.example/1", False),
        ("Why passwords will not go away", "https://n.example/1", False),
        # and by its address, which must hold something that nobody guesses
        ("here", "https://n.example/reset?token=abc", True),
        ("here", "https://n.example/Login/Magic?token=abc", True),
        ("here", "https://n.example/users/password/edit?reset_password_token=abc", True),
        ("here", "https://n.example/account/reset-password/Zx81kQ0pLm20aaW3", True),
        ("here", "https://n.example/verify-email.php?code=1", True),
        ("here", "https://n.example/activate/6f9619ff-8b86-d011-b42d-00c04fc964ff", True),
        ("here", "https://n.example/one-time/?k=1", True),
        ("here", "https://n.example/de/passwort-reset/?ticket=1", True),
        ("here", "https://n.example/articles/password-managers?utm_source=a1b2c3d4e5f6a7b8c9", False),
        ("here", "https://n.example/articles/password-managers-2024?id=7", False),
        ("here", "https://n.example/magic-the-gathering?id=7", False),
        ("here", "https://n.example/2024/01/resetting-the-clock/?code=1", False),
        ("here", "https://n.example/login", False),
        ("here", "https://n.example/?token=1", False),
    ],
)
def test_links_that_act_are_known_by_their_words_and_addresses(words: str, url: str, is_acting: bool) -> None:
    assert looks_acting(words, url) is is_acting


def test_what_is_folded_matches_all_that_a_search_without_case_would() -> None:
    names = ["_ACTING_WORDS", "_ACTING_ADDRESS", "_OPENING_PATH", "_TOKEN"]
    patterns = "".join(vars(mail_links)[name].pattern for name in names)
    assert patterns == patterns.lower()
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in {each for each in patterns if each.isalpha()}:
        alike = re.findall(letter, everything, re.IGNORECASE)
        assert len(alike) > 1
        assert {mail_links._folded(each) for each in alike} == {letter}


@pytest.mark.parametrize(
    "url",
    [
        "/login" * 100_000,
        "/" + "your-" * 100_000 + "x",
        "/login?" + "a_" * 200_000,
        "/reset" + "?token" * 100_000,
        "/my" * 200_000,
    ],
    ids=lambda url: url[:12],
)
def test_however_long_an_address_is_it_is_judged(url: str) -> None:
    """Of this length one that is not judged in linear time never ends."""
    assert looks_acting(url[-300:], f"https://n.example{url}") in {True, False}
