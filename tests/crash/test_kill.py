"""kill -9 under load, again and again: what was acknowledged is there, once, and a backup of that moment restores."""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.rules.urls import url_key
from poolhouse.services.pools import add_pool
from poolhouse.services.secrets import add_token
from poolhouse.store.backup import back_up
from poolhouse.store.invariants import broken_rules
from poolhouse.store.restore import restore
from poolhouse.store.verify import verify
from tests.crash.load import CLIENTS, Load, Server
from tests.store.actor import new_actor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ROUNDS = int(os.environ.get("POOLHOUSE_KILL_ROUNDS", "200"))  # noqa: TID251 - how long to try is the runner's to say
SEED = 2005
SAVES_LIMIT = 40
"""A round is killed after 1 to this many acknowledged saves, while CLIENTS more are on their way."""
ROUNDS_A_FULL_VERIFY = 20


def make_store(directory: Path) -> str:
    """A store with a person, whose token is returned, and a saved search that every save falls into."""
    data = open_data(directory, SystemClock())
    try:
        anna = new_actor(data.database, "anna")
        anna.do(add_pool, "Crashed", query="tag:crash")
        return data.database.write(lambda tx: add_token(tx, data.vault, anna.principal, "test"))[1]
    finally:
        data.close()


def missing(directory: Path, urls: Iterable[str]) -> list[str]:
    """Which of the addresses are not kept in exactly one untrashed item."""
    with closing(
        apsw.Connection(str(directory / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ) as connection:
        connection.set_busy_timeout(10_000)
        sql = "SELECT count(*) FROM item WHERE url_key = ? AND trashed_at IS NULL"
        return [url for url in urls if connection.execute(sql, (url_key(url),)).get != 1]


def broken(directory: Path) -> list[str]:
    """The faults that cheap looks find; verify looks at everything."""
    with closing(
        apsw.Connection(str(directory / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ) as connection:
        connection.execute("BEGIN")
        faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
        return faults + list(broken_rules(connection))


def back_up_and_restore(directory: Path, scratch: Path, saved_before: list[str]) -> None:
    """A backup taken now holds what was acknowledged before, and restores to a store without faults."""
    scratch.mkdir()
    back_up(directory, scratch / "pools.tar", SystemClock(), lambda _done, _total: None)
    restore(scratch / "pools.tar", scratch / "data")
    assert missing(scratch / "data", saved_before) == []
    assert verify(scratch / "data").faults == ()
    shutil.rmtree(scratch)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    token = make_store(directory)
    chance = random.Random(SEED)
    saved: list[str] = []
    with ThreadPoolExecutor(1) as beside:
        for number in range(ROUNDS):
            with Server(directory) as server:
                load = Load(server.address, token, f"r{number}")
                load.wait_for(1)
                backup = beside.submit(
                    back_up_and_restore, directory, tmp_path / "backup", list(load.acknowledged)
                )
                load.wait_for(chance.randint(1, SAVES_LIMIT))
                server.kill()
                load.join()
            assert load.faults == []
            backup.result()
            assert missing(directory, load.acknowledged) == []
            assert broken(directory) == []
            saved += load.acknowledged
            if number % ROUNDS_A_FULL_VERIFY == 0:
                assert verify(directory).faults == ()
    with Server(directory) as server:
        assert server.stop() == 0
    assert missing(directory, saved) == []
    assert verify(directory).faults == ()
    assert len(saved) >= ROUNDS
    assert verify(directory).counts["items"] <= len(saved) + ROUNDS * CLIENTS
