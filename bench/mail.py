"""`python -m bench mail`: what mail costs beside Dovecot, to bring in, and to the loop meanwhile. Some five minutes.

Each round asks every question once, in shuffled order, each in a process of its own that prints JSON.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from bench.findings import lines
from bench.mail_findings import PROGRAMS, findings, replace_table
from bench.programs import PAGE, PUBLISHED, ask, parser_of, say
from bench.report import read_result, write_result
from poolhouse.survey.machine import describe_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PACKAGES = ("apsw", "lxml", "msgspec", "nh3", "poolhouse", "uvloop")
QUESTIONS = tuple(PROGRAMS)
_TIMEOUT_SECONDS = 600.0
_RESULT = "mail.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPlan:
    """How much is measured. `arguments` are of each question's own program."""

    turns: int = 3
    seed: int = 20261125
    questions: tuple[str, ...] = QUESTIONS
    arguments: dict[str, tuple[str, ...]]


FULL = MailPlan(
    arguments={"lmtp": ("--messages", "2000"), "mail_import": ("--messages", "10000"), "hostile_mail": ()}
)
QUICK = replace(
    FULL,
    turns=1,
    arguments={
        "lmtp": ("--messages", "80"),
        "mail_import": ("--messages", "200"),
        "hostile_mail": ("--few",),
    },
)


def run(plan: MailPlan, place: str | None, command: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return everything as JSON can hold it. Raises ChildProcessError where a question failed."""
    random = Random(plan.seed)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in QUESTIONS}
    with tempfile.TemporaryDirectory(prefix="poolhouse-bench-", dir=place) as base:
        os.chmod(base, 0o755)  # Dovecot's processes are of another user
        for turn in range(plan.turns):
            for name in random.sample(plan.questions, len(plan.questions)):
                say(f"round {turn + 1} of {plan.turns}: {name.replace('_', ' ')}")
                found[name].append({"turn": turn, **_ask(name, plan, turn, base)})
    machine = describe_machine(PACKAGES)
    return {"command": command, "machine": machine, "seed": plan.seed, "arguments": plan.arguments, **found}


def _ask(name: str, plan: MailPlan, turn: int, place: str) -> dict[str, Any]:
    arguments = [*plan.arguments[name], "--seed", str(plan.seed + turn), "--place", place, "--keep"]
    os.sync()  # what one question left to be written is not to be waited for by the next
    return ask(PROGRAMS[name], arguments, timeout_seconds=_TIMEOUT_SECONDS)


def main(arguments: Sequence[str], results: Path) -> int:
    """Run, and return the exit status: 1 where a goal was missed and `--check` was given."""
    parser = parser_of(
        "mail",
        "Measure mail: delivery beside Dovecot, import, hostile mail.",
        QUESTIONS,
        turns=FULL.turns,
        seed=FULL.seed,
        results=results,
        draws="the page's table",
    )
    given = parser.parse_args(arguments)
    output = PUBLISHED if given.publish else given.output
    if not given.redraw:
        plan = QUICK if given.quick else FULL
        plan = replace(plan, turns=given.turns or plan.turns, seed=given.seed)
        plan = replace(plan, questions=tuple(given.only or plan.questions))
        command = " ".join(["python", "-m", "bench", "mail", *arguments])
        result = run(plan, given.place, command, say)
        result["findings"] = [{**asdict(each), "is_held": each.is_held} for each in findings(result)]
        write_result(output / _RESULT, result)
    result = read_result(output / _RESULT)
    found = findings(result)
    for line in lines(found):
        print(line)
    if given.publish:
        PAGE.write_text(replace_table(PAGE.read_text("utf-8"), found), "utf-8")
    say(f"written to {output}")
    return int(given.check and not all(each.is_held for each in found))
