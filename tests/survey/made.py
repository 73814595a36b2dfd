"""Made results: a machine of paper on which mechanisms cost what a model says, with noise from a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.records import (
    AbsentMechanism,
    Canary,
    Cell,
    End,
    Gate,
    Images,
    MeasuredMechanism,
    Result,
    Run,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.survey.records import Record

SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a mechanism costs: microseconds of processor time, milliseconds at a thousand connections, kB each."""

    name: str
    title: str
    family: str
    one_shot_us: float
    keep_alive_us: float
    burst_ms: float
    user_kb: float
    stack_kb: float = 0.0
    table_kb: float = 0.0
    ceiling: int = 10**9
    failure: str = ""
    slope: float = 0.0


def _model(name: str, title: str, family: str, *costs: float, **rest: Any) -> Model:
    one_shot, keep_alive, burst, user = costs
    return Model(
        name=name, title=title, family=family, one_shot_us=one_shot, keep_alive_us=keep_alive, burst_ms=burst,
        user_kb=user, **rest,
    )  # fmt: skip


MODELS = (
    _model("c-epoll", "C, epoll", "reference", 27.5, 6.4, 40, 0.02),
    _model("selectors-epoll", "selectors, epoll", "selectors", 45, 8.2, 108, 0.3),
    _model("selectors-poll", "selectors, poll", "selectors", 46, 8.4, 170, 0.3, slope=4e-3),
    _model(
        *("selectors-select", "selectors, select", "selectors", 45.5, 8.3, 112, 0.3),
        ceiling=1000, failure="EMFILE at 1,024 descriptors: ValueError, the server died",
    ),
    _model("uring-api", "io_uring (uring-api)", "io_uring", 35, 8.4, 95, 0.97),
    _model("uvloop-protocol", "uvloop, protocol", "event loop", 40, 8.5, 101, 1.35),
    _model("asyncio-protocol", "asyncio, protocol", "event loop", 95, 9.6, 151, 2.2),
    _model("asyncio-streams", "asyncio, streams", "event loop", 95.5, 14.1, 190, 4.9),
    _model("twisted-epoll", "Twisted, epoll", "event loop", 50, 18.4, 81, 1.1),
    _model("trio", "trio", "event loop", 160, 30.5, 436, 5.1),
    _model("gevent", "gevent", "green threads", 52.5, 18.1, 140, 9.4),
    _model("threads", "thread per connection", "threads", 137, 11.4, 472, 19.4, stack_kb=15.5, table_kb=3.9),
    _model(
        *("fork", "fork per connection", "processes", 1700, 10.6, 1676, 810), stack_kb=16, table_kb=76,
        ceiling=2000, failure="EAGAIN: fork was refused, the connection was closed",
    ),
)  # fmt: skip

CONNECTIONS = (16, 64, 256, 1000, 4000, 10_000, 19_000)
IDLE = (100, 1000, 4000, 10_000, 19_000)
RATES = (2000.0, 4000.0, 6000.0, 8000.0)


class Maker:
    """Makes the records of one run. `rounds` of them; `drift` makes the whole machine so many times slower."""

    def __init__(
        self, rounds: int = 10, *, seed: int = SEED, models: tuple[Model, ...] = MODELS, drift: float = 1.0
    ) -> None:
        self._rounds = rounds
        self._seed = seed
        self._models = models
        self._drift = drift
        self._random = Random(seed)
        self._place = 0

    def result(self) -> Result:
        """All of it."""
        cells = [cell for turn in range(self._rounds) for cell in self._round(turn)]
        return Result(
            run=self._run(),
            gates=[*self._gates()],
            cells=cells,
            canaries=[self._canary(turn) for turn in range(self._rounds)],
            images=[each for turn in range(self._rounds) for each in self._images(turn)],
            end=End(ended_at="2026-11-24T13:30:00+00:00"),
        )

    def _run(self) -> Run:
        return Run(
            id="made",
            started_at="2026-11-24T12:00:00+00:00",
            command="poolhouse survey run --full --seed 7 --out made.jsonl",
            seed=self._seed,
            profile="full",
            poolhouse="0.1.0",
            machine={
                "processor": "A processor of paper", "cores": 2, "memory_mib": 24_576, "kernel": "Linux 6.18",
                "python": "CPython 3.11.2", "has_gil": True,
            },
            limits={"descriptors": 20_000, "somaxconn": 4096, "pid_max": 32_768},
            mechanisms=[
                MeasuredMechanism(name=each.name, title=each.title, family=each.family, version="1.0", licence="MIT")
                for each in self._models
            ],
            absent=[
                AbsentMechanism(name="subinterpreters", reason="needs Python 3.13, this is 3.11"),
                AbsentMechanism(name="rloop", reason="the gate refused it: no FIN after close"),
            ],
            parameters={"rounds": self._rounds, "warm_up": 500},
        )  # fmt: skip

    def _gates(self) -> Iterator[Gate]:
        for model in self._models:
            for check in ("split request", "coalesced requests", "half-close", "EMFILE"):
                yield Gate(mechanism=model.name, check=check, is_passed=True)
        yield Gate(mechanism="rloop", check="end of file", is_passed=False, reason="no FIN after close")

    def _round(self, turn: int) -> Iterator[Cell]:
        self._place = 0
        weather = self._drift * math.exp(self._random.gauss(0, 0.15))
        for model in self._random.sample(self._models, len(self._models)):
            yield from self._burst(turn, model, weather)
            yield from self._idle(turn, model, weather)
            yield from self._closed(turn, model, weather)
            yield from self._open(turn, model, weather)
            yield from self._churn(turn, model, weather)

    def _noise(self, width: float = 0.04) -> float:
        return math.exp(self._random.gauss(0, width))

    def _cell(self, turn: int, model: Model, scenario: Any, parameters: dict[str, Any], **rest: Any) -> Cell:
        self._place += 1
        foreign = abs(self._random.gauss(0.01, 0.03))
        dropped = f"others took {foreign:.0%} of the processors" if foreign > 0.1 else ""
        return Cell(
            scenario=scenario, mechanism=model.name, round=turn, place=self._place, transport="tcp",
            parameters=parameters, foreign_cpu_share=foreign, dropped=dropped, **rest,
        )  # fmt: skip

    def _burst(self, turn: int, model: Model, weather: float) -> Iterator[Cell]:
        for count in CONNECTIONS:
            parameters = {"connections": count, "backlog": 4096, "mode": "one-shot", "greets": True}
            if count > model.ceiling:
                yield self._cell(
                    turn, model, "burst", parameters, failure=model.failure, errors={"ECONNRESET": count // 3}
                )
                continue
            all_ms = (
                weather
                * self._noise()
                * model.burst_ms
                * (count / 1000) ** 1.05
                * (1 + count * model.slope / 8)
            )
            connected = min(all_ms, weather * self._noise() * 0.045 * count + 0.6)
            if count > 4096:
                connected = max(connected, all_ms * 0.7)
            steps = [connected, max(all_ms * 0.8, connected), all_ms, all_ms * 1.06]
            names = ("connected_ms", "greeted_ms", "answered_ms", "closed_ms")
            yield self._cell(
                turn, model, "burst", parameters,
                figures={
                    **dict(zip(names, steps, strict=True)), "listen_overflows": max(0, count - 4096),
                    "listen_drops": 0, "alive_count": count,
                },
                curves={name: [ms * n / 10 for n in range(11)] for name, ms in zip(names, steps, strict=True)},
                client_utilisation=0.9 if count in {16, 64} and model.burst_ms < 120 else 0.5,
                requests=count, seconds=all_ms / 1000,
            )  # fmt: skip

    def _idle(self, turn: int, model: Model, weather: float) -> Iterator[Cell]:
        for count in IDLE:
            parameters = {"idle": count, "connections": 32, "mode": "keep-alive"}
            if count > model.ceiling:
                yield self._cell(turn, model, "idle", parameters, failure=model.failure)
                continue
            cost = (model.keep_alive_us + 16) * (1 + model.slope * count) * weather * self._noise()
            yield self._cell(
                turn, model, "idle", parameters,
                figures={
                    "active_rps": 1e6 / cost,
                    "server_pss_kb_per_connection": model.user_kb * self._noise(0.02),
                    "kernel_stack_kb_per_connection": model.stack_kb,
                    "page_table_kb_per_connection": model.table_kb,
                },
                latency=self._latency(cost * 32, 400), client_utilisation=0.6, requests=2000,
            )  # fmt: skip

    def _closed(self, turn: int, model: Model, weather: float) -> Iterator[Cell]:
        for mode, cost_us, client_us in (
            ("one-shot", model.one_shot_us, 40.0), ("keep-alive", model.keep_alive_us, 6.2),
        ):  # fmt: skip
            cost = cost_us * weather * self._noise()
            limit = max(cost, client_us * weather)
            yield self._cell(
                turn, model, "closed", {"connections": 64, "mode": mode},
                figures={
                    "rps": 1e6 / limit * self._noise(0.02),
                    "server_cpu_us_per_request": cost,
                    "voluntary_switches_per_request": 0.1,
                    "involuntary_switches_per_request": 0.01,
                },
                latency=self._latency(limit * 64, 400), client_utilisation=min(client_us * weather / limit, 0.99),
                server_cpu_seconds=cost * 20_000 / 1e6, requests=20_000,
            )  # fmt: skip

    def _open(self, turn: int, model: Model, weather: float) -> Iterator[Cell]:
        for rate in RATES:
            busy = rate * model.one_shot_us * weather * 1.1 / 1e6
            is_lost = busy > 1
            typical = model.one_shot_us * 2 / max(1 - busy, 0.02) if not is_lost else 4e5
            yield self._cell(
                turn, model, "open", {"rate_per_s": rate, "mode": "one-shot"},
                figures={"offered_rps": rate, "answered_rps": rate if not is_lost else rate / busy},
                latency=self._latency(typical, 1500), censored=int(1500 * (busy - 1)) if is_lost else 0,
                client_utilisation=rate * 60 / 1e6, requests=1500,
            )  # fmt: skip

    def _churn(self, turn: int, model: Model, weather: float) -> Iterator[Cell]:
        cost = (model.one_shot_us + model.keep_alive_us * 3) * weather * self._noise()
        yield self._cell(
            turn, model, "churn", {"rate_per_s": 1000.0, "mode": "keep-alive", "requests": 4},
            figures={"connections_per_s": min(1000.0, 1e6 / cost), "server_cpu_us_per_connection": cost},
            latency=self._latency(cost * 3, 400), client_utilisation=0.3, requests=4000,
        )  # fmt: skip

    def _latency(self, typical_us: float, count: int) -> dict[str, int]:
        draw = self._random.lognormvariate
        return Histogram(int(draw(math.log(typical_us), 0.5)) for _ in range(count)).to_json()

    def _canary(self, turn: int) -> Canary:
        noise = self._noise(0.3)
        both = {"p50": 0.06 * noise, "p99": 0.4 * noise}
        return Canary(
            round=turn, lateness_ms=both, by_processor={"0": both, "1": {"p50": 0.07, "p99": 0.7 * noise}}
        )

    def _images(self, turn: int) -> Iterator[Images]:
        for transform, costs in (
            (
                "pillow",
                {"inline": (1, 1600), "threads": (1.8, 86), "pickled": (1.23, 30), "blocks": (1.88, 4.6)},
            ),
            (
                "pure",
                {"inline": (1, 540), "threads": (0.99, 49), "pickled": (0.59, 32), "blocks": (1.75, 4.8)},
            ),
        ):
            for strategy, (ratio, late) in costs.items():
                yield Images(
                    round=turn, strategy=strategy, transform=transform,
                    figures={"pictures_per_s": 1.2 * ratio * self._noise(), "tick_p99_ms": late * self._noise(0.1)},
                )  # fmt: skip
        yield Images(round=turn, strategy="idle", transform="", figures={"tick_p99_ms": 1.1 * self._noise()})


def records_of(result: Result) -> Iterator[Record]:
    """As a run writes them."""
    yield result.run
    yield from result.gates
    for turn in sorted({canary.round for canary in result.canaries}):
        yield from (each for each in result.canaries if each.round == turn)
        yield from (each for each in result.cells if each.round == turn)
        yield from (each for each in result.images if each.round == turn)
    if result.end is not None:
        yield result.end


def write_made(path: Path, result: Result) -> Path:
    """Write the result as a run does."""
    path.write_bytes(b"".join(map(encode, records_of(result))))
    return path
