"""Clients: the client processes of one cell, started, kept in step, and ended."""

from __future__ import annotations

import select
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from poolhouse.survey.loads.load import DESCRIPTORS, Load, Outcome, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GRACE_SECONDS: Final = 90.0
"""What a phase may take beyond the time that the load itself gives it: ten thousand connections take some."""


class ClientLostError(Exception):
    """A client process ended, or did not come to its next phase in time. Says what it said last."""


def processes_of(load: Load, descriptors: int = DESCRIPTORS) -> int:
    """How many client processes a load takes where each may open so many descriptors."""
    return -(-(load.connections + load.idle) // (min(descriptors, DESCRIPTORS) - 50))


def run_clients(
    load: Load,
    *,
    processors: Sequence[int] = (),
    processes: int = 1,
    on_phase: Callable[[str, Sequence[int]], None] = lambda *_: None,
) -> tuple[Outcome, float]:
    """Put the load on, and return what came of it and the utilisation of the busiest client process.

    `on_phase` hears of each phase when all processes have come to it and stand still, the last being "end", with the
    ids of the processes. What they keep open they close after that. Raises ClientLostError.
    """
    loads = [
        replace(
            load,
            client=number,
            clients=processes,
            processor=processors[number % len(processors)] if processors else None,
        )
        for number in range(processes)
    ]
    clients = [_start(each) for each in loads]
    try:
        while True:
            lines = [_line(client, load) for client in clients]
            if lines[0].startswith("{"):
                return merged([Outcome.from_json(line) for line in lines])
            on_phase(lines[0].strip(), [client.pid for client in clients])
            for client in clients:
                _go_on(client)
    finally:
        for client in clients:
            _end(client)


def _start(load: Load) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "poolhouse.survey.loads", load.to_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for whoever started it
    )


def _line(client: subprocess.Popen[str], load: Load) -> str:
    assert client.stdout is not None
    seconds = _GRACE_SECONDS + 2 * (load.seconds + load.patience_seconds)
    ready = select.poll()
    ready.register(client.stdout, select.POLLIN)
    if not ready.poll(seconds * 1000):
        raise ClientLostError(f"the client did not answer for {seconds:.0f} s")
    if line := client.stdout.readline():
        return line
    assert client.stderr is not None
    raise ClientLostError(f"the client ended: {client.stderr.read()[-2000:]}")


def _go_on(client: subprocess.Popen[str]) -> None:
    assert client.stdin is not None
    client.stdin.write("\n")
    client.stdin.flush()


def _end(client: subprocess.Popen[str]) -> None:
    for stream in (client.stdin, client.stdout, client.stderr):
        assert stream is not None
        stream.close()
    if client.poll() is None:
        client.kill()
    client.wait()
