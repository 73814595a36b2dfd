"""Runs: every strategy with every transform, in rounds of shuffled order, each cell in a process of its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from poolhouse.survey.images.cell import IDLE, Asked, Cell, measure
from poolhouse.survey.images.strategies import STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS, TWELVE_MEGAPIXELS
from poolhouse.survey.machine import describe_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poolhouse.survey.images.transforms import Size

PACKAGES = ("pillow", "numpy", "uvloop", "msgspec")


class PixelsDifferError(Exception):
    """Two strategies made different pictures of the same: what they cost cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. In full some forty seconds a round on two cores."""

    turns: int = 5
    times: int = 2
    workers: int = 2
    size: Size = TWELVE_MEGAPIXELS
    tick_ms: int = 5
    seed: int = 20261123
    transforms: tuple[str, ...] = tuple(TRANSFORMS)
    strategies: tuple[str, ...] = tuple(STRATEGIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Everything that a run measured: cells by round, and the transforms that could not be done, with reasons."""

    plan: Plan
    rounds: list[list[Cell]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


def run(plan: Plan, say: Callable[[str], None], measure_cell: Callable[[Asked], Cell] = measure) -> Images:
    """Measure. `say` hears what is done now. Raises PixelsDifferError, and ChildProcessError where a cell failed."""
    images = Images(plan=plan, missing=missing_in(plan))
    random = Random(plan.seed)  # noqa: S311 - an order, no secret
    for turn in range(plan.turns):
        say(f"images: round {turn + 1} of {plan.turns}")
        images.rounds.append(run_round(plan, [*images.missing], random, measure_cell))
    return images


def run_round(
    plan: Plan, missing: list[str], random: Random, measure_cell: Callable[[Asked], Cell] = measure
) -> list[Cell]:
    """Measure every cell once, in an order of its own, and the idle loop among them. Raises as `run`."""
    pairs = [(transform, strategy) for transform in plan.transforms for strategy in plan.strategies]
    asked = [_asked(plan, transform, strategy) for transform, strategy in pairs if transform not in missing]
    asked.append(_asked(plan, "", IDLE))
    random.shuffle(asked)
    cells = [measure_cell(each) for each in asked]
    check_pixels(cells)
    return cells


def missing_in(plan: Plan) -> dict[str, str]:
    """The plan's transforms that cannot be done here, and why."""
    reasons = {name: TRANSFORMS[name].missing() for name in plan.transforms}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def check_pixels(cells: list[Cell]) -> None:
    """Raises PixelsDifferError where strategies made different pictures of the same."""
    for transform in {cell.transform for cell in cells}:
        made = {cell.strategy: cell.pixels for cell in cells if cell.transform == transform}
        if len(set(made.values())) > 1:
            raise PixelsDifferError(f"{transform}: {made}")


def result_of(images: Images) -> dict[str, Any]:
    """Everything, as JSON can hold it, with the machine."""
    return {
        "machine": describe_machine(PACKAGES),
        "plan": asdict(images.plan),
        "missing": images.missing,
        "cells": [
            {"turn": turn, **asdict(cell)} for turn, cells in enumerate(images.rounds) for cell in cells
        ],
    }


def rounds_of(result: Mapping[str, Any]) -> list[list[Cell]]:
    """The cells of what `result_of` made, by round."""
    rounds: list[list[Cell]] = [
        [] for _ in range(1 + max((each["turn"] for each in result["cells"]), default=-1))
    ]
    for each in result["cells"]:
        rounds[each["turn"]].append(Cell(**{name: value for name, value in each.items() if name != "turn"}))
    return rounds


def _asked(plan: Plan, transform: str, strategy: str) -> Asked:
    return Asked(
        transform=transform,
        strategy=strategy,
        times=plan.times,
        workers=plan.workers,
        width=plan.size.width,
        height=plan.size.height,
        tick_ms=plan.tick_ms,
        seed=plan.seed,
    )
