"""Jobs cost the same where a hundred times as many wait; the pages touched grow as a tree does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.space.shelf import Wanted, wanted
from poolhouse.types import JobId
from tests.conftest import StillClock
from tests.store.meter import Meter, Work
from tests.store.test_growth import LARGE, PAGES_GROWTH, SMALL, STEPS_GROWTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.store.tuples import TupleTable
    from poolhouse.types import PersonId

pytestmark = pytest.mark.slow

OWNER = "server"
LEASE_SECONDS = 60


@dataclass(frozen=True)
class Fetch:
    """What many of wait."""

    url: str
    depth: int


@dataclass(frozen=True)
class Parse:
    """What nobody put."""

    url: str


@dataclass
class Line:
    """A store in which so many jobs wait, of three people and the server; some are held and some failed."""

    data: OpenData
    size: int
    people: list[PersonId]
    numbers: int = 0

    def do(self, act: Callable[[TupleTable], object]) -> None:
        self.data.database.write(lambda tx: act(tx.tuples))

    def new(self) -> Fetch:
        self.numbers += 1
        return Fetch(f"https://new.test/{self.numbers}", 0)

    def middle(self) -> Wanted:
        """One from the middle, each time another."""
        self.numbers += 1
        return wanted(Fetch, {"url": f"https://site.test/{self.size // 2 + self.numbers}"})


ANY = wanted(Fetch, {})


def take(shelf: TupleTable, sought: Wanted, limit: int = 1) -> list[int]:
    leased = shelf.lease(sought, OWNER, LEASE_SECONDS, limit)
    assert len(leased) == limit
    return [kept.id for kept in leased]


def put(line: Line) -> None:
    line.do(lambda shelf: shelf.put(line.new(), person_id=line.people[line.numbers % 3], label="new"))


def take_and_commit(line: Line) -> None:
    line.do(lambda shelf: [shelf.commit(each, OWNER) for each in take(shelf, ANY)])


def take_many(line: Line) -> None:
    line.do(lambda shelf: [shelf.commit(each, OWNER) for each in take(shelf, ANY, 16)])


def take_by_key(line: Line) -> None:
    sought = line.middle()
    line.do(lambda shelf: [shelf.commit(each, OWNER) for each in take(shelf, sought)])


def take_and_put_back(line: Line) -> None:
    line.do(lambda shelf: [shelf.put_back(each, OWNER, "it failed", 99) for each in take(shelf, ANY)])


def fail_and_retry(line: Line) -> None:
    def act(shelf: TupleTable) -> None:
        (each,) = take(shelf, line.middle())
        shelf.put_back(each, OWNER, "it failed", 1)
        assert shelf.retry(each)

    line.do(act)


def cancel(line: Line) -> None:
    def act(shelf: TupleTable) -> None:
        kept = shelf.find(line.middle())
        assert kept is not None
        assert shelf.cancel(JobId(kept.id))

    line.do(act)


def look_for_nothing(line: Line) -> None:
    def act(shelf: TupleTable) -> None:
        assert shelf.find(wanted(Parse, {})) is None
        assert shelf.find(wanted(Fetch, {"url": "https://nowhere.test/"})) is None
        assert not shelf.has_expired(OWNER)

    line.do(act)


def keep(line: Line) -> None:
    line.do(lambda shelf: shelf.extend(OWNER, LEASE_SECONDS))


def list_jobs(line: Line) -> None:
    line.do(lambda shelf: shelf.of(line.people[0], limit=50))


def list_the_dead(line: Line) -> None:
    line.do(lambda shelf: shelf.dead())


def listen(line: Line) -> None:
    line.do(lambda shelf: shelf.put_since(ANY, shelf.last_id() - 5))


ACTS = {
    act.__name__: act
    for act in (
        put,
        take_and_commit,
        take_many,
        take_by_key,
        take_and_put_back,
        fail_and_retry,
        cancel,
        look_for_nothing,
        keep,
        list_jobs,
        list_the_dead,
        listen,
    )
}


def make_line(directory: Path, size: int) -> dict[str, Work]:
    """Fill a store, and measure every act in it, in one order."""
    data = open_data(directory, StillClock())

    def fill(tx: Any) -> list[PersonId]:
        people = [add_person(tx, name, None).id for name in ("anna", "bert", "cleo")]
        for number in range(size):
            job = Fetch(f"https://site.test/{number}", number % 5)
            tx.tuples.put(job, person_id=[None, *people][number % 4], label=f"page {number}")
        for each in take(tx.tuples, ANY, 20)[:10]:
            tx.tuples.put_back(each, OWNER, "it failed", 1)
        return people

    people = data.database.write(fill)
    data.close()
    data = open_data(directory, StillClock())
    line = Line(data, size, people)
    meter = Meter(data.database.writing)
    costs: dict[str, Work] = {}
    for name, act in ACTS.items():
        meter.measure(lambda act=act: act(line))  # type: ignore[misc]  # the first use reads the schema
        costs[name] = meter.measure(lambda act=act: [act(line) for _ in range(8)])  # type: ignore[misc]
    data.close()
    return costs


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Work], dict[str, Work]]:
    small, large = (make_line(tmp_path_factory.mktemp(f"line{size}"), size) for size in (SMALL, LARGE))
    return small, large


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ACTS)
def test_it_costs_the_same(costs: tuple[dict[str, Work], dict[str, Work]], name: str) -> None:
    small, large = (each[name] for each in costs)
    assert small.steps > 0
    assert small.pages > 0
    assert large.steps <= STEPS_GROWTH * small.steps
    assert large.pages <= PAGES_GROWTH * small.pages
