"""An IMAP server in a few lines, on a socket: it knows one account, and does what it is told to, also what none may."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from poolhouse.types import AccountPlace, AccountSecurity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

USER, PASSWORD = "anna@elsewhere.example", 'a "long" p\\ssword'
_LOGIN = re.compile(rb'LOGIN "(.*)" "(.*)"\Z')


@dataclass
class FakeImap:
    """A server on a port of this machine. `messages` lie in the INBOX, by UID.

    `instead` has functions by the first words of a command, that say something else: they are given the connection and
    the command's tag, and what they return is sent; None: hang up.
    """

    messages: dict[int, bytes] = field(default_factory=dict)
    folders: tuple[str, ...] = ("INBOX", "Lists/python")
    greeting: bytes = b"* OK ready\r\n"
    capabilities: bytes = b"IMAP4rev1"
    instead: Mapping[str, Callable[[socket.socket, bytes], bytes | None]] = field(default_factory=dict)
    internal_date: bytes = b"17-Jul-2025 02:44:25 -0700"
    certificate: Path | None = None
    said: list[bytes] = field(default_factory=list)
    port: int = 0

    def at(self, security: AccountSecurity = AccountSecurity.PLAIN, host: str = "127.0.0.1") -> AccountPlace:
        """The account's place."""
        return AccountPlace(host=host, port=self.port, security=security, user_name=USER)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(timeout=10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            connection.sendall(self.greeting)
            lines, listening = connection.makefile("rb"), b""
            while line := lines.readline():
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                listening = tag if command == b"IDLE" else listening
                tag, command = (listening, tag) if tag == b"DONE" else (tag, command)
                self.said.append(command)
                if (answer := self._answer(connection, tag, command)) is None:
                    break
                connection.sendall(answer)
                if command == b"STARTTLS" and self.certificate is not None:
                    connection = self._secured(connection)
                    lines = connection.makefile("rb")
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _secured(self, connection: socket.socket) -> socket.socket:
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.certificate.with_name("key.pem"))
        secured = context.wrap_socket(connection, server_side=True)
        self._connections.append(secured)
        return secured

    def _answer(self, connection: socket.socket, tag: bytes, command: bytes) -> bytes | None:
        words = command.decode("latin-1")
        for beginning, other in self.instead.items():
            if words.startswith(beginning):
                return other(connection, tag)
        if words.startswith("LOGIN") and not _is_right(command):
            return tag + b" NO [AUTHENTICATIONFAILED] no such name and password\r\n"
        return self.honest(tag, command)

    def honest(self, tag: bytes, command: bytes) -> bytes:
        """What is said to a command where nothing else is to be."""
        if command == b"IDLE":
            return b"+ idling\r\n"
        return self._untagged(command.decode("latin-1")) + tag + b" OK done\r\n"

    def _untagged(self, words: str) -> bytes:
        said = b""
        match words.replace("UID ", "UID-").split():
            case ["CAPABILITY"]:
                said = b"* CAPABILITY " + self.capabilities + b"\r\n"
            case ["LIST", *_]:
                said = b"".join(b'* LIST () "/" "%s"\r\n' % name.encode() for name in self.folders)
            case ["EXAMINE", *_]:
                said = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n" % len(self.messages)
            case ["UID-SEARCH", *_]:
                said = b"* SEARCH " + b" ".join(b"%d" % uid for uid in self.messages) + b"\r\n"
            case ["UID-FETCH", uids, *_]:
                asked = [int(each) for each in uids.split(",")]
                said = b"".join(self._fetched(uid, words) for uid in asked if uid in self.messages)
            case ["LOGOUT"]:
                said = b"* BYE\r\n"
        return said

    def _fetched(self, uid: int, words: str) -> bytes:
        number, content = list(self.messages).index(uid) + 1, self.messages[uid]
        if "RFC822.SIZE" in words:
            return b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (number, uid, len(content))
        at = b' INTERNALDATE "%s"' % self.internal_date
        if "BODY" not in words:
            return b"* %d FETCH (UID %d FLAGS ())\r\n" % (number, uid)
        if "<0." in words:
            return b"* %d FETCH (UID %d BODY[]<0> {3}\r\n%s)\r\n" % (number, uid, content[:3])
        head = b"* %d FETCH (UID %d FLAGS ()%s BODY[] {%d}\r\n" % (number, uid, at, len(content))
        return head + content + b")\r\n"


def _is_right(command: bytes) -> bool:
    found = _LOGIN.match(command)
    given = [each.replace(b'\\"', b'"').replace(b"\\\\", b"\\") for each in found.groups()] if found else []
    return given == [USER.encode(), PASSWORD.encode()]
