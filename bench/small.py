"""The smallest job there is, as each contender takes it: two numbers go there, their sum comes back."""

from __future__ import annotations

from dataclasses import dataclass

from poolhouse.space.declared import declared


@dataclass(frozen=True, slots=True)
class Sum:
    """What came of it."""

    total: int


@declared()
def add_entry(one: int, other: int) -> Sum:
    """For the space: a result is an entry."""
    return Sum(one + other)


def add(one: int, other: int) -> int:
    """For executors."""
    return one + other
