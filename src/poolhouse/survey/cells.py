"""Cells: one mechanism in one setting, measured once: a fresh server, clients, and what both of them took."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from poolhouse.errors import NotServingError
from poolhouse.survey.loads.clients import ClientLostError, processes_of, run_clients
from poolhouse.survey.loads.load import Load, Outcome
from poolhouse.survey.observe import children_switches
from poolhouse.survey.records import Cell
from poolhouse.survey.server_options import Mode, ServerOptions
from poolhouse.survey.surroundings import descriptor_limit
from poolhouse.survey.watch import Watch, curve, sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from poolhouse.survey.plan import Task
    from poolhouse.survey.setting import Setting
    from poolhouse.survey.surroundings import Processors

    Start = Callable[[ServerOptions], AbstractContextManager["RunningServer"]]

NOISE_LIMIT: Final = 0.1
"""A cell does not count where others took more than this share of its processors."""


_PATIENCE_SECONDS: Final = 5.0
_BURST_PATIENCE_SECONDS: Final = 9.0
"""A connection that was not taken is tried again by the kernel: after 1, 2, 3 and 4 s, before Linux 6.5 after 1, 3, 7
and 15, so that nothing moves for 8 of them."""


class RunningServer(Protocol):
    """A server process that listens: where, and the group of processes that it is and starts."""

    @property
    def address(self) -> tuple[str, int] | str:
        """A host and a port, or a path."""

    @property
    def group(self) -> int:
        """The id of its process group."""

    @property
    def error(self) -> str:
        """The end of what it said went wrong."""


def measure(task: Task, processors: Processors, start: Start, seed: int) -> Cell:
    """Measure a cell. What goes wrong with the mechanism is in its failure; nothing of that is raised."""
    try:
        return _measured(task, processors, start, seed)
    except (NotServingError, ClientLostError) as error:
        return failed(task, str(error))


def failed(task: Task, failure: str) -> Cell:
    """The cell of a mechanism that could not be measured."""
    return Cell(
        scenario=task.setting.scenario,
        mechanism=task.mechanism,
        round=task.round,
        place=task.place,
        transport=task.setting.transport,
        parameters=task.setting.parameters,
        failure=failure,
    )


def noise_of(cell: Cell) -> str:
    """Why a cell does not count, or nothing."""
    if cell.foreign_cpu_share > NOISE_LIMIT:
        return f"noisy: others took {cell.foreign_cpu_share:.0%} of the processors"
    return ""


def _measured(task: Task, processors: Processors, start: Start, seed: int) -> Cell:
    setting = task.setting
    used = processors.all if setting.is_pinned else frozenset(os.sched_getaffinity(0))
    with start(options_for(task, processors)) as server:
        watch = Watch(server.group, used, reads_memory=setting.scenario == "idle")
        watch.start()
        load = load_for(setting, server.address, seed + task.round)
        outcome, utilisation = run_clients(
            load,
            processors=processors.clients,
            processes=processes_of(load, descriptor_limit()),
            on_phase=watch.look,
        )
        said = server.error if outcome.failure else ""
        before = children_switches()
    watch.switches = children_switches() - before - watch.switches_at_start
    return _told(task, watch, outcome, utilisation, said)


def _told(task: Task, watch: Watch, outcome: Outcome, utilisation: float, said: str) -> Cell:
    failure = sentence(outcome.failure, outcome.errors, said) if outcome.failure else ""
    cell = msgspec.structs.replace(
        failed(task, failure),
        seconds=outcome.seconds,
        figures=watch.figures(task.setting, outcome),
        latency=outcome.latency,
        curves={
            f"{stage}_ms": curve(marks, outcome.wanted_count) for stage, marks in outcome.marks_ms.items()
        },
        client_utilisation=utilisation,
        foreign_cpu_share=watch.foreign_share,
        steal_share=watch.steal_share,
        server_cpu_seconds=watch.server_cpu,
        requests=outcome.requests,
        errors=outcome.errors,
        censored=outcome.censored,
    )
    return msgspec.structs.replace(cell, dropped=noise_of(cell))


def options_for(task: Task, processors: Processors) -> ServerOptions:
    """What the server of a cell is asked for."""
    setting = task.setting
    return ServerOptions(
        mechanism=task.mechanism,
        transport=setting.transport,
        backlog=setting.backlog,
        mode=cast("Mode", setting.mode),
        greets=setting.greets,
        heavy_us=setting.heavy_us,
        processor=processors.server if setting.is_pinned else None,
        descriptor_limit=descriptor_limit(),  # many systems allow a process many more than it has from the beginning
    )


def load_for(setting: Setting, address: tuple[str, int] | str, seed: int) -> Load:
    """What the clients of a cell are asked for. The same arrivals for all mechanisms of a round."""
    return Load(
        scenario=setting.scenario,
        address=address,
        connections=setting.connections,
        is_one_shot=setting.mode == "one-shot",
        greets=setting.greets,
        seconds=setting.seconds,
        warm_up=setting.warm_up,
        rate_per_s=setting.rate_per_s,
        session_requests=setting.session_requests,
        idle=setting.idle,
        seed=seed,
        patience_seconds=_BURST_PATIENCE_SECONDS if setting.scenario == "burst" else _PATIENCE_SECONDS,
    )
