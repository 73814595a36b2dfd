"""Group commit: what waits is committed together, with one flush, and whoever is told "kept" finds it kept."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from poolhouse.app.data import open_data
from poolhouse.errors import InvalidInputError, StoreBusyError, StoreError, StoreFullError
from poolhouse.services.links import Saved, save_link
from poolhouse.store.verify import verify
from poolhouse.store.writer import GROUP_LIMIT, Writer
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor
from tests.store.disks import Faults, failing_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolhouse.app.data import OpenData

WAIT_SECONDS = 60


@pytest.fixture
def disk() -> Iterator[Faults]:
    yield from failing_disk()


@pytest.fixture
def unsound(disk: Faults, tmp_path: Path, clock: StillClock) -> Iterator[OpenData]:
    """A store on the failing disk."""
    data = open_data(tmp_path / "data", clock)
    yield data
    disk.writes = disk.flushes = False
    data.close()


class Line:
    """A writer that is held up until `release`, so that what is asked meanwhile waits together."""

    def __init__(self, data: OpenData, anna: Actor) -> None:
        self.commits = 0
        self._anna = anna
        self._writer = Writer(data.database, self._count)
        self._started, self._go = threading.Event(), threading.Event()
        self.ask(self._hold_up)
        assert self._started.wait(WAIT_SECONDS)

    def _hold_up(self, _tx: Any) -> None:
        self._started.set()
        assert self._go.wait(WAIT_SECONDS)

    def _count(self) -> None:
        self.commits += 1

    def ask(self, change: Callable[[Any], Any]) -> Future[Any]:
        return self._writer.submit(change)

    def save(self, url: str) -> Future[Any]:
        return self.ask(saving(self._anna, url))

    def release(self) -> None:
        """Let it commit, and wait until everything asked so far is done."""
        self._go.set()
        self._writer.close()


def kept(anna: Actor) -> set[str]:
    """The addresses in Bookmarks."""
    pool, person = anna.bookmarks.id, anna.principal.person_id
    entries = anna.database.read(lambda tx: tx.memberships.newest(pool, person, limit=10_000))
    return {entry.item.url for entry in entries}


def saving(anna: Actor, url: str, note: str = "") -> Callable[[Any], Saved]:
    """The change that keeps that link."""
    return lambda tx: save_link(tx, anna.principal, url, note=note, tags=["saved"])


def errors_of(futures: list[Future[Any]]) -> list[type[BaseException] | None]:
    wait(futures, WAIT_SECONDS)
    return [type(error) if (error := future.exception(0)) else None for future in futures]


def test_all_that_waits_is_one_transaction_and_one_flush(unsound: OpenData, disk: Faults) -> None:
    anna = new_actor(unsound.database, "anna")
    line = Line(unsound, anna)
    futures = [line.save(f"https://{number}.test/") for number in range(100)]
    disk.syncs.clear()
    version = unsound.database.version()
    line.release()
    assert errors_of(futures) == [None] * 100
    assert len(kept(anna)) == 100
    assert line.commits == 2  # the one that held the line up, and all the others
    assert disk.syncs == {"-wal": 1}
    assert unsound.database.version() != version


def test_a_group_has_a_limit(unsound: OpenData, disk: Faults) -> None:
    anna = new_actor(unsound.database, "anna")
    line = Line(unsound, anna)
    futures = [line.save(f"https://{number}.test/") for number in range(GROUP_LIMIT + 1)]
    disk.syncs.clear()
    line.release()
    assert errors_of(futures) == [None] * (GROUP_LIMIT + 1)
    assert disk.syncs == {"-wal": 2}


def test_a_change_that_fails_leaves_its_neighbours_alone(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    line = Line(data, anna)

    def half(tx: Any) -> None:
        save_link(tx, anna.principal, "https://half.test/", tags=["half"])
        raise ZeroDivisionError

    def wrong_sql(tx: Any) -> None:
        save_link(tx, anna.principal, "https://half.test/")
        tx._connection.execute("INSERT INTO nowhere VALUES (1)")

    def breaks_a_rule(tx: Any) -> None:
        save_link(tx, anna.principal, "https://half.test/")
        tx._connection.execute("INSERT INTO membership VALUES (999, 1, 1, 999, 1)")

    futures = [
        line.save("https://one.test/"),
        line.ask(half),
        line.save("no address"),
        line.ask(wrong_sql),
        line.ask(breaks_a_rule),
        line.save("https://two.test/"),
    ]
    line.release()
    assert errors_of(futures) == [None, ZeroDivisionError, InvalidInputError, StoreError, StoreError, None]
    assert kept(anna) == {"https://one.test/", "https://two.test/"}
    assert verify(data.database.path.parent).faults == ()


def test_nobody_is_told_before_the_flush(unsound: OpenData, disk: Faults) -> None:
    anna = new_actor(unsound.database, "anna")
    line = Line(unsound, anna)
    flushed_when_told: list[bool] = []
    disk.syncs.clear()
    future = line.save("https://one.test/")
    future.add_done_callback(lambda _: flushed_when_told.append("-wal" in disk.syncs))
    line.release()
    assert flushed_when_told == [True]


def test_a_caller_that_went_away_takes_nothing_with_it(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    line = Line(data, anna)
    gone, stays = line.save("https://gone.test/"), line.save("https://stays.test/")
    was_waiting = gone.cancel()
    line.release()
    assert was_waiting
    assert errors_of([stays]) == [None]
    assert kept(anna) == {"https://stays.test/"}


def test_close_finishes_what_is_queued(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    line = Line(data, anna)
    futures = [line.save(f"https://{number}.test/") for number in range(GROUP_LIMIT * 2)]
    line.release()
    assert all(future.done() for future in futures)
    assert len(kept(anna)) == GROUP_LIMIT * 2


@pytest.mark.parametrize(("fault", "error"), [("writes", StoreFullError), ("flushes", StoreError)])
def test_a_failing_disk_keeps_nothing_and_says_so_and_goes_on_when_it_can(
    unsound: OpenData, disk: Faults, fault: str, error: type[StoreError]
) -> None:
    anna = new_actor(unsound.database, "anna")
    anna.do(save_link, "https://before.test/")
    for attempt in range(3):
        setattr(disk, fault, True)
        line = Line(unsound, anna)
        futures = [line.save(f"https://{attempt}-{number}.test/") for number in range(5)]
        line.release()
        assert errors_of(futures) == [error] * 5
        setattr(disk, fault, False)
        assert not any(url.startswith(f"https://{attempt}-") for url in kept(anna))
        anna.do(save_link, f"https://after{attempt}.test/")
    assert kept(anna) == {"https://before.test/", *(f"https://after{each}.test/" for each in range(3))}
    directory = unsound.database.path.parent
    unsound.close()
    disk.remove()
    assert verify(directory).faults == ()
    reopened = open_data(directory, StillClock())
    try:
        assert len(kept(Actor(reopened.database, anna.principal))) == 4
    finally:
        reopened.close()


def test_a_disk_that_fails_in_the_middle_of_a_group_keeps_none_of_it(unsound: OpenData, disk: Faults) -> None:
    anna = new_actor(unsound.database, "anna")
    unsound.database.writing.pragma("cache_size", 5)  # so that pages spill to the log before the commit
    unsound.database.writing.pragma("cache_spill", 5)
    line = Line(unsound, anna)

    def fail_from_here(tx: Any) -> None:
        disk.writes = True

    futures = [line.ask(saving(anna, f"https://{number}.test/", "x" * 50_000)) for number in range(5)]
    futures.append(line.ask(fail_from_here))
    futures += [line.ask(saving(anna, f"https://{number}.test/", "x" * 50_000)) for number in range(5, 10)]
    line.release()
    assert errors_of(futures) == [StoreFullError] * 11
    disk.writes = False
    assert kept(anna) == set()
    anna.do(save_link, "https://after.test/")
    assert kept(anna) == {"https://after.test/"}


def test_another_process_that_holds_the_store_is_waited_for_and_then_said(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    other = apsw.Connection(str(data.database.path))
    other.execute("BEGIN IMMEDIATE")
    data.database.writing.set_busy_timeout(1)
    writer = Writer(data.database)
    refused = writer.submit(saving(anna, "https://one.test/"))
    assert errors_of([refused]) == [StoreBusyError]
    with pytest.raises(StoreBusyError):
        anna.do(save_link, "https://one.test/")
    data.database.writing.set_busy_timeout(WAIT_SECONDS * 1_000)
    waiting = writer.submit(saving(anna, "https://two.test/"))
    other.execute("COMMIT")
    other.close()
    assert errors_of([waiting]) == [None]
    writer.close()
    assert kept(anna) == {"https://two.test/"}


SECOND_PROCESS = """
import sys
from pathlib import Path
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.links import save_link
from poolhouse.types import PersonId, Principal, Scope

data = open_data(Path(sys.argv[1]), SystemClock())
principal = Principal(person_id=PersonId(int(sys.argv[2])), scope=Scope.PERSON)
for number in range(int(sys.argv[3])):
    data.database.write(lambda tx: save_link(tx, principal, f"https://{sys.argv[4]}.test/{number}", tags=["both"]))
    print(number, flush=True)
data.close()
"""


def test_a_command_saves_beside_the_server(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    directory, person = str(data.database.path.parent), str(anna.principal.person_id)
    command = [sys.executable, "-c", SECOND_PROCESS, directory, person, "50", "command"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "0\n"
        writer = Writer(data.database)
        futures = [writer.submit(saving(anna, f"https://server.test/{number}")) for number in range(50)]
        assert errors_of(futures) == [None] * 50
        process.stdout.read()
    assert process.returncode == 0
    writer.close()
    assert len(kept(anna)) == 100
    assert verify(data.database.path.parent).faults == ()


def test_many_threads_ask_and_each_hears_its_own(data: OpenData) -> None:
    anna = new_actor(data.database, "anna")
    writer = Writer(data.database)
    wrong: list[str] = []

    def ask(thread: int) -> None:
        for number in range(20):
            url = f"https://{thread}.test/{number}"
            saved = writer.submit(saving(anna, url)).result(WAIT_SECONDS)
            if saved.item.url != url:
                wrong.append(url)

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    writer.close()
    assert wrong == []
    assert len(kept(anna)) == 160


TRACED = """
import sys
import threading
from pathlib import Path
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.links import save_link
from poolhouse.store.writer import Writer
from tests.store.actor import new_actor

data = open_data(Path(sys.argv[1]), SystemClock())
anna = new_actor(data.database, "anna")
print("traced from here", flush=True)
for group in range(10):
    started, go = threading.Event(), threading.Event()
    writer = Writer(data.database)
    writer.submit(lambda tx: (started.set(), go.wait()))
    started.wait()
    asked = [
        writer.submit(lambda tx, n=n: save_link(tx, anna.principal, f"https://{group}.test/{n}")) for n in range(16)
    ]
    go.set()
    writer.close()
    assert all(each.exception() is None for each in asked)
print("traced to here", flush=True)
data.close()
"""


@pytest.mark.slow
def test_the_kernel_sees_one_flush_a_group(tmp_path: Path) -> None:
    """16 saves at once cost what one costs; more flushes are allowed for the log's first pages only."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    log = tmp_path / "strace"
    tracer = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-o", str(log)]
    run = subprocess.run(
        [*tracer, sys.executable, "-c", TRACED, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in run.stderr and run.returncode:
        pytest.skip(f"strace may not trace here: {run.stderr.strip()[:100]}")
    assert run.returncode == 0, run.stderr
    traced = log.read_text("utf-8").partition("traced from here")[2].partition("traced to here")[0]
    flushes = len(re.findall(r"f(?:data)?sync\(", traced))
    assert 10 <= flushes <= 12


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with little room."""
    mount = tmp_path / "small"
    mount.mkdir(mode=0o700)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(mount)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


@pytest.mark.slow
def test_a_really_full_disk_loses_nothing_it_acknowledged(small_disk: Path, clock: StillClock) -> None:
    data = open_data(small_disk / "data", clock)
    try:
        anna = new_actor(data.database, "anna")
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(700_000))
        acknowledged: set[str] = set()
        refused = 0
        writer = Writer(data.database)
        for number in range(400):
            url = f"https://{number}.test/"
            future = writer.submit(saving(anna, url, "n" * 5_000))
            if errors_of([future]) == [None]:
                acknowledged.add(url)
            else:
                assert isinstance(future.exception(), StoreFullError)
                refused += 1
        assert acknowledged
        assert refused
        assert kept(anna) == acknowledged
        ballast.unlink()
        again = writer.submit(saving(anna, "https://again.test/"))
        assert errors_of([again]) == [None]
        writer.close()
        assert kept(anna) == acknowledged | {"https://again.test/"}
        with pytest.raises(StoreFullError):
            data.blobs.put(bytes(5_000_000))
        assert [path for path in small_disk.rglob("*") if path.name.startswith(".")] == []
    finally:
        data.close()
    assert verify(small_disk / "data").faults == ()
