"""The run: rounds of short slices in random order, a slice of nginx beside each of ours."""

from __future__ import annotations

import itertools
import os
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from bench.client import Client, get
from bench.durability import Durability, measure_durability
from bench.figures import Sample
from bench.processes import on_core
from bench.questions import CONNECTIONS, QUESTIONS, Asked, etag_of
from bench.servers import NGINX_PATH, start_nginx, start_poolhouse
from bench.stores import build_store
from poolhouse.store.database import FILE_NAME, Database
from poolhouse.types import ReaderUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.questions import Question
    from bench.servers import Server
    from bench.stores import Store
    from poolhouse.store.transaction import StoreTransaction

WRITER_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...] = (1_000, 100_000)
    turns: int = 9
    slice_seconds: float = 0.8
    nginx_seconds: float = 0.4
    saves: int = 2_000
    seed: int = 20261123
    questions: tuple[Question, ...] = QUESTIONS


QUICK = Plan(sizes=(1_000, 5_000), turns=2, slice_seconds=0.15, nginx_seconds=0.1, saves=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of one server in MiB: after its first answer, and after everything that it was asked."""

    size: int
    fresh_mib: float
    loaded_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that a run measured."""

    samples: list[Sample]
    nginx_304: list[float]
    memory: list[Memory]
    durability: Durability | None


class SystemClock:
    """`ports.Clock`, for the writer beside the server."""

    def now(self) -> datetime:
        """The present."""
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a shell of its own


@dataclass(frozen=True, slots=True)
class _Bench:
    """The running servers, and who asks them."""

    plan: Plan
    nginx: Server
    ours: dict[int, tuple[Server, Asked]]

    def nginx_slice(self, request: bytes, status: bytes) -> float:
        """nginx's processor time a request, in microseconds."""
        requests = itertools.repeat(request)
        with Client(self.nginx.port, requests, connections=CONNECTIONS, status=status) as client:
            return client.measure(self.plan.nginx_seconds, self.nginx.cpu_ns).cpu_us

    def sample(self, question: Question, size: int, turn: int) -> Sample:
        """A slice of nginx, then one of ours."""
        nginx_us = self.nginx_slice(get(NGINX_PATH), b"200")
        server, asked = self.ours[size]
        with ExitStack() as stack:
            requests = question.requests(asked)
            client = stack.enter_context(
                Client(server.port, requests, connections=CONNECTIONS, status=question.status)
            )
            if question.has_writer:
                stack.enter_context(_writer(asked.store))
            taken = client.measure(self.plan.slice_seconds, server.cpu_ns)
        return Sample(
            question=question.name,
            size=size,
            turn=turn,
            count=taken.count,
            seconds=taken.seconds,
            cpu_us=taken.cpu_us,
            nginx_us=nginx_us,
            load=os.getloadavg()[0],
        )


def run(plan: Plan, place: Path, cores: tuple[int, int], say: Callable[[str], None]) -> Outcome:
    """Build the stores in `place`, start everything, and measure. Some twenty seconds a round, in full."""
    stores = []
    for size in plan.sizes:
        say(f"filling a store with {size:,} links")
        stores.append(build_store(place / f"data-{size}", size, plan.seed))
    with ExitStack() as stack:
        stack.enter_context(on_core(cores[1]))
        nginx = stack.enter_context(start_nginx(place / "nginx", cores[0]))
        ours = {}
        for store in stores:
            server = stack.enter_context(start_poolhouse(store.data, cores[0]))
            ours[store.size] = (server, Asked(port=server.port, store=store, seed=plan.seed))
        bench = _Bench(plan, nginx, ours)
        fresh = _memory(bench)
        samples, nginx_304 = _rounds(bench, say)
        loaded = _memory(bench)
    memory = [Memory(size=size, fresh_mib=fresh[size], loaded_mib=loaded[size]) for size in plan.sizes]
    say("counting fsyncs")
    with on_core(cores[1]):
        durability = measure_durability(stores[0], place, cores[0], saves=plan.saves, seed=plan.seed)
    return Outcome(samples=samples, nginx_304=nginx_304, memory=memory, durability=durability)


def _rounds(bench: _Bench, say: Callable[[str], None]) -> tuple[list[Sample], list[float]]:
    plan = bench.plan
    random = Random(plan.seed)
    unchanged = get(NGINX_PATH, f"If-None-Match: {etag_of(bench.nginx.port, NGINX_PATH)}")
    samples: list[Sample] = []
    nginx_304: list[float] = []
    for turn in range(plan.turns):
        say(f"round {turn + 1} of {plan.turns}")
        nginx_us = bench.nginx_slice(get(NGINX_PATH), b"200")
        nginx_304.append(bench.nginx_slice(unchanged, b"304") / nginx_us)
        pairs = [
            (question, size)
            for question, size in itertools.product(plan.questions, plan.sizes)
            if size >= question.least_size
        ]
        random.shuffle(pairs)
        samples += [bench.sample(question, size, turn) for question, size in pairs]
    return samples, nginx_304


def _memory(bench: _Bench) -> dict[int, float]:
    """Each server's memory, after it has answered at least once."""
    found = {}
    for size, (server, asked) in bench.ours.items():
        etag_of(asked.port, f"{asked.secret_path}.atom")
        found[size] = server.memory_mib()
    return found


@contextmanager
def _writer(store: Store) -> Iterator[None]:
    """Somebody beside the server who commits to the store again and again; what is polled does not change."""
    over = threading.Event()

    def note(tx: StoreTransaction) -> None:
        use = ReaderUse(at=tx.now, user_agent="bench", status=304)
        tx.secrets.record_uses([(store.secret_id, use)])

    def work() -> None:
        database = Database(store.data / FILE_NAME, SystemClock())
        try:
            while not over.wait(WRITER_SECONDS):
                database.write(note)
        finally:
            database.close()

    thread = threading.Thread(target=work, name="writer")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def chosen(names: Sequence[str]) -> tuple[Question, ...]:
    """The questions of those names, or all. Raises KeyError."""
    known = {question.name: question for question in QUESTIONS}
    return tuple(known[name] for name in names) if names else QUESTIONS
