"""Durable delivery side by side: our LMTP door and Dovecot's, on one disk, one core each for servers and client.

`python -m bench.lmtp` prints JSON: a cell for each server and number of clients, in shuffled order, each with a fresh
store. Messages are of 10 kB, every one different. Dovecot flushes before it acknowledges (`mail_fsync = always`).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Self

import apsw

from bench.dovecot import FORMATS, find_dovecot, start_dovecot
from bench.lmtp_client import LmtpClient
from bench.processes import cores
from bench.programs import add_place, place_of
from bench.servers import Server, free_port, start_poolhouse
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.store.database import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

OURS = "poolhouse"
SERVERS = (OURS, *(f"dovecot {name}" for name in FORMATS))
CLIENTS = (1, 8)
MESSAGE_BYTES = 10_000
PERSON = "bench"
RECIPIENT = f"{PERSON}@example.org"
FLUSHES = ("fsync", "fdatasync", "syncfs", "sync_file_range")
_READ_SECONDS = 120.0
_WORDS = (
    *(
        "the",
        "message",
        "of",
        "that",
        "day",
        "was",
        "read",
        "by",
        "everybody",
        "who",
        "had",
        "a",
        "pool",
        "and",
    ),
    *("place", "to", "keep", "it", "in", "order", "until", "somebody", "asks", "for", "one", "them", "again"),
    *("finds", "what", "said", "about", "winter", "harbours", "small", "boats"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What came out for one server and so many clients; processor time is of all its processes, a message.

    `cpu_us` is until the last message was acknowledged. Our server goes on then, and reads and indexes each for search,
    as Dovecot's LMTP does not: `read_cpu_us` is until that is done too. `flushes` are a message's, counted by strace in
    a run of its own; None where strace is not here.
    """

    server: str
    clients: int
    messages: int
    messages_a_second: float
    cpu_us: float
    read_cpu_us: float | None
    flushes: float | None


def messages(seed: int) -> Iterator[bytes]:
    """Messages as they stand in a conversation, with their end; plain text, every one of other words."""
    random = Random(seed)
    for number in count():
        lines, size = [], 0
        while size < MESSAGE_BYTES - 600:
            lines.append(" ".join(random.choices(_WORDS, k=12)))
            size += len(lines[-1]) + 2
        body = "\r\n".join(lines)
        yield (
            f"Received: from mx.example.org by mail.example.org with ESMTPS id {random.getrandbits(64):x}\r\n"
            f'From: "Writer {number % 97}" <writer{number % 97}@example.org>\r\nTo: {RECIPIENT}\r\n'
            f"Subject: {' '.join(random.choices(_WORDS, k=6))}\r\nDate: Wed, 25 Nov 2026 07:00:00 +0000\r\n"
            f"Message-ID: <{number}.{random.getrandbits(64):x}@example.org>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n.\r\n"
        ).encode()


def measure_lmtp(place: Path, *, count: int, seed: int) -> list[Cell]:
    """Measure every server with every number of clients. Dovecot is left out where it is not here."""
    plan = [(server, clients) for server in _servers() for clients in CLIENTS]
    random = Random(seed)
    cells = []
    for number, (server, clients) in enumerate(random.sample(plan, len(plan))):
        cells.append(_measure(place / str(number), server, clients, count, seed + number))
    return cells


def _servers() -> Sequence[str]:
    return SERVERS if find_dovecot() else (OURS,)


def _measure(place: Path, server: str, clients: int, count: int, seed: int) -> Cell:
    """One cell: a run that is timed, and one of a quarter that is traced."""
    start = _starter(server, clients)
    with start(place / "timed", ()) as running, _client(running, seed, clients) as client:
        began = running.server.cpu_ns()
        measured = client.measure(count, running.server.cpu_ns)
        read_cpu_us = None
        if server == OURS:
            _wait_until_read(place / "timed")
            # those sent before the slice began are read in it or after it
            read_cpu_us = (running.server.cpu_ns() - began) / (count + 2 * clients) / 1000
    return Cell(
        server=server,
        clients=clients,
        messages=count,
        messages_a_second=measured.count / measured.seconds,
        cpu_us=measured.cpu_us,
        read_cpu_us=read_cpu_us,
        flushes=_flushes(place / "traced", start, clients, max(count // 4, 40), seed),
    )


@dataclass(frozen=True, slots=True)
class _Running:
    """A server, and the port where it takes mail."""

    server: Server
    port: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()


def _starter(server: str, clients: int) -> Callable[[Path, tuple[str, ...]], _Running]:
    core = cores()[0]

    def ours(place: Path, under: tuple[str, ...]) -> _Running:
        data = open_data(place, SystemClock())
        data.database.write(lambda tx: add_person(tx, PERSON, None))
        data.close()
        port = free_port()
        return _Running(
            start_poolhouse(place, core, under=under, arguments=("--lmtp", f"127.0.0.1:{port}")), port
        )

    def dovecot(place: Path, under: tuple[str, ...]) -> _Running:
        started = start_dovecot(
            place, core, server.removeprefix("dovecot "), connections=clients, under=under
        )
        return _Running(started, started.port)

    return ours if server == OURS else dovecot


def _client(running: _Running, seed: int, clients: int) -> LmtpClient:
    return LmtpClient(running.port, messages(seed), connections=clients, recipient=RECIPIENT)


def _wait_until_read(data: Path) -> None:
    """Wait until no message waits to be read. Raises TimeoutError."""
    connection = apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
    end = time.monotonic() + _READ_SECONDS
    waiting = "SELECT count(*) FROM tuple WHERE kind = 'read-mail' AND state IN ('ready', 'held')"
    while connection.execute(waiting).get:
        if time.monotonic() > end:
            raise TimeoutError("messages were not read in time")
        time.sleep(0.05)  # another process reads them, and its database is all that tells
    connection.close()


def _flushes(
    place: Path,
    start: Callable[[Path, tuple[str, ...]], _Running],
    clients: int,
    count: int,
    seed: int,
) -> float | None:
    """Flushes a message, of whatever kind, by all of a server's processes."""
    if shutil.which("strace") is None:
        return None
    place.parent.mkdir(exist_ok=True)
    log = place.parent / "strace.log"
    under = (
        "strace",
        "-f",
        "--seccomp-bpf",
        "-e",
        f"trace={','.join(FLUSHES)}",
        "-e",
        "signal=none",
        "-o",
        str(log),
    )
    with start(place, under) as running, _client(running, seed, clients) as client:
        client.send(2 * clients)
        before = flushes_in(log.read_text("utf-8"))
        client.send(count)
        return (flushes_in(log.read_text("utf-8")) - before) / count


def flushes_in(log: str) -> int:
    """The calls in strace's words that came to an end, well or not."""
    names = "|".join(FLUSHES)
    ended = rf"^\d+\s+(?:(?:{names})\(.*\)|<\.\.\. (?:{names}) resumed>.*)\s+= "
    return len(re.findall(ended, log, re.MULTILINE))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.lmtp", description="Measure durable delivery.")
    parser.add_argument("--messages", type=int, default=2_000, help="of each cell")
    parser.add_argument("--seed", type=int, default=20261125)
    add_place(parser)
    given = parser.parse_args(arguments)
    with place_of(given) as place:
        place.chmod(0o755)  # Dovecot's processes are of another user
        cells = measure_lmtp(place, count=given.messages, seed=given.seed)
    print(json.dumps({"cells": [asdict(cell) for cell in cells]}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
