"""From samples to figures: a median and its quartiles a question, and whether it holds the goal."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.questions import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.questions import Question

MEMORY_GOAL_MIB = 80.0
MEMORY_GROWTH_GOAL = 1.1
GROUP_FSYNCS_GOAL = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One slice of a question, and the slice of nginx beside it; processor time a request in microseconds."""

    question: str
    size: int
    turn: int
    count: int
    seconds: float
    cpu_us: float
    nginx_us: float
    load: float

    def value(self, unit: Unit) -> float:
        """The sample in a unit."""
        return self.cpu_us / self.nginx_us if unit is Unit.RATIO else self.cpu_us / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Median and quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What came out for one question at one size. `goal` is an upper bound of the median."""

    name: str
    sentence: str
    size: int
    unit: str
    summary: Summary
    goal: float | None

    @property
    def is_held(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return self.goal is None or self.summary.median <= self.goal


def summarise(values: Sequence[float]) -> Summary:
    """Median and quartiles (inclusive method) of at least one value."""
    if len(values) == 1:
        return Summary(median=values[0], low=values[0], high=values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(median=median, low=low, high=high)


def figures(questions: Sequence[Question], samples: Sequence[Sample]) -> list[Figure]:
    """A figure for each question and size that was asked, in the questions' order, small stores first."""
    found = []
    for question in questions:
        for size in sorted({sample.size for sample in samples}):
            mine = [each for each in samples if each.question == question.name and each.size == size]
            if mine:
                found.append(
                    Figure(
                        name=question.name,
                        sentence=question.sentence,
                        size=size,
                        unit=question.unit,
                        summary=summarise([each.value(question.unit) for each in mine]),
                        goal=question.goal,
                    )
                )
    return found


def lines(found: Sequence[Figure]) -> list[str]:
    """The figures as lines to be read."""
    told = []
    for each in found:
        bound = "" if each.goal is None else f"  goal ≤ {each.goal:g}: {'held' if each.is_held else 'MISSED'}"
        summary = each.summary
        told.append(
            f"{each.sentence:<72} {each.size:>7,} items {summary.median:>8.2f} {each.unit:<8}"
            f" [{summary.low:.2f} to {summary.high:.2f}]{bound}"
        )
    return told
