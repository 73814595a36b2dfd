"""Declarations: what they say of a function, and what they refuse to be."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import pytest

from poolhouse.errors import NotAnEntryError, SpaceError
from poolhouse.space.declared import Declaration, declarations_of, declared, handles
from poolhouse.space.entries import encode, kind_of_call
from tests.space import jobs
from tests.space.jobs import Doubled, Number, Said, Token


@declared(attempts=5, cpu_seconds=1, wall_seconds=2.5, memory_bytes=3)
def both(number: Number, name: str, words: tuple[str, ...]) -> Said:
    """Something of several arguments."""
    return Said(name)


@handles(Token)
def several(token: Token) -> Said | Doubled | None:
    """Something that gives one or another, or nothing."""
    return None


@handles(Said)
def many(said: Said) -> tuple[Number, ...]:
    """Something that gives any number."""
    return ()


def plain(number: int) -> Number:
    """Nothing that anybody declared."""
    return Number(number)


FOUND = dict(declarations_of(sys.modules[__name__], __name__))


def test_only_what_a_module_declares_itself_is_found() -> None:
    assert FOUND.keys() == {kind_of_call(both), "Token", "Said"}
    assert kind_of_call(jobs.double) in dict(declarations_of(jobs, jobs.__name__))


def test_it_says_what_a_job_may_take() -> None:
    declaration = FOUND[kind_of_call(both)]
    limits = declaration.limits
    assert (limits.cpu_seconds, limits.wall_seconds, limits.memory_bytes) == (1, 2.5, 3)
    assert declaration.attempts == both.attempt_limit == 5  # type: ignore[attr-defined]  # it is put there


def test_it_knows_what_may_come_of_it() -> None:
    assert FOUND[kind_of_call(both)].gives == {"Said"}
    assert FOUND["Token"].gives == {"Said", "Doubled"}
    assert FOUND["Said"].gives == {"Number"}


def test_arguments_are_what_the_function_says_they_are() -> None:
    body = encode((Number(1), "x", ("y", "z")))
    assert FOUND[kind_of_call(both)].arguments(body) == (Number(1), "x", ("y", "z"))
    assert FOUND["Token"].arguments(encode(Token("x"))) == (Token("x"),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'[{"value":1},"x"]',
        b'[{"value":"1"},"x",[]]',
        b'[{"value":1},"x",[],1]',
        b"[" * 5_000,
    ],
)
def test_other_arguments_are_refused(body: bytes) -> None:
    with pytest.raises(NotAnEntryError, match="both cannot be called so"):
        FOUND[kind_of_call(both)].arguments(body)


def unannotated(number) -> Number:  # type: ignore[no-untyped-def]
    return Number(number)


def without_result(number: int):  # type: ignore[no-untyped-def]
    return Number(number)


def starred(*numbers: int) -> Number:
    return Number(sum(numbers))


def named(*, number: int) -> Number:
    return Number(number)


def no_entry(number: int) -> int:
    return number


def anything(number: int) -> Any:
    return number


@dataclass
class Changeable:
    value: int


def changeable(number: int) -> Changeable:
    return Changeable(number)


@pytest.mark.parametrize(
    "function", [unannotated, without_result, starred, named, no_entry, anything, changeable]
)
def test_a_function_that_does_not_say_what_it_is_is_refused(function: Any) -> None:
    with pytest.raises(SpaceError):
        Declaration(function=function, limits=FOUND["Said"].limits).check()
