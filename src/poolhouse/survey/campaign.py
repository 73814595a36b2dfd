"""Campaign: a plan carried out on a result file: gate, then rounds of canary, cells and pictures.

All that it decides by is in the file: what is there is not measured again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from poolhouse.survey import cells
from poolhouse.survey.pictures import ESTIMATED_SECONDS as PICTURES_SECONDS
from poolhouse.survey.plan import round_of
from poolhouse.survey.records import Canary, Cell, Gate, Images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.mechanisms.mechanism import Mechanism
    from poolhouse.survey.parts import Parts
    from poolhouse.survey.plan import Task
    from poolhouse.survey.progress import Pace
    from poolhouse.survey.result_file import ResultFile
    from poolhouse.survey.setting import Profile
    from poolhouse.survey.surroundings import Processors

R = TypeVar("R", Gate, Cell, Canary, Images)

ATTEMPTS: Final = 3
"""A noisy cell is measured so often at most."""
REPEATED_SHARE: Final = 0.25
"""Of all cells so many at most are measured again: a machine that is never quiet must not keep a run for ever."""
FAILURES: Final = 2
"""What failed so often is not tried again with as many connections, or more."""
NOT_TRIED: Final = "not tried: "
"""The failures of cells that were not measured begin so."""

_GATE_SECONDS: Final = 3.0


class Campaign:
    """Carries a plan out. Interrupt it anywhere: the file says how far it came."""

    def __init__(
        self, file: ResultFile, parts: Parts, profile: Profile, seed: int, processors: Processors, pace: Pace
    ) -> None:
        """`profile` is what is measured, its settings fitted to this machine."""
        self._file = file
        self._parts = parts
        self._profile = profile
        self._seed = seed
        self._processors = processors
        self._pace = pace
        self._cells: defaultdict[str, list[Cell]] = defaultdict(list)
        self._failures: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._repeated = 0
        for cell in self._of(Cell):
            self._remember(cell)

    def run(self, mechanisms: Sequence[Mechanism]) -> None:
        """Check all, and measure those that passed."""
        self._expect(mechanisms)
        for each in mechanisms:
            self._check(each.name)
        passed = [each for each in mechanisms if self._is_passed(each.name)]
        tasks = [self._tasks(passed, number) for number in range(self._profile.rounds)]
        for number in range(max(self._profile.rounds, self._profile.images_rounds)):
            if number < self._profile.rounds:
                self._canary(number)
                for _, group in groupby(tasks[number], key=lambda task: task.setting):
                    self._measure(list(group), sum(map(len, tasks)))
            if number < self._profile.images_rounds:
                self._pictures(number)

    def _expect(self, mechanisms: Sequence[Mechanism]) -> None:
        self._pace.expect(_GATE_SECONDS * len(mechanisms), len(mechanisms))
        for number in range(self._profile.rounds):
            for task in self._tasks(mechanisms, number):
                self._pace.expect(task.setting.estimated_seconds)
        count = self._profile.images_rounds
        self._pace.expect(PICTURES_SECONDS * count, count)

    def _tasks(self, mechanisms: Sequence[Mechanism], number: int) -> list[Task]:
        return round_of(self._profile.settings, mechanisms, self._seed, number)

    def _check(self, name: str) -> None:
        if any(each.mechanism == name for each in self._of(Gate)):
            self._pace.forget(_GATE_SECONDS)
        else:
            self._pace.begin(f"checking {name}")
            self._file.append(*self._parts.check(name))
            self._pace.finish(_GATE_SECONDS)
        if not self._is_passed(name):  # its cells will not come
            for number in range(self._profile.rounds):
                for task in self._tasks([self._parts.mechanism(name)], number):
                    self._pace.forget(task.setting.estimated_seconds)

    def _is_passed(self, name: str) -> bool:
        found = [each for each in self._of(Gate) if each.mechanism == name]
        return bool(found) and all(each.is_passed or not each.is_excluding for each in found)

    def _canary(self, number: int) -> None:
        if all(each.round != number for each in self._of(Canary)):
            self._pace.begin(f"round {number + 1}: noise of the machine")
            processors = sorted(self._processors.all)
            self._file.append(self._parts.listen(number, processors, self._profile.canary_seconds))

    def _pictures(self, number: int) -> None:
        if any(each.round == number for each in self._of(Images)):
            self._pace.forget(PICTURES_SECONDS)
            return
        self._pace.begin(f"round {number + 1}: pictures beside a loop")
        self._file.append(*self._parts.pictures(number, self._seed))
        self._pace.finish(PICTURES_SECONDS)

    def _measure(self, tasks: Sequence[Task], total: int) -> None:
        """All mechanisms in one setting; then those again whose cells were noisy."""
        for task in tasks:
            if self._cells[key_of_task(task)]:
                self._pace.forget(task.setting.estimated_seconds)
            else:
                self._measure_one(task)
                self._pace.finish(task.setting.estimated_seconds)
        for _ in range(ATTEMPTS - 1):
            for task in tasks:
                found = self._cells[key_of_task(task)]
                is_wanted = all(each.dropped for each in found) and len(found) < ATTEMPTS
                if is_wanted and self._repeated < max(total * REPEATED_SHARE, ATTEMPTS):
                    self._measure_one(task)

    def _measure_one(self, task: Task) -> None:
        again = " again, it was noisy" if (attempt := len(self._cells[key_of_task(task)])) else ""
        self._pace.begin(f"round {task.round + 1}: {task.setting.label}, {task.mechanism}{again}")
        if reason := self._hopeless(task):
            cell = cells.failed(task, f"{NOT_TRIED}{reason}")
        else:
            cell = self._parts.measure(task, self._processors, self._parts.start, self._seed)
        cell = msgspec.structs.replace(cell, attempt=attempt)
        self._file.append(cell)
        self._remember(cell)

    def _hopeless(self, task: Task) -> str:
        """Why it will fail again, or nothing: it did so before, with as little or less to do."""
        setting = task.setting
        connections, rate = _size(setting.parameters)
        kind = _kind(task.mechanism, setting.scenario, setting.transport, setting.parameters)
        failed = [each for each in self._failures[kind] if each[0] <= connections and each[1] <= rate]
        if len(failed) < FAILURES:
            return ""
        return f"it failed {len(failed)} times with {max(failed)[0]:,} connections or fewer"

    def _remember(self, cell: Cell) -> None:
        self._repeated += cell.attempt > 0
        self._cells[key_of(cell)].append(cell)
        if cell.failure and not cell.dropped and not cell.failure.startswith(NOT_TRIED):
            kind = _kind(cell.mechanism, cell.scenario, cell.transport, cell.parameters)
            self._failures[kind].append(_size(cell.parameters))

    def _of(self, kind: type[R]) -> list[R]:
        return [each for each in self._file.records if isinstance(each, kind)]


def key_of(cell: Cell) -> str:
    """What tells a cell from every other of its run, but for its repetitions."""
    asked = [cell.scenario, cell.transport, cell.mechanism, cell.round, cell.parameters]
    return json.dumps(asked, sort_keys=True)


def key_of_task(task: Task) -> str:
    """The key of the cell that a task will be."""
    return key_of(cells.failed(task, ""))


def _kind(mechanism: str, scenario: str, transport: str, parameters: dict[str, Any]) -> str:
    """What has to be equal for a failure to say something of another cell."""
    return json.dumps([mechanism, scenario, transport, parameters["mode"], parameters["backlog"]])


def _size(parameters: dict[str, Any]) -> tuple[int, int]:
    """How much there is to do: connections, and the rate."""
    return parameters["connections"] + parameters["idle"], parameters["rate_per_s"]
