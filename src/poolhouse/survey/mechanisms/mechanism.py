"""Mechanism: what the catalogue knows of one, and how a mechanism of one's own is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE: Final = "selectors-epoll"
"""What ratios are to, unless a result says another."""
CALIBRATION: Final = "c-epoll"
"""The server whose rate shows what client and kernel can do at most."""

Transport = Literal["tcp", "unix"]


def _is_there() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A way of serving many connections at once.

    `title` is for legends, `note` one sentence on what is peculiar. `adapter` is `module:function`, imported in a
    server process only. `distributions` are the packages that it needs, the one whose version counts first.
    `connection_limit` is how many connections at once it bears at most, None where only descriptors limit it;
    `obstacle` says why this interpreter or system cannot run it, or nothing.
    """

    name: str
    family: str
    title: str
    note: str
    adapter: str
    distributions: tuple[str, ...] = ()
    connection_limit: int | None = None
    transports: tuple[Transport, ...] = ("tcp", "unix")
    obstacle: Callable[[], str] = _is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a mechanism runs here: the version and licence of what it is made of, or the reason why not."""

    version: str
    licence: str = ""
    is_available: bool = True
    reason: str = ""
