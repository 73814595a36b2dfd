"""Parts: what a run is made of besides itself: the real ones here, others in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.survey import cells
from poolhouse.survey.canary import listen_to_canaries
from poolhouse.survey.mechanisms import catalogue
from poolhouse.survey.pictures import measure_pictures
from poolhouse.survey.records import Gate
from poolhouse.survey.server_process import start_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from poolhouse.survey.cells import Start
    from poolhouse.survey.mechanisms.mechanism import Availability, Mechanism
    from poolhouse.survey.plan import Task
    from poolhouse.survey.records import Canary, Cell, Images
    from poolhouse.survey.surroundings import Processors


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Which mechanisms are known, whether they run here, what the gate says of one, and how its server is started.

    Then what measures: a cell, the machine's noise, pictures.
    """

    mechanisms: Callable[[], Sequence[Mechanism]]
    mechanism: Callable[[str], Mechanism]
    availability: Callable[[str], Availability]
    check: Callable[[str], Sequence[Gate]]
    start: Start
    measure: Callable[[Task, Processors, Start, int], Cell] = cells.measure
    listen: Callable[[int, Iterable[int], float], Canary] = listen_to_canaries
    pictures: Callable[[int, int], list[Images]] = measure_pictures


def real_parts() -> Parts:
    """The catalogue, the gate and the servers."""
    return Parts(
        mechanisms=catalogue.mechanisms,
        mechanism=catalogue.mechanism,
        availability=catalogue.availability,
        check=_check,
        start=start_server,
    )


def _check(name: str) -> Sequence[Gate]:
    from poolhouse.survey.gate import check_mechanism

    return [
        Gate(
            mechanism=name,
            check=each.check,
            is_passed=each.is_passed,
            is_excluding=each.is_excluding,
            reason=each.reason,
        )
        for each in check_mechanism(name)
    ]
