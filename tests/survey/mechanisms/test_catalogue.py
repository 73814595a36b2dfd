"""The catalogue: names are whole, and what does not run here says why."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError

import pytest

from poolhouse.errors import NotFoundError
from poolhouse.survey.mechanisms import catalogue
from poolhouse.survey.mechanisms.mechanism import CALIBRATION, REFERENCE

KNOWN = catalogue.mechanisms()


def test_names_are_of_one_form_and_there_once() -> None:
    names = [each.name for each in KNOWN]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_titles_tell_them_apart_and_notes_are_sentences() -> None:
    assert len({each.title for each in KNOWN}) == len(KNOWN)
    assert all(each.note[0].isupper() and each.note.endswith(".") for each in KNOWN)


def test_has_what_ratios_refer_to() -> None:
    assert catalogue.availability(REFERENCE).is_available
    assert catalogue.mechanism(CALIBRATION).family == "reference"


def test_what_is_not_there_says_why() -> None:
    for each in KNOWN:
        found = catalogue.availability(each.name)
        assert found.is_available == (not found.reason)
        assert found.version or not found.is_available


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(NotFoundError):
        catalogue.mechanism("carrier-pigeons")
    with pytest.raises(NotFoundError):
        catalogue.availability("carrier-pigeons")


def test_a_function_is_a_name() -> None:
    own = catalogue.mechanism("my_adapters:serve")
    assert (own.name, own.adapter, own.family) == ("my_adapters:serve", "my_adapters:serve", "yours")
    assert catalogue.availability("my_adapters:serve").is_available


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(catalogue, "distribution", missing)
    for each in KNOWN:
        if each.distributions:
            assert not catalogue.availability.__wrapped__(each.name).is_available
            reason = catalogue.availability.__wrapped__(each.name).reason
            assert reason == (each.obstacle() or f"{each.distributions[0]} is not installed")
