"""`python -m bench workshop`: what heavy work costs, and what becomes of the loop beside it. Some five minutes.

Each round asks every question once, in shuffled order, each in a process of its own that prints JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from bench.findings import findings, lines
from bench.programs import PAGE, PUBLISHED, ask, parser_of, say
from bench.report import read_result, write_result
from bench.tables import replace_tables, tables
from poolhouse.survey.images.runs import Images, Plan, missing_in, result_of, run_round
from poolhouse.survey.images.transforms import Size
from poolhouse.survey.machine import describe_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

QUESTIONS = ("images", "loop_delay", "small_jobs", "durable_jobs")
PACKAGES = ("apsw", "loky", "lxml", "msgspec", "numpy", "pillow", "poolhouse", "uvloop")
_TIMEOUT_SECONDS = 300.0
_RESULT = "workshop.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkshopPlan:
    """How much is measured. `arguments` are of each question's own program."""

    turns: int = 5
    seed: int = 20261123
    questions: tuple[str, ...] = QUESTIONS
    images: Plan = Plan()  # noqa: RUF009 - frozen
    arguments: dict[str, tuple[str, ...]]


FULL = WorkshopPlan(
    arguments={"loop_delay": ("--seconds", "5"), "small_jobs": (), "durable_jobs": ("--jobs", "12000")}
)
QUICK = replace(
    FULL,
    turns=1,
    images=Plan(times=1, size=Size(400, 300)),
    arguments={
        "loop_delay": ("--seconds", "1"),
        "small_jobs": ("--jobs", "2000"),
        "durable_jobs": ("--jobs", "500", "--workers", "32"),
    },
)


def run(plan: WorkshopPlan, place: str | None, command: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return everything as JSON can hold it. Raises ChildProcessError where a question failed."""
    random = Random(plan.seed)
    images = Images(plan=replace(plan.images, turns=plan.turns, seed=plan.seed))
    images.missing.update(missing_in(images.plan) if "images" in plan.questions else {})
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in QUESTIONS[1:]}
    for turn in range(plan.turns):
        for name in random.sample(plan.questions, len(plan.questions)):
            say(f"round {turn + 1} of {plan.turns}: {name.replace('_', ' ')}")
            if name == "images":
                images.rounds.append(run_round(images.plan, list(images.missing), random))
            else:
                found[name].append({"turn": turn, **_ask(name, plan, turn, place)})
    return {
        "command": command,
        "machine": describe_machine(PACKAGES),
        "seed": plan.seed,
        "arguments": plan.arguments,
        "images": result_of(images),
        **found,
    }


def _ask(name: str, plan: WorkshopPlan, turn: int, place: str | None) -> dict[str, Any]:
    arguments = [*plan.arguments[name]]
    if name == "durable_jobs":
        arguments += ["--place", place] if place else []
    else:
        arguments += ["--seed", str(plan.seed + turn)]
    return ask(f"bench.{name}", arguments, timeout_seconds=_TIMEOUT_SECONDS)


def main(arguments: Sequence[str], results: Path) -> int:
    """Run, and return the exit status: 1 where a goal was missed and `--check` was given."""
    parser = parser_of(
        "workshop",
        "Measure heavy work beside the loop, and draw the graph.",
        QUESTIONS,
        turns=FULL.turns,
        seed=FULL.seed,
        results=results,
        draws="the graph and the page's tables",
    )
    given = parser.parse_args(arguments)
    output = PUBLISHED if given.publish else given.output
    written = output / _RESULT
    if not given.redraw:
        plan = QUICK if given.quick else FULL
        plan = replace(
            plan,
            turns=given.turns or plan.turns,
            seed=given.seed,
            questions=tuple(given.only or plan.questions),
        )
        command = " ".join(["python", "-m", "bench", "workshop", *arguments])
        result = run(plan, given.place, command, say)
        result["findings"] = [{**asdict(each), "is_held": each.is_held} for each in findings(result)]
        write_result(written, result)
    result = read_result(written)
    found = findings(result)
    for line in lines(found):
        print(line)
    if given.publish:
        PAGE.write_text(replace_tables(PAGE.read_text("utf-8"), tables(found)), "utf-8")
    for name, reason in result["images"]["missing"].items():
        print(f"not measured: {name}: {reason}")
    if result["images"]["cells"]:
        from bench.workshop_plot import draw_images

        draw_images(result["images"], output)
    say(f"written to {output}")
    return int(given.check and not all(each.is_held for each in found))
