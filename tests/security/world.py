"""Worlds: a running house in which some persons have what a plan says, each thing marked as theirs."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.app.house import RunningHouse
from poolhouse.rules.addresses import Addresses
from tests.conftest import StillClock, open_new
from tests.security.asking import Asker
from tests.security.building import build_homes
from tests.security.callers import Caller, callers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.security.homes import Home
    from tests.security.plans import PersonPlan


@dataclass(slots=True)
class World:
    """A running house with its homes."""

    house: RunningHouse
    asker: Asker
    homes: list[Home]

    def strangers_marks(self, home: Home | None) -> list[bytes]:
        """What must not be seen by this person, or by nobody at all."""
        return [each.mark for each in self.homes if each is not home]

    def callers(self) -> list[Caller]:
        """Everybody there is to ask, the disabled and those cut off too."""
        return [
            Caller(name="nobody", headers={}),
            *(each for home in self.homes for each in callers_of(home)),
        ]

    def contents(self) -> bytes:
        """All that is kept, to see whether anything changed."""
        reading = self.house.data.database.open_reading()
        try:
            tables = [
                row[0]
                for row in reading.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
                )
                if not str(row[0]).startswith("sqlite_")
            ]
            rows = [list(reading.execute(f'SELECT * FROM "{table}"')) for table in tables]
        finally:
            reading.close()
        return repr(rows).encode()


@contextmanager
def made_world(plan: Sequence[PersonPlan], base_url: str = "http://pools.test") -> Iterator[World]:
    """The world of a plan, in a directory that goes with it."""
    clock = StillClock()
    with tempfile.TemporaryDirectory() as directory:
        data = open_new(Path(directory) / "data", clock)
        try:
            homes = data.database.write(lambda tx: build_homes(tx, data, plan))
            clock.pass_seconds(100)  # so that feeds are settled
            house = RunningHouse(data, clock, Addresses(base_url))
            try:
                with Asker(house) as asker:
                    yield World(house, asker, homes)
            finally:
                house.close()
        finally:
            data.close()
