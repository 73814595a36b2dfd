"""A server process: it serves where it was told to, and leaves nothing behind however it ends."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import NotServingError
from poolhouse.survey.server_options import ServerOptions, Transport
from poolhouse.survey.server_process import Address, members, start_server, wait_for_end

if TYPE_CHECKING:
    from poolhouse.survey.mechanisms.service import Service

pytestmark = pytest.mark.slow

HERE = __name__


def ask(address: Address, number: int) -> bytes:
    """Everything that a one-shot server says."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        client.sendall(b"%d\n" % number)
        return b"".join(iter(lambda: client.recv(100), b""))


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_serves_on_both_transports(transport: Transport) -> None:
    options = ServerOptions(mechanism="selectors-epoll", transport=transport, greets=True)
    with start_server(options) as server:
        assert ask(server.address, 20) == b"hello\n41\n"
        assert ask(server.address, -1) == b"hello\n-1\n"
    assert members(server.group) == []


def test_tcp_ports_are_below_those_that_clients_have() -> None:
    with start_server(ServerOptions(mechanism="threads")) as server:
        assert not isinstance(server.address, str)
        assert server.address[1] < 32768


def test_obeys_its_limits() -> None:
    processor = min(os.sched_getaffinity(0))
    options = ServerOptions(mechanism="threads", processor=processor, descriptor_limit=99)
    with start_server(options) as server:
        assert os.sched_getaffinity(server.pid) == {processor}
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0] == 99


def test_starts_and_ends_for_who_has_thousands_of_descriptors() -> None:
    """select(2) knows 1,024."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2_000:
        pytest.skip("this process may not have as many descriptors")
    with ExitStack() as stack:
        for _ in range(1_100):
            stack.enter_context(open(os.devnull, "rb"))
        with start_server(ServerOptions(mechanism="threads")) as server:
            assert ask(server.address, 1) == b"3\n"
            assert server.terminate() == ""


def test_heavy_answers_are_answers() -> None:
    with start_server(ServerOptions(mechanism="threads", heavy_us=50)) as server:
        assert ask(server.address, 4) == b"9\n"


def test_ends_when_it_is_asked_to() -> None:
    with start_server(ServerOptions(mechanism="threads")) as server:
        assert server.is_running
        assert server.terminate() == ""
        assert not server.is_running


def test_says_why_it_does_not_serve() -> None:
    with (
        pytest.raises(NotServingError, match="it ended before it served") as caught,
        start_server(ServerOptions(mechanism=f"{HERE}:fails")),
    ):
        pass
    assert "planted" in caught.value.output


def test_what_does_not_end_is_ended() -> None:
    with start_server(ServerOptions(mechanism=f"{HERE}:stays")) as server:
        assert len(members(server.group)) == 2
        assert server.terminate(0.1) == "it does not end on SIGTERM"
    assert members(server.group) == []
    assert not Path(f"/proc/{server.pid}").exists()


def test_what_leaves_children_is_told() -> None:
    with start_server(ServerOptions(mechanism=f"{HERE}:leaves")) as server:
        assert server.terminate(0.1) == "it ends on SIGTERM and leaves 1 of its processes"
    assert members(server.group) == []


def test_what_was_killed_leaves_no_server() -> None:
    source = (
        "from poolhouse.survey.server_options import ServerOptions\n"
        "from poolhouse.survey.server_process import start_server\n"
        "with start_server(ServerOptions(mechanism='pre-fork', workers=3)) as server:\n"
        "    print(server.group, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        group = int(run.stdout.readline())
        assert len(members(group)) == 3
        run.kill()
    assert wait_for_end(members(group), time.monotonic() + 10) == []


def fails(listener: socket.socket, service: Service) -> None:
    """An adapter that does not get as far as to serve."""
    raise RuntimeError("planted")


def stays(listener: socket.socket, service: Service) -> None:
    """An adapter that, with its child, does not want to end."""
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork():
        service.ready()
    signal.pause()


def leaves(listener: socket.socket, service: Service) -> None:
    """An adapter whose child does not want to end."""
    import signal

    reader, writer = os.pipe()
    if not os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writer, b"1")
        signal.pause()
    os.read(reader, 1)
    service.ready()
    signal.pause()
