"""How late a server answers a poll every 5 ms while its workers read messages that were made to do harm.

`python -m bench.hostile_mail` prints JSON. The server is a real one, on the cores it finds; messages come by its LMTP
door. Polls have their times beforehand, whatever became of those before: a stall counts as each poll it swallowed.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import apsw

from bench.lmtp import PERSON, RECIPIENT
from bench.lmtp_client import LmtpClient
from bench.programs import add_place, place_of
from bench.servers import free_port, start_poolhouse
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.services.secrets import add_feed_secret
from poolhouse.store.database import FILE_NAME
from poolhouse.survey.spread import percentile
from poolhouse.types import PoolRole, Principal, Scope
from tests.mail_corpus.hostile import BUILDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

POLL_MS = 5
IDLE_SECONDS = 3.0
_READ_SECONDS = 240.0
_FEW = 6


def measure(place: Path, *, is_few: bool) -> dict[str, float]:
    """Deliver every hostile message, and poll until all of them were read."""
    path = _make_store(place / "data")
    messages = [_as_sent(build()) for build in list(BUILDERS.values())[: _FEW if is_few else None]]
    port = free_port()
    with start_poolhouse(place / "data", None, arguments=("--lmtp", f"127.0.0.1:{port}")) as server:
        end = _after(IDLE_SECONDS)
        idle = _poll(server.port, path, lambda: time.monotonic() >= end)
        done = threading.Event()
        sender = threading.Thread(target=_send, args=(port, messages, place / "data", done))
        began = time.monotonic()
        sender.start()
        late = _poll(server.port, path, done.is_set)
        sender.join()
    return {
        "messages": len(messages),
        "seconds": time.monotonic() - began,
        "polls": len(late),
        "late_p50_ms": percentile(late, 0.5),
        "late_p99_ms": percentile(late, 0.99),
        "late_max_ms": max(late),
        "idle_late_p99_ms": percentile(idle, 0.99),
    }


def _after(seconds: float) -> float:
    return time.monotonic() + seconds


def _make_store(directory: Path) -> str:
    """A store with a person, and the address of a feed of theirs."""
    data = open_data(directory, SystemClock())
    try:
        person = data.database.write(lambda tx: add_person(tx, PERSON, None))
        me = Principal(person_id=person.id, scope=Scope.PERSON)
        pool = data.database.read(lambda tx: tx.pools.by_role(person.id, PoolRole.BOOKMARKS))
        secret = data.database.write(lambda tx: add_feed_secret(tx, data.vault, me, pool.id, "bench"))[1]
    finally:
        data.close()
    # a feed that no message comes into: what is measured is the loop, and not the making of feeds
    return f"/s/{secret}/pools/{pool.id}.atom"


def _as_sent(raw: bytes) -> bytes:
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.\r\n"


def _send(port: int, messages: Sequence[bytes], data: Path, done: threading.Event) -> None:
    """Deliver the messages, and wait until they were read."""
    try:
        with LmtpClient(port, iter(messages), connections=1, recipient=RECIPIENT) as client:
            client.send(len(messages))
        connection = apsw.Connection(str(data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
        end = _after(_READ_SECONDS)
        while connection.execute("SELECT count(*) FROM item WHERE page_state = 'pending'").get:
            if time.monotonic() > end:
                raise TimeoutError("messages were not read in time")
            time.sleep(0.05)  # another process reads them, and its database is all that tells
        connection.close()
    finally:
        done.set()


def _poll(port: int, path: str, is_over: Callable[[], bool]) -> list[float]:
    """Ask at times that are set beforehand; how late each answer was, in ms after the time of its question."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    late: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for due in _times():
            if is_over():
                return late
            time.sleep(max(due - time.monotonic(), 0))  # each question has its time, late or not
            connection.sendall(request)
            if not connection.recv(65_536):
                raise ConnectionError("the server closed the connection")
            late.append(1_000 * (time.monotonic() - due))
    return late


def _times() -> Iterator[float]:
    start, number = time.monotonic(), 0
    while True:
        number += 1
        yield start + number * POLL_MS / 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came out as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile_mail", description="Measure hostile mail.")
    parser.add_argument("--few", action="store_true", help="some of the messages: a rough look")
    parser.add_argument("--seed", type=int, default=0, help="has no effect: there is no chance in it")
    add_place(parser)
    given = parser.parse_args(arguments)
    with place_of(given) as place:
        print(json.dumps(measure(place, is_few=given.few), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
