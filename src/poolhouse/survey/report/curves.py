"""Curves: a figure along an axis for one mechanism, with the band over rounds and the place where it broke."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from poolhouse.survey.figures import setting_of, value_of
from poolhouse.survey.statistics import CLIENT_BOUND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.survey.records import Cell

_ERRNO: Final = re.compile(r"\b(E[A-Z]{3,}|[A-Z][A-Za-z]+(?:Error|Exception)|SIG[A-Z]{3,})\b")
AXES: Final = {"burst": "connections", "idle": "idle", "open": "rate_per_s"}
"""What each scenario with a sweep sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Median, least and most over the rounds at one place of the axis."""

    at: float
    median: float
    least: float
    most: float
    count: int
    is_client_bound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The first place where a mechanism failed in half of the rounds or more, and how."""

    at: float
    sentence: str
    error: str


def curve(cells: Iterable[Cell], figure: str, axis: str) -> list[Point]:
    """The points of one mechanism's cells that did not fail, ascending, where anything was measured."""
    found: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for cell in cells:
        value = None if cell.failure else value_of(cell, figure)
        if value is not None:
            found[getattr(setting_of(cell), axis)].append((value, cell.client_utilisation))
    return [_point(at, pairs) for at, pairs in sorted(found.items())]


def _point(at: float, pairs: Sequence[tuple[float, float]]) -> Point:
    measured = sorted(value for value, _ in pairs)
    return Point(
        at=at,
        median=median(measured),
        least=measured[0],
        most=measured[-1],
        count=len(measured),
        is_client_bound=median(busy for _, busy in pairs) > CLIENT_BOUND,
    )


def failure(cells: Iterable[Cell], axis: str) -> Failure | None:
    """Where one mechanism broke, None where it did not."""
    places: dict[float, list[Cell]] = defaultdict(list)
    for cell in cells:
        places[getattr(setting_of(cell), axis)].append(cell)
    for at, there in sorted(places.items()):
        failed = [cell for cell in there if cell.failure]
        if failed and len(failed) * 2 >= len(there):
            # a campaign that gave up on it says so: what it did when it was tried says more
            tried = [cell for cell in failed if not cell.failure.startswith("not tried")] or failed
            sentence, _ = Counter(cell.failure for cell in tried).most_common(1)[0]
            return Failure(at=at, sentence=sentence, error=error_of(sentence, tried))
    return None


def error_of(sentence: str, cells: Iterable[Cell] = ()) -> str:
    """The name of the error: in the sentence, else the one that the client met most, else none."""
    found = _ERRNO.search(sentence)
    if found:
        return found[1]
    met: Counter[str] = Counter()
    for cell in cells:
        met.update(cell.errors)
    return met.most_common(1)[0][0] if met else ""


def by_mechanism(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """The cells that count, by mechanism in the order in which they appear."""
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if not cell.dropped:
            found[cell.mechanism].append(cell)
    return dict(found)
