"""Blobs: kept whole or not at all, one flush for many, and no name believed that does not hold what it says."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import StoreError, StoreFullError
from poolhouse.store import arrivals as arrivals_module
from poolhouse.store import blobs as blobs_module
from poolhouse.store.arrivals import MEMORY_BYTES, FileArrival, can_sync_filesystem
from poolhouse.store.blobs import BlobFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL, LARGE = b"small", b"large" * MEMORY_BYTES


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFiles:
    return BlobFiles(tmp_path / "blobs")


@pytest.fixture(params=[True, False], ids=["at once", "one by one"])
def is_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a group is flushed by one call, as Linux can; if not, as elsewhere."""
    if not request.param:
        monkeypatch.setattr(blobs_module, "can_sync_filesystem", lambda: False)
    elif not can_sync_filesystem():
        pytest.skip("this system does not say whether a file system was flushed")
    return bool(request.param)


@pytest.fixture
def flushes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed, in order: file, directory, all. The flushes are real."""
    told: list[str] = []
    real_fsync, real_syncfs = os.fsync, arrivals_module.sync_filesystem

    def fsync(descriptor: int) -> None:
        told.append("directory" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        real_fsync(descriptor)

    def syncfs(descriptor: int) -> None:
        told.append("all")
        real_syncfs(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(blobs_module, "sync_filesystem", syncfs)
    return told


def arrive(blobs: BlobFiles, *contents: bytes) -> list[FileArrival]:
    found = []
    for content in contents:
        arrival = blobs.arrival()
        arrival.write(content)
        found.append(arrival)
    return found


def address(content: bytes) -> str:
    return sha256(content).hexdigest()


def files(blobs: BlobFiles) -> list[str]:
    """Every file there is, half written ones too."""
    return sorted(path.name for path in blobs.root.rglob("*") if path.is_file())


@given(chunks=st.lists(st.binary(max_size=50), max_size=20), times=st.sampled_from([1, 5_000, 20_000]))
def test_what_comes_in_pieces_is_kept_as_it_came(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], times: int
) -> None:
    blobs = BlobFiles(tmp_path_factory.getbasetemp() / "pieces")
    arrival = blobs.arrival()
    for chunk in chunks:
        arrival.write(chunk * times)
    whole = b"".join(chunk * times for chunk in chunks)
    assert arrival.size_bytes == len(whole)
    assert blobs.keep_all([arrival]) == [address(whole)]
    assert blobs.get(address(whole)) == whole


@pytest.mark.usefixtures("is_at_once")
def test_a_group_is_kept_in_its_order_each_once(blobs: BlobFiles) -> None:
    contents = [SMALL, LARGE, SMALL, b"", LARGE]
    assert blobs.keep_all(arrive(blobs, *contents)) == [address(each) for each in contents]
    assert [blobs.get(address(each)) for each in contents] == contents
    assert len(files(blobs)) == 3
    assert list(blobs.addresses()) == sorted({address(each) for each in contents})


def test_nobody_else_may_read_them(blobs: BlobFiles) -> None:
    for kept in blobs.keep_all(arrive(blobs, SMALL, LARGE)):
        assert blobs.path(kept).stat().st_mode & 0o777 == 0o600


def test_one_takes_two_flushes_and_a_group_one(blobs: BlobFiles, flushes: list[str]) -> None:
    if not can_sync_filesystem():
        pytest.skip("this system does not say whether a file system was flushed")
    blobs.put(b"the first makes the directories")
    flushes.clear()
    blobs.put(SMALL)
    assert flushes == ["file", "directory"]
    flushes.clear()
    blobs.keep_all(arrive(blobs, *(bytes([number]) for number in range(50))))
    assert flushes == ["all"]
    flushes.clear()
    # what lay in a file before the group's flush began to watch is flushed by whoever watched it all the while
    blobs.keep_all(arrive(blobs, LARGE, b"another"))
    assert flushes == ["file", "all"]


def test_where_nothing_can_be_flushed_as_a_whole_each_file_is(
    blobs: BlobFiles, flushes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs_module, "can_sync_filesystem", lambda: False)
    blobs.put(b"the first makes the directories")
    flushes.clear()
    blobs.keep_all(arrive(blobs, SMALL, LARGE))
    assert flushes == ["file", "directory", "file", "directory"]


@pytest.mark.usefixtures("is_at_once")
@pytest.mark.parametrize("wrong", [b"", b"smalm", b"small and more"])
def test_a_name_that_holds_something_else_is_written_anew(blobs: BlobFiles, wrong: bytes) -> None:
    """After a power failure a file's name may have been kept and its bytes not."""
    for kept in blobs.keep_all(arrive(blobs, SMALL, LARGE)):
        blobs.path(kept).write_bytes(wrong)
    blobs.keep_all(arrive(blobs, SMALL, LARGE))
    assert blobs.get(address(SMALL)) == SMALL
    assert blobs.get(address(LARGE)) == LARGE


def test_what_is_there_already_is_flushed_before_it_is_relied_on(
    blobs: BlobFiles, flushes: list[str]
) -> None:
    """Whoever wrote it may be about to flush it, or have been killed before."""
    blobs.put(SMALL)
    flushes.clear()
    blobs.put(SMALL)
    assert flushes == ["file", "directory"]


def test_what_is_put_again_is_young_again(blobs: BlobFiles) -> None:
    path = blobs.path(blobs.put(SMALL))
    os.utime(path, (0, 0))
    blobs.put(SMALL)
    assert not blobs.remove_old(address(SMALL), 3_600)


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_what_is_discarded_leaves_nothing(blobs: BlobFiles, content: bytes) -> None:
    (arrival,) = arrive(blobs, content)
    arrival.discard()
    arrival.discard()
    assert files(blobs) == []
    with pytest.raises(StoreError):
        arrival.write(b"more")


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """No file of this process can be larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_and_discard(arrival: FileArrival, size_bytes: int) -> None:
    """Piece by piece, so that some of it waits in the file's buffer."""
    try:
        for _ in range(size_bytes // 1_000):
            arrival.write(b"x" * 1_000)
    finally:
        arrival.discard()


def test_what_does_not_fit_leaves_nothing(blobs: BlobFiles) -> None:
    arrival = blobs.arrival()
    with room_for(MEMORY_BYTES + 20_000), pytest.raises(StoreError):
        write_and_discard(arrival, 2 * MEMORY_BYTES)
    assert files(blobs) == []
    with pytest.raises(StoreError):
        arrival.write(b"more")


def test_a_file_that_is_gone_already_is_discarded(blobs: BlobFiles) -> None:
    (arrival,) = arrive(blobs, LARGE)
    for path in blobs.root.rglob("*"):
        if path.is_file():
            path.unlink()
    arrival.discard()
    assert files(blobs) == []


@pytest.mark.usefixtures("is_at_once")
@pytest.mark.parametrize(
    ("call", "content"),
    # what is large has its file long before it is kept
    [("open", SMALL), ("fsync", SMALL), ("fsync", LARGE), ("replace", SMALL), ("replace", LARGE)],
)
def test_where_the_disk_fails_nothing_half_written_stays(
    blobs: BlobFiles, call: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs.put(b"before")
    arrived = arrive(blobs, content)
    real_open = os.open

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open_only_what_is_there(path: str, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            fail()
        return real_open(path, flags, *mode)

    with monkeypatch.context() as failing:
        failing.setattr(os, call, open_only_what_is_there if call == "open" else fail)
        with pytest.raises(StoreFullError):
            blobs.keep_all(arrived)
    assert files(blobs) == [address(b"before")[2:]]


def test_a_group_whose_flush_fails_does_not_count(blobs: BlobFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    if not can_sync_filesystem():
        pytest.skip("this system does not say whether a file system was flushed")

    class Libc:
        def syncfs(self, _: int) -> int:
            ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr(arrivals_module, "_LIBC", Libc())
    with pytest.raises(StoreError, match="Input/output error"):
        blobs.keep_all(arrive(blobs, b"a", b"b"))


@pytest.mark.parametrize(
    "smuggled", ["", "../" * 10 + "etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n"]
)
def test_no_path_can_be_smuggled_in(blobs: BlobFiles, smuggled: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        blobs.path(smuggled)


def test_what_a_killed_program_left_goes_once_it_is_old(blobs: BlobFiles) -> None:
    arrive(blobs, LARGE)  # never kept, never discarded
    kept = blobs.put(SMALL)
    partial = blobs.path(kept).with_name(".partial")
    partial.write_bytes(b"half")
    assert blobs.remove_abandoned(3_600) == 0
    for path in (*(blobs.root / "arriving").iterdir(), partial):
        os.utime(path, (0, 0))
    assert blobs.remove_abandoned(3_600) == 2
    assert files(blobs) == [kept[2:]]
