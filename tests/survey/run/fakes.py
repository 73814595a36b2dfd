"""Parts of a run that cost nothing: mechanisms of paper, and cells that say what a test wants."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from poolhouse.errors import NotFoundError
from poolhouse.survey.cells import failed, noise_of
from poolhouse.survey.mechanisms.mechanism import Availability, Mechanism
from poolhouse.survey.parts import Parts
from poolhouse.survey.records import Canary, Cell, Gate, Images
from tests.survey.loads.running import tiny_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from poolhouse.survey.cells import RunningServer, Start
    from poolhouse.survey.plan import Task
    from poolhouse.survey.server_options import ServerOptions
    from poolhouse.survey.surroundings import Processors

NAMES = ("c-epoll", "selectors-epoll", "threads", "broken")


def mechanism(name: str) -> Mechanism:
    if name not in NAMES:
        raise NotFoundError(name)
    return Mechanism(name=name, family="paper", title=name.title(), note="", adapter="")


@dataclass
class Fakes:
    """`measured` and `checked` are what was asked for; `foreign` and `failure` say what a cell is to be like.

    `stops_after` cells the run is interrupted. What is "broken" fails the gate; what is in `absent` is not here, and
    what is is of the `version`.
    """

    measured: list[Task] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    absent: tuple[str, ...] = ()
    version: str = "1"
    stops_after: int | None = None
    foreign: Callable[[Task], float] = lambda _: 0.0
    failure: Callable[[Task], str] = lambda _: ""

    @property
    def parts(self) -> Parts:
        return Parts(
            mechanisms=lambda: [mechanism(name) for name in NAMES],
            mechanism=mechanism,
            availability=lambda name: Availability(
                version=self.version,
                is_available=name not in self.absent,
                reason="gone" * (name in self.absent),
            ),
            check=self._check,
            start=start_tiny,
            measure=self._measure,
            listen=listen,
            pictures=lambda number, _: [Images(round=number, strategy="threads", transform="t", figures={})],
        )

    def _check(self, name: str) -> list[Gate]:
        self.checked.append(name)
        return [
            Gate(mechanism=name, check="end", is_passed=name != "broken"),
            Gate(mechanism=name, check="EMFILE", is_passed=False, is_excluding=False),
        ]

    def _measure(self, task: Task, _: Processors, __: Start, ___: int) -> Cell:
        if self.stops_after is not None and len(self.measured) == self.stops_after:
            raise KeyboardInterrupt
        self.measured.append(task)
        cell = msgspec.structs.replace(
            failed(task, self.failure(task)), foreign_cpu_share=self.foreign(task), figures={"rps": 1.0}
        )
        return msgspec.structs.replace(cell, dropped=noise_of(cell))


def listen(number: int, processors: Iterable[int], _: float) -> Canary:
    return Canary(round=number, lateness_ms=dict.fromkeys(("p50", "p99"), float(len(list(processors)))))


@contextmanager
def start_tiny(options: ServerOptions, **more: Any) -> Iterator[RunningServer]:
    """The tiny server for whatever mechanism is asked for, by TCP."""
    with tiny_server(mode=options.mode, greets=options.greets, backlog=options.backlog, **more) as server:
        yield server
