"""What the workers of a running server held open as they read hostile pages, and what the kernel had shut to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import poolhouse

if TYPE_CHECKING:
    from tests.capture.conftest import Visit

pytestmark = pytest.mark.slow

LEAST_LOOKS = 20


def test_workers_were_seen_at_work(visit: Visit) -> None:
    # else nothing below says anything
    assert sum(seen.confined for seen in visit.workers.values()) >= LEAST_LOOKS


def test_workers_are_confined_once_and_for_good(visit: Visit) -> None:
    assert not [pid for pid, seen in visit.workers.items() if seen.is_let_out]


def test_workers_have_one_socket_and_it_speaks_to_the_server_alone(visit: Visit) -> None:
    for seen in visit.workers.values():
        assert seen.most_sockets <= 1
        assert len(seen.sockets) <= 1
        assert not seen.sockets & visit.inet_sockets
    assert visit.inet_sockets


def test_workers_open_no_file_of_the_data_directory(visit: Visit) -> None:
    for seen in visit.workers.values():
        assert not [file for file in seen.files if str(visit.data) in file]


def test_confined_workers_open_no_file_but_libraries(visit: Visit) -> None:
    # before, as they start, they also read what the system says of itself, such as their own size
    read_by_libraries = ("/dev/null", "/dev/urandom", "/etc/ld.so.cache", "/etc/localtime")
    libraries = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(poolhouse.__file__).parent,
        Path("/usr"),
        Path("/lib"),
    ]
    for seen in visit.workers.values():
        odd = {
            file
            for file in seen.confined_files
            if file not in read_by_libraries
            and not file.startswith("/memfd:")
            and not any(Path(file).is_relative_to(library) for library in libraries)
        }
        assert not odd


def test_no_worker_outlives_the_server(visit: Visit) -> None:
    assert not [pid for pid in visit.workers if Path(f"/proc/{pid}").exists()]
