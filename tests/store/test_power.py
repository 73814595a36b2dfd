"""The power fails at any moment: what the disk flushed is there, of the rest any part; what was acknowledged is whole.

A recorded run is replayed up to many moments. Up to each file's last flush everything is on the disk; of what was
written after it, the disk has kept some and not other, in any order, whole sectors of it or half.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import apsw
import pytest

from poolhouse.app.data import open_data
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.trash import trash_item
from poolhouse.store.verify import verify
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTOR_BYTES = 512
MOMENTS = 60
SAVES = 40


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Flush:
    name: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    url: str


Event = Write | Cut | Flush | Acknowledged


@dataclass
class Recording:
    """All that reached the system's files, in order, and what people were told meanwhile."""

    events: list[Event] = field(default_factory=list)


class RecordedFile(apsw.VFSFile):
    def __init__(
        self, recording: Recording, system: str, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> None:
        super().__init__(system, name, flags)
        full = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._name = full.rpartition("/")[2]
        self._recording = recording

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._recording.events.append(Write(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._recording.events.append(Cut(self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._recording.events.append(Flush(self._name))


class RecordedDisk(apsw.VFS):
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._system = apsw.vfs_names()[0]
        super().__init__("recorded", self._system, makedefault=True)

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> apsw.VFSFile:
        return RecordedFile(self._recording, self._system, name, flags)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Recording]]:
    """The directory before the run, and the run: saves, edits and deletions with many checkpoints among them."""
    before = tmp_path_factory.mktemp("power") / "before"
    data = open_data(before, StillClock())
    anna = new_actor(data.database, "anna")
    anna.do(add_pool, "Found", query="tag:red")
    data.close()
    directory = before.parent / "run"
    shutil.copytree(before, directory)
    recording = Recording()
    disk = RecordedDisk(recording)
    try:
        data = open_data(directory, StillClock())
        data.database.writing.wal_autocheckpoint(20)
        act(Actor(data.database, anna.principal), recording)
        data.close()
    finally:
        disk.unregister()
    yield before, recording
    shutil.rmtree(before.parent)


def act(anna: Actor, recording: Recording) -> None:
    for number in range(SAVES):
        url = f"https://{number}.test/"
        item = anna.do(save_link, url, note="n" * 500, tags=["red"]).item
        recording.events.append(Acknowledged(url))
        if number % 3 == 0:
            anna.do(edit_link, item.id, title=f"Page {number}", tags=["blue"])
        if number % 5 == 0:
            other = anna.do(save_link, f"https://gone.test/{number}").item
            anna.do(trash_item, other.id)


def fail_at(
    recording: Recording, moment: int, before: Path, directory: Path, chance: random.Random
) -> set[str]:
    """Make `directory` what is left of the disk; returns the addresses that were acknowledged by then."""
    shutil.copytree(before, directory)
    past = recording.events[:moment]
    flushed = {event.name: place for place, event in enumerate(past) if isinstance(event, Flush)}
    for place, event in enumerate(past):
        if isinstance(event, Acknowledged | Flush):
            continue
        path = directory / event.name
        path.touch(mode=0o600)
        is_sure = place < flushed.get(event.name, -1)
        if isinstance(event, Cut):
            if is_sure or chance.random() < 0.5:
                with path.open("r+b") as file:
                    file.truncate(event.size_bytes)
            continue
        data = event.data if is_sure else _torn(event.data, chance)
        with path.open("r+b") as file:
            file.seek(event.offset)
            file.write(data)
    return {event.url for event in past if isinstance(event, Acknowledged)}


def _torn(data: bytes, chance: random.Random) -> bytes:
    """What the disk had kept of it: all, nothing, or its first sectors."""
    fate = chance.random()
    if fate < 0.4:
        return data
    if fate < 0.7:
        return b""
    return data[: SECTOR_BYTES * chance.randint(0, len(data) // SECTOR_BYTES)]


def test_the_run_is_one_to_learn_from(run: tuple[Path, Recording]) -> None:
    events = run[1].events
    flushed = {event.name for event in events if isinstance(event, Flush)}
    assert flushed == {"poolhouse.db", "poolhouse.db-wal"}
    assert sum(isinstance(event, Acknowledged) for event in events) == SAVES
    assert sum(isinstance(event, Flush) and event.name == "poolhouse.db" for event in events) > 5


@pytest.mark.parametrize("seed", range(MOMENTS))
def test_whatever_was_acknowledged_is_there(run: tuple[Path, Recording], tmp_path: Path, seed: int) -> None:
    before, recording = run
    chance = random.Random(seed)
    moment = chance.randint(1, len(recording.events))
    acknowledged = fail_at(recording, moment, before, tmp_path / "left", chance)
    data = open_data(tmp_path / "left", StillClock())
    rows = data.database.writing.execute("SELECT url FROM item WHERE trashed_at IS NULL").fetchall()
    data.close()
    assert {row[0] for row in rows} >= acknowledged
    assert verify(tmp_path / "left").faults == ()
