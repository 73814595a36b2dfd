"""Facts: tables of what was measured and what was not, errors, and cells that do not count."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from poolhouse.survey.report.style import NOTHING
from poolhouse.survey.report.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolhouse.survey.report.view import View


def mechanisms(view: View) -> Table:
    """What was measured, in which version, under which licence."""
    rows = [
        [each.title, each.name, each.family, each.version, each.licence or NOTHING]
        for each in view.result.run.mechanisms
    ]
    return Table(caption="Measured", columns=("mechanism", "name", "family", "version", "licence"), rows=rows)


def not_run(view: View) -> Table:
    """What was asked for and not measured, and why."""
    rows = [[each.name, each.reason] for each in view.result.run.absent]
    return Table(caption="Not measured", columns=("mechanism", "why"), rows=rows)


def gates(view: View) -> Table:
    """By mechanism how many conformance checks it passed, and each that it did not."""
    by_name: dict[str, list[Any]] = defaultdict(list)
    for gate in view.result.gates:
        by_name[gate.mechanism].append(gate)
    rows = []
    for name, checks in by_name.items():
        failed = [
            f"{each.check}: {each.reason}{'' if each.is_excluding else ' (measured all the same)'}"
            for each in checks
            if not each.is_passed
        ]
        rows.append(
            [view.title(name), f"{len(checks) - len(failed)} of {len(checks)}", "; ".join(failed) or NOTHING]
        )
    return Table(
        caption="The conformance gate", columns=("mechanism", "checks passed", "checks failed"), rows=rows,
        numeric=frozenset({1}),
    )  # fmt: skip


def errors(view: View) -> Table:
    """By mechanism and scenario what clients met, what was never answered, cells that failed."""
    met: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    failed: Counter[tuple[str, str]] = Counter()
    censored: Counter[tuple[str, str]] = Counter()
    for cell in (cell for cells in view.settings.values() for cell in cells):
        pair = (cell.mechanism, cell.scenario)
        met[pair].update(cell.errors)
        failed[pair] += bool(cell.failure)
        censored[pair] += cell.censored
    rows = [
        [
            view.title(name),
            scenario,
            ", ".join(f"{error}: {count:,}" for error, count in sorted(met[name, scenario].items()))
            or NOTHING,
            f"{censored[name, scenario]:,}",
            str(failed[name, scenario]),
        ]
        for name, scenario in met
        if met[name, scenario] or failed[name, scenario] or censored[name, scenario]
    ]
    columns = ("mechanism", "scenario", "errors", "never answered", "cells that failed")
    return Table(caption="Errors", columns=columns, rows=sorted(rows), numeric=frozenset({3, 4}))


def dropped(view: View) -> Table:
    """How many cells do not count, and why."""
    found: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], str] = {}
    for cell in view.result.cells:
        if cell.dropped:
            found[cell.scenario, cell.mechanism] += 1
            reasons[cell.scenario, cell.mechanism] = cell.dropped
    rows = [
        [view.title(name), scenario, str(count), reasons[scenario, name]]
        for (scenario, name), count in sorted(found.items())
    ]
    return Table(
        caption="Cells that do not count", columns=("mechanism", "scenario", "cells", "why (the last)"), rows=rows,
        numeric=frozenset({2}),
    )  # fmt: skip


def pairs(caption: str, said: Mapping[str, Any]) -> Table:
    """What has names and values."""
    rows = [[name.replace("_", " "), _plain(value)] for name, value in said.items()]
    return Table(caption=caption, columns=("what", "value"), rows=rows)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)
