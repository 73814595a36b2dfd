"""Outcome: what came of one check, and what a check is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.survey.server_process import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a check: `reason` is a sentence where it did not pass. Only an excluding one keeps from timing."""

    check: str
    is_passed: bool
    is_excluding: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check by name: `promise` says what a server does that passes; `run` raises NotSoError where it does not.

    `server` is what is needed: one that keeps connections, one that ends them and greets, one with few descriptors.
    """

    name: str
    promise: str
    server: Literal["keep-alive", "one-shot", "scarce"]
    run: Callable[[Server], None]
    is_excluding: bool = True


class NotSoError(Exception):
    """A server does not do what a check asks; the message is a sentence with the server as `it`."""
