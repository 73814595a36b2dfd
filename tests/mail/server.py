"""A real server that takes mail, what it keeps, and a client that speaks LMTP to it by hand."""

from __future__ import annotations

import grp
import os
import re
import smtplib
import socket
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

import apsw

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.store.blobs import BlobFiles
from poolhouse.store.verify import verify
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PLACE = re.compile(r"Poolhouse takes mail at (\S+)")


@dataclass
class MailServer:
    """`poolhouse serve` with two persons, anna and ben, that takes mail at a socket in `place` and at a port."""

    place: Path
    settings: tuple[str, ...] = ()
    running: RunningServer = field(init=False)

    def __post_init__(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        data = open_data(self.data, SystemClock())
        for name in ("anna", "ben"):
            data.database.write(partial(add_person, name=name, password_hash=None))
        data.close()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.place / "data"

    @property
    def socket_path(self) -> Path:
        """Where a mail server on the same machine finds it."""
        return self.place / "lmtp.sock"

    @property
    def port(self) -> int:
        """Where others do."""
        places = [found[1] for line in self.running.output if (found := _PLACE.match(line))]
        return int(places[-1].rpartition(":")[2])

    def start(self) -> Self:
        """Start; the socket is given to Postfix's group, as the how-to says, where there is one."""
        places = ("--lmtp", f"unix:{self.socket_path}", "--lmtp", "127.0.0.1:0")
        self.running = RunningServer(self.data, ("--fetch-pages", "no", *places, *self.settings)).start()
        for group in grp.getgrall():
            if group.gr_name == "postfix" and os.geteuid() == 0:
                os.chown(self.socket_path, -1, group.gr_gid)
        return self

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        return self.running.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self.running.kill()

    def lmtp(self) -> smtplib.LMTP:
        """A connection that has said LHLO."""
        client = smtplib.LMTP("127.0.0.1", self.port, timeout=60)
        client.ehlo("client.example")
        return client

    def raw(self) -> socket.socket:
        """A connection that has said nothing."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def kept(self, person: str = "anna") -> list[bytes]:
        """The bytes of every message a person has, oldest first."""
        blobs = BlobFiles(self.data / "blobs")
        sql = (
            "SELECT item.blob FROM item JOIN person ON person.id = owner_id WHERE kind = 'message' AND name = ?"
            " ORDER BY item.id"
        )
        return [blobs.get(row[0]) or b"" for row in self._ask(sql, person)]

    def left_behind(self) -> list[Path]:
        """Files that are neither blobs nor anybody's."""
        arriving = self.data / "blobs" / "arriving"
        partial = [path for path in (self.data / "blobs").glob("*/.*") if path.is_file()]
        return partial + (list(arriving.iterdir()) if arriving.exists() else [])

    def faults(self) -> Sequence[str]:
        """What verify finds; the server is stopped."""
        return verify(self.data).faults

    def _ask(self, sql: str, *values: object) -> list[tuple[str, ...]]:
        path = str(self.data / "poolhouse.db")
        with closing(apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            connection.set_busy_timeout(10_000)
            rows: list[tuple[str, ...]] = connection.execute(sql, values).fetchall()  # type: ignore[assignment]  # text columns
            return rows

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        process = self.running.process
        if process is not None and process.poll() is None:
            self.stop()


class LmtpClient:
    """Speaks LMTP as RFC 2033 has it, a reply for each recipient; smtplib's reads one."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("rb")
        self._reply()
        self._say("LHLO client.example")

    def send(
        self, recipients: Sequence[str], content: bytes, sender: str = "a@elsewhere.example"
    ) -> list[int]:
        """Send a message; the code for each recipient. One that was refused before the message has that code.

        Raises ConnectionError where the server goes away.
        """
        self._say(f"MAIL FROM:<{sender}>")
        codes = [self._say(f"RCPT TO:<{each}>") for each in recipients]
        if self._say("DATA") != 354:
            return codes
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        self._socket.sendall(stuffed + b".\r\n")
        return [self._reply() if code == 250 else code for code in codes]

    def _say(self, words: str) -> int:
        self._socket.sendall(f"{words}\r\n".encode())
        return self._reply()

    def _reply(self) -> int:
        while (line := self._file.readline())[3:4] == b"-":
            pass
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server went away")
        return int(line[:3])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()


def letter(name: str, body: str = "Hello.") -> bytes:
    """A small message of that name, with lines that end as mail's do."""
    head = f"From: Writer <writer@elsewhere.example>\r\nSubject: {name}\r\nMessage-ID: <{name}@elsewhere.example>\r\n"
    return f"{head}\r\n{body}\r\n".encode()
