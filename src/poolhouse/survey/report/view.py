"""View: a result as the report reads it: settings, titles, reference and calibration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from poolhouse.survey.figures import by_setting
from poolhouse.survey.mechanisms.mechanism import CALIBRATION, REFERENCE
from poolhouse.survey.report.curves import by_mechanism

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.records import Cell, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A result with its cells by setting; those that do not count are in the result alone, but where `is_noisy`."""

    result: Result
    settings: Mapping[Setting, Sequence[Cell]]
    titles: Mapping[str, str]
    reference: str = REFERENCE
    calibration: str = CALIBRATION
    rounds: int = 0
    is_noisy: bool = False

    def title(self, mechanism: str) -> str:
        """The mechanism's name as in legends."""
        return self.titles.get(mechanism, mechanism)

    def scenario(self, *names: str) -> dict[Setting, Sequence[Cell]]:
        """The settings of these scenarios."""
        return {setting: cells for setting, cells in self.settings.items() if setting.scenario in names}

    def sweeps(self, scenario: str, axis: str) -> dict[Setting, dict[str, list[Cell]]]:
        """Settings of a scenario that differ in more than the axis; in each the cells by mechanism."""
        found: dict[Setting, list[Cell]] = {}
        for setting, cells in self.scenario(scenario).items():
            whole: dict[str, Any] = {axis: 0}
            found.setdefault(replace(setting, **whole), []).extend(cells)
        return {setting: by_mechanism(cells) for setting, cells in found.items()}

    def note(self) -> str:
        """What stands under every sheet: where, when and how it was measured."""
        run, machine = self.result.run, self.result.run.machine
        where = f"{machine.get('processor', 'unknown processor')}, {machine.get('cores', '?')} cores"
        what = f"{machine.get('kernel', '')}, {machine.get('python', '')}"
        rounds = f"{self.rounds} {'round' if self.rounds == 1 else 'rounds'}"
        noisy = "NOISY: cells count that others disturbed. " if self.is_noisy else ""
        return (
            f"{noisy}{where}, {what}. {rounds}, seed {run.seed}, {run.started_at[:10]},"
            f" poolhouse {run.poolhouse}. Loopback, short messages, no TLS: ratios travel, absolute figures do not."
        )


def view_of(result: Result, *, is_noisy: bool = False) -> View:
    """A result, ready to be drawn; with `is_noisy` dropped cells count too, as where there are no others."""
    is_noisy = is_noisy or not result.counted
    cells = [msgspec.structs.replace(cell, dropped="") if is_noisy else cell for cell in result.cells]
    parameters = result.run.parameters
    return View(
        result=result,
        settings=by_setting(cells),
        titles={each.name: each.title for each in result.run.mechanisms},
        reference=str(parameters.get("reference") or REFERENCE),
        calibration=str(parameters.get("calibration") or CALIBRATION),
        rounds=len({cell.round for cell in result.cells}),
        is_noisy=is_noisy,
    )


def ranked(names: Iterable[str], key: Callable[[str], float], view: View) -> list[str]:
    """Names, the calibration and then the reference first, then by what the key says."""
    return sorted(names, key=lambda name: (name != view.calibration, name != view.reference, key(name), name))
