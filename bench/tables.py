"""The workshop's findings as the tables of docs/explanation/speed.md: Markdown, a line each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.findings import OURS, RATIO_GOAL, RATIO_GOAL_OF, TICK_GOAL_MS
from poolhouse.survey.images.strategies import STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.findings import Finding

_TABLES = re.compile(r"^\| pictures of 36 MB .*\n(?:\|.*\n)+\n(?:\|.*\n)+", re.MULTILINE)
_FEW_ROUNDS = 3
_OTHERS = (
    "loop-tick",
    "loop-answer-p99",
    "loop-idle-tick",
    "small-jobs-space-rate",
    "small-jobs-executor-rate",
    "small-jobs-loky-rate",
    "small-jobs-rate",
    "small-jobs-space-cpu",
    "small-jobs-executor-cpu",
    "small-jobs-loky-cpu",
    "small-jobs-cpu",
    "small-jobs-mapped-rate",
    "small-jobs-mapped-cpu",
    "durable-jobs",
    "durable-cpu",
)


def tables(found: Sequence[Finding]) -> list[str]:
    """Two tables, an empty line between them: the pictures, and the rest."""
    by_name = {each.name: each for each in found}
    return [*_images(by_name), "", *_others(by_name)]


def _images(found: Mapping[str, Finding]) -> Iterator[str]:
    transforms = [name for name in TRANSFORMS if f"images-{name}-{OURS}-ratio" in found]
    yield _row("pictures of 36 MB", *(TRANSFORMS[name].sentence for name in transforms))
    yield _row(*["---"] * (1 + len(transforms)))
    for strategy in STRATEGIES.values():
        yield _row(strategy.sentence, *(_image(found, name, strategy.name) for name in transforms))
    goals = (f"≥ {RATIO_GOAL:g} and ≤ {TICK_GOAL_MS:g} ms" if name == RATIO_GOAL_OF else f"≤ {TICK_GOAL_MS:g} ms"
             for name in transforms)  # fmt: skip
    yield _row(f"goal for {STRATEGIES[OURS].sentence}", *goals)


def _image(found: Mapping[str, Finding], transform: str, strategy: str) -> str:
    ratio, late = (found[f"images-{transform}-{strategy}-{what}"] for what in ("ratio", "tick"))
    return f"{ratio.spread.median:.2f} of inline, {told(late.spread.median)} ms{_mark(ratio)}"


def _others(found: Mapping[str, Finding]) -> Iterator[str]:
    yield _row("question", "median", "goal")
    yield _row("---", "---", "---")
    for each in (found[name] for name in _OTHERS if name in found):
        goal = f"≤ {each.at_most:,g}" if each.at_most is not None else ""
        goal = f"≥ {each.at_least:,g}" if each.at_least is not None else goal
        yield _row(each.sentence, f"{told(each.spread.median)} {each.unit}".strip() + _mark(each), goal)


def _mark(finding: Finding) -> str:
    """What a reader has to know of how it was measured."""
    if finding.is_noisy:
        return " (noisy)"
    return f" (n={finding.spread.count})" if finding.spread.count < _FEW_ROUNDS else ""


def replace_tables(page: str, made: Sequence[str]) -> str:
    """The page with its two tables of the workshop replaced. Raises ValueError where it has none."""
    replaced, count = _TABLES.subn(lambda _: "\n".join(made) + "\n", page)
    if count != 1:
        raise ValueError("the page does not have the workshop's tables once")
    return replaced


def told(value: float) -> str:
    """A number with no more digits than it has meaning."""
    if value >= 20:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 3 else f"{value:.2f}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
