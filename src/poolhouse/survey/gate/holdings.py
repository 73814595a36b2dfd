"""Holdings: checks of what a server has of the system: descriptors, processes, and what it does when they run out."""

from __future__ import annotations

import os
import re
import selectors
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from poolhouse.survey.gate.client import DEADLINE_SECONDS, Client
from poolhouse.survey.gate.manners import AT_ONCE, one_shot
from poolhouse.survey.gate.outcome import NotSoError
from poolhouse.survey.server_process import members
from poolhouse.survey.usage import group_cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.survey.server_process import Server

SCARCE_DESCRIPTORS = 128
SCARCE_WORKERS = 2
_CLIENTS = 400  # more than two processes can have
_LAZY = 4  # what a library opens at its first use
_QUIET_SECONDS = 0.5
_WATCHED_SECONDS = 2.0  # asyncio rests a second before it goes on spinning
_SPINNING_SECONDS = 0.2  # of a processor's time; those that wait take none, those that spin what they can get
_POLL_SECONDS = 0.005
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")


def descriptors_kept(server: Server) -> None:
    """After connections that clients ended, by FIN and by RST, as many descriptors are open as before."""
    _compare_descriptors(server, lambda: _come_and_go(server))


def descriptors_ended(server: Server) -> None:
    """The same after connections that the server ended."""
    _compare_descriptors(server, lambda: one_shot(server, range(AT_ONCE)))


def sigterm(server: Server) -> None:
    """It ends within seconds, connections or not, and so does everything that it started."""
    with Client(server.address) as client:
        client.ask(1)
        if reason := server.terminate(DEADLINE_SECONDS):
            raise NotSoError(f"{reason.capitalize()}.")


def out_of_descriptors(server: Server) -> None:
    """With more clients than descriptors it neither dies nor spins, and serves again when they are gone (accept(2))."""
    share = 0.0
    with ExitStack() as stack, suppress(NotSoError):  # whom it sends away at once, and all when it is dead
        clients = [stack.enter_context(Client(server.address)) for _ in range(_CLIENTS)]
        for client in clients:
            with suppress(NotSoError):
                client.send(b"7\n")
        share = _share_when_quiet(server, clients)
    spins = f"It spins: {share:.0%} of a processor, to do nothing" if share else ""
    serves = wait_until(lambda: not server.is_running or _serves(server), DEADLINE_SECONDS)
    if not server.is_running:
        raise NotSoError(f"It dies: {last_error(server.error)}.")
    if not serves:
        deaf = f"serves nobody within {DEADLINE_SECONDS:.0f} s after the others have gone"
        raise NotSoError(f"{spins}; it {deaf}." if spins else f"It {deaf}.")
    if spins:
        raise NotSoError(f"{spins}.")


def open_descriptors(server: Server) -> int:
    """How many the server and all its processes have open."""
    count = 0
    for pid in members(server.group):
        with suppress(FileNotFoundError, ProcessLookupError):
            count += len(os.listdir(f"/proc/{pid}/fd"))
    return count


def _come_and_go(server: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(server.address)) for _ in range(AT_ONCE)]
        for number, client in enumerate(clients):
            client.ask(number)
        for client in clients[::2]:
            client.reset()


def _compare_descriptors(server: Server, connect: Callable[[], None]) -> None:
    at_rest = open_descriptors(server)
    connect()
    wait_until(lambda: open_descriptors(server) <= at_rest + _LAZY, DEADLINE_SECONDS / 2)
    before = open_descriptors(server)
    connect()
    if not wait_until(lambda: open_descriptors(server) <= before, DEADLINE_SECONDS):
        more = open_descriptors(server) - before
        raise NotSoError(f"It has {more} descriptors more than before {AT_ONCE} connections that have ended.")


def wait_until(is_so: Callable[[], bool], timeout_seconds: float) -> bool:
    """Whether it became so in time. What /proc tells can only be asked again."""
    deadline = time.monotonic() + timeout_seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)  # /proc tells nobody when it changes
    return True


def _share_when_quiet(server: Server, clients: list[Client]) -> float:
    """The share of a processor that it takes when no client is told anything any more, 0 where that is little.

    Who still tells somebody something meanwhile is behind, as a fork for each is on a busy machine, and does not spin.
    """
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        latest = time.monotonic() + DEADLINE_SECONDS
        while True:
            _read_until_quiet(selector, latest)
            share = _spinning_share(server)
            if not share or not selector.select(0) or time.monotonic() > latest:
                return share


def _read_until_quiet(selector: selectors.BaseSelector, latest: float) -> None:
    """Read what clients are told until none was told anything for a while."""
    while time.monotonic() < latest and (told := selector.select(_QUIET_SECONDS)):
        for key, _ in told:
            if not key.data.reads():
                selector.unregister(key.fileobj)


def _spinning_share(server: Server) -> float:
    """The share of a processor that it takes while there is nothing to do, 0 where that is little."""
    before, began = group_cpu_seconds(server.pid), time.monotonic()

    def spent() -> float:
        return group_cpu_seconds(server.pid) - before

    wait_until(lambda: spent() > _SPINNING_SECONDS or not server.is_running, _WATCHED_SECONDS)
    return spent() / (time.monotonic() - began) if server.is_running and spent() > _SPINNING_SECONDS else 0.0


def _serves(server: Server) -> bool:
    """Whether a new client is answered. One that comes while others are still being closed may be sent away."""
    try:
        with Client(server.address) as client:
            client.ask(20)
    except NotSoError:
        return False
    return True


def last_error(said: str) -> str:
    """The last line of a server's standard error that names an error, without what a traceback draws around it."""
    lines = [line.strip("+-| .") for line in said.splitlines()]
    named = [line for line in lines if _ERROR.match(line)]
    return (named or [line for line in lines if line] or ["it says nothing"])[-1]
