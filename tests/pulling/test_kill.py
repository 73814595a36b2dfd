"""kill -9 in the middle of a pull, again and again: everything comes, and once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.store.blobs import BlobFiles
from poolhouse.store.verify import verify
from tests.mail.server import letter
from tests.pulling.dovecot import PASSWORD, USER
from tests.running import RunningServer, command_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pulling.dovecot import Dovecot

ROUNDS = 12
COUNT = 2_000
SEED = 9051


def rows(data: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(apsw.Connection(str(data / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(10_000)
        found: list[tuple[str, ...]] = connection.execute(sql).fetchall()  # type: ignore[assignment]  # read as text
        return found


def wait_for(data: Path, count: int) -> None:
    """Until so many messages are there; the test's time limit ends it where they never are."""
    pause = threading.Event()
    while len(rows(data, "SELECT 1 FROM item WHERE kind = 'message'")) < count:
        pause.wait(0.005)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_pull_that_is_killed_brings_everything_once(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLHOUSE_FETCH_NETWORKS", "127.0.0.0/8")
    chance = random.Random(SEED)
    sent = [letter(f"letter-{number}", "x" * chance.randrange(5_000)) for number in range(COUNT)]
    dovecot.fill(sent)
    data = tmp_path / "data"
    command_line(data, "person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
    place = ("--host", "127.0.0.1", "--port", str(dovecot.tls_port), "--user", USER)
    added = command_line(data, "account", "add", "anna", *place, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert PASSWORD not in str(added)
    killed_at = []
    for number in range(ROUNDS):
        with RunningServer(data) as server:
            wait_for(data, (number + 1) * COUNT // (ROUNDS + 2) + chance.randrange(50))
            server.kill()
        killed_at.append(len(rows(data, "SELECT 1 FROM item WHERE kind = 'message'")))
    assert killed_at[-1] < COUNT  # it was in the middle every time
    with RunningServer(data) as server:
        wait_for(data, COUNT)
        assert server.stop() == 0
    blobs = BlobFiles(data / "blobs")
    kept = Counter(blobs.get(row[0]) for row in rows(data, "SELECT blob FROM item WHERE kind = 'message'"))
    assert kept == Counter(sent)
    assert verify(data).faults == ()
    assert PASSWORD.encode() not in (data / "poolhouse.db").read_bytes()
