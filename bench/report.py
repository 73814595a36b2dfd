"""The result as JSON: the machine, the plan, every sample, and the figures made of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.figures import (
    GROUP_FSYNCS_GOAL,
    MEMORY_GOAL_MIB,
    MEMORY_GROWTH_GOAL,
    Figure,
    Sample,
    figures,
    summarise,
)
from bench.machine import describe_machine
from bench.questions import QUESTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from bench.rounds import Outcome, Plan


def result_of(plan: Plan, outcome: Outcome, command: str) -> dict[str, Any]:
    """Everything, as JSON can hold it."""
    durability = outcome.durability
    result: dict[str, Any] = {
        "command": command,
        "machine": describe_machine(),
        "plan": {
            "seed": plan.seed,
            "sizes": plan.sizes,
            "turns": plan.turns,
            "slice_seconds": plan.slice_seconds,
            "nginx_seconds": plan.nginx_seconds,
        },
        "samples": [asdict(sample) for sample in outcome.samples],
        "nginx_304": outcome.nginx_304,
        "memory": [asdict(each) for each in outcome.memory],
        "durability": None
        if durability is None
        else {
            **asdict(durability),
            "fsyncs_a_group": durability.fsyncs_a_group,
            "fsyncs_a_save": durability.fsyncs_a_save,
        },
    }
    result["figures"] = [{**asdict(figure), "is_held": figure.is_held} for figure in all_figures(result)]
    return result


def write_result(path: Path, result: dict[str, Any]) -> None:
    """Write it down, a sample a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = []
    for name, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            told = (
                "[\n    " + ",\n    ".join(json.dumps(each, ensure_ascii=False) for each in value) + "\n  ]"
            )
        else:
            told = json.dumps(value, ensure_ascii=False)
        parts.append(f"  {json.dumps(name)}: {told}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


def read_result(path: Path) -> dict[str, Any]:
    """What `write_result` wrote."""
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return result


def all_figures(result: dict[str, Any]) -> list[Figure]:
    """Every figure of a result, nginx's own 304, memory and fsyncs too."""
    found = figures(QUESTIONS, [Sample(**each) for each in result["samples"]])
    sizes = result["plan"]["sizes"]
    if result["nginx_304"]:
        found.append(
            _plain(
                "nginx-304",
                "nginx: unchanged poll of its file → 304",
                0,
                "of nginx",
                result["nginx_304"],
                None,
            )
        )
    return [*found, *_memory(result["memory"], sizes), *_durability(result["durability"], sizes[0])]


def _memory(measured: list[dict[str, Any]], sizes: list[int]) -> list[Figure]:
    found = []
    for each in measured:
        for name, words in (
            ("fresh", "memory after the first answer"),
            ("loaded", "memory after all of the above"),
        ):
            value = each[f"{name}_mib"]
            found.append(_plain(f"memory-{name}", words, each["size"], "MiB", [value], MEMORY_GOAL_MIB))
    for name, words, goal in (("fresh", "idle memory", MEMORY_GROWTH_GOAL), ("loaded", "memory used", None)):
        by_size = {each["size"]: each[f"{name}_mib"] for each in measured}
        growth = by_size[sizes[-1]] / by_size[sizes[0]]
        sentence = f"{words} at {sizes[-1]:,} items over that at {sizes[0]:,}"
        found.append(_plain(f"growth-{name}", sentence, sizes[-1], "times", [growth], goal))
    return found


def _durability(measured: dict[str, Any] | None, size: int) -> list[Figure]:
    if measured is None:
        return []
    group, save = measured["fsyncs_a_group"], measured["fsyncs_a_save"]
    groups = measured["saves"] / measured["groups"]
    return [
        _plain("fsyncs-group", "fsyncs a group of saves", size, "fsyncs", [group], GROUP_FSYNCS_GOAL),
        _plain(
            "group-size", f"saves a group, {measured['concurrent']} at a time", size, "saves", [groups], None
        ),
        _plain("fsyncs-save", "fsyncs a save, checkpoints included", size, "fsyncs", [save], None),
    ]


def _plain(name: str, sentence: str, size: int, unit: str, values: list[float], goal: float | None) -> Figure:
    return Figure(name=name, sentence=sentence, size=size, unit=unit, summary=summarise(values), goal=goal)
