"""kill -9 at durable jobs, again and again: each has its effect exactly once, none is lost, and poison is put aside."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Self

import apsw
import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.store.invariants import broken_rules
from poolhouse.store.verify import verify
from tests.crash.jobs import ATTEMPT_LIMIT, FIRSTS, Poison, Work

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

SEED = 1985
KILLS = 60
JOBS_LIMIT = 250
"""A round is killed after nought to this many acknowledged jobs, while others are on their way."""
ROUNDS_A_FULL_VERIFY = 10


class Server:
    """`tests.crash.jobs` in a process of its own; killed at the latest when its `with` ends."""

    def __init__(self, directory: Path) -> None:
        self.acknowledged: list[int] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.jobs", str(directory)], stdout=subprocess.PIPE
        )

    def work(self, jobs: int | None = None) -> int | None:
        """Until so many jobs were acknowledged, or the process ended; then its exit status, else None."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.acknowledged.append(int(line))
            if len(self.acknowledged) == jobs:
                return None
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye. What it still said before is heard."""
        self._process.kill()
        assert self._process.stdout
        # a line that is cut off was a job's all the same, but whose is not told
        self.acknowledged += [int(line) for line in self._process.stdout if line.endswith(b"\n")]
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def make_store(directory: Path) -> None:
    """A store with FIRSTS jobs that wait, and a table for the effects."""
    with closing(open_data(directory, SystemClock())) as data:
        # not unique: what is done twice shall be seen twice
        data.database.writing.execute("CREATE TABLE effect (number INTEGER NOT NULL)")
        data.database.write(lambda tx: [tx.tuples.put(Work(number)) for number in range(FIRSTS)])


def look(directory: Path) -> tuple[Counter[int], list[str]]:
    """How often each job had its effect, and the faults that cheap looks find."""
    with closing(
        apsw.Connection(str(directory / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ) as connection:
        connection.set_busy_timeout(10_000)
        connection.execute("BEGIN")
        effects = Counter(row[0] for row in connection.execute("SELECT number FROM effect"))
        waiting = Counter(
            row[0] for row in connection.execute("SELECT body ->> 'number' FROM tuple WHERE kind = 'work'")
        )
        faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        faults += broken_rules(connection)
    for number in range(FIRSTS):
        first = effects[number] + waiting[number]
        second = effects[number + FIRSTS] + waiting[number + FIRSTS]
        if first != 1 or second != effects[number]:
            faults.append(f"job {number}: {effects[number]} done, {waiting[number]} there, {second} followed")
    return effects, faults


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_job_is_done_exactly_once_although_the_server_is_killed(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    make_store(directory)
    chance = random.Random(SEED)
    acknowledged: list[int] = []
    for number in range(KILLS):
        with Server(directory) as server:
            if jobs := chance.randint(0, JOBS_LIMIT):
                assert server.work(jobs) is None
            server.kill()
        acknowledged += server.acknowledged
        effects, faults = look(directory)
        assert faults == []
        assert all(effects[each] == 1 for each in server.acknowledged)
        if number % ROUNDS_A_FULL_VERIFY == 0:
            assert verify(directory).faults == ()
    assert 0 < len(effects) < 2 * FIRSTS, "it was killed while there was work"
    with Server(directory) as server:
        assert server.work() == 0
        acknowledged += server.acknowledged
    effects, faults = look(directory)
    assert faults == []
    assert effects == dict.fromkeys(range(2 * FIRSTS), 1)
    assert max(Counter(acknowledged).values()) == 1
    report = verify(directory)
    assert (report.faults, report.counts["tuples"]) == ((), 0)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_job_that_kills_its_server_is_put_aside(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    make_store(directory)
    with closing(open_data(directory, SystemClock())) as data:
        data.database.write(lambda tx: tx.tuples.put(Poison("a page"), label="a page"))
    statuses = []
    for _ in range(ATTEMPT_LIMIT + 1):
        with Server(directory) as server:
            statuses.append(server.work())
    assert statuses == [*[-9] * ATTEMPT_LIMIT, 0]
    effects, _ = look(directory)
    assert effects == dict.fromkeys(range(2 * FIRSTS), 1)
    with closing(open_data(directory, SystemClock())) as data:
        (dead,) = data.database.read(lambda tx: tx.tuples.dead())
        assert (dead.kind, dead.attempts) == (Poison.KIND, ATTEMPT_LIMIT)
        assert dead.reason == "the server ended while it was at this"
