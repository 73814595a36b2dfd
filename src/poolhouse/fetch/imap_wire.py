"""The connection to an IMAP server, through the one guard, and how much and how long it may speak.

imaplib believes whatever a server says of sizes, and waits for each piece of a line anew. Here every command has an
allowance, in bytes and in seconds, that whatever is read is taken from. Everything here blocks, in a thread of its own.
"""

from __future__ import annotations

import imaplib
import select
import socket
import ssl
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from poolhouse.errors import FetchError, NoSuchHostError, RefusedAddressError
from poolhouse.fetch.guard import mail_port_refusal, refusal
from poolhouse.types import AccountSecurity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

    from poolhouse.types import AccountPlace

    Network = IPv4Network | IPv6Network

CONNECT_SECONDS: Final = 20.0
GREETING_BYTES: Final = 256 * 1024
LINE_BYTES: Final = 8 * 1024 * 1024
"""The longest line: the UIDs of a million messages stand in one."""

_PIECE_BYTES: Final = 64 * 1024


class Stream:
    """Bytes from a socket, as many as are allowed. `stop` may be called from any thread."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray()
        self._left_bytes = 0
        self._end = 0.0
        self.allow(GREETING_BYTES, CONNECT_SECONDS)

    def allow(self, size_bytes: int, seconds: float) -> None:
        """From now on so many bytes may come, for so long."""
        self._left_bytes = size_bytes
        self._end = time.monotonic() + seconds

    def read(self, size: int) -> bytes:
        """That many bytes, fewer at the end. Raises FetchError, OSError."""
        if size > self._left_bytes + len(self._buffer):
            raise FetchError("the server sent more than it said")
        while len(self._buffer) < size and self._more():
            pass
        return self._take(size)

    def readline(self) -> bytes:
        """A line with its end; what there is at the end. Raises FetchError, OSError."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LINE_BYTES:
                raise FetchError("the server sent a line without an end")
            if not self._more():
                return self._take(searched)
        return self._take(at + 1)

    def wait(self, seconds: float) -> bool:
        """Whether something came within that time, or the connection ended."""
        if self._buffer or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        poll = select.poll()
        poll.register(self.sock.fileno(), select.POLLIN)
        return bool(poll.poll(max(seconds, 0.0) * 1000))

    @property
    def has_more(self) -> bool:
        """Whether bytes came that nobody read yet."""
        return bool(self._buffer)

    def send(self, data: bytes) -> None:
        """Send it all in the time that is left. Raises OSError."""
        self.sock.settimeout(self._seconds_left())
        self.sock.sendall(data)

    def stop(self) -> None:
        """End the conversation: whoever reads finds the end."""
        with suppress(OSError):  # where the other side was quicker
            # not SSLSocket's own, which pulls the TLS object away from under a thread that reads
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _more(self) -> bool:
        self.sock.settimeout(self._seconds_left())
        piece = self.sock.recv(_PIECE_BYTES)
        self._left_bytes -= len(piece)
        if self._left_bytes < 0:
            raise FetchError("the server sent more than it was asked for")
        self._buffer += piece
        return bool(piece)

    def _take(self, size: int) -> bytes:
        found = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return found

    def _seconds_left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class BoundedImap(imaplib.IMAP4):
    """imaplib's client over a `Stream`, connected where the guard lets it. TLS of either kind is up when it is
    made.

    Raises FetchError and its kin, OSError, imaplib's errors.
    """

    def __init__(self, place: AccountPlace, allowed: tuple[Network, ...]) -> None:
        self._place = place
        self._allowed = allowed
        self.stream: Stream
        super().__init__(place.host, place.port)
        self.debug = 0
        try:
            if place.security is AccountSecurity.STARTTLS:
                self._start_tls()
            if self.state != "NONAUTH":
                raise FetchError("the server lets everybody in, or takes us for another")
        except BaseException:
            self.shutdown()
            raise

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        del timeout
        self.host, self.port = host, port
        self.sock = connect(host, port, self._allowed, is_plain=self._place.security is AccountSecurity.PLAIN)
        try:
            if self._place.security is AccountSecurity.TLS:
                self.sock = _secured(self.sock, host)
        except BaseException:
            self.sock.close()
            raise
        self.stream = Stream(self.sock)

    def read(self, size: int) -> bytes:
        return self.stream.read(size)

    def readline(self) -> bytes:
        return self.stream.readline()

    def send(self, data: bytes) -> None:  # type: ignore[override]  # typeshed has it as a buffer; imaplib sends bytes
        self.stream.send(data)

    def shutdown(self) -> None:
        self.stream.stop()
        self.sock.close()

    def log_in_quoted(self, user_name: str, password: str) -> tuple[str, list[bytes]]:
        """LOGIN with words that are quoted already: imaplib's own leaves the name as it is."""
        kind, said = self._simple_command("LOGIN", user_name, password)
        if kind == "OK":
            self.state = "AUTH"
        return kind, said

    def begin_idle(self) -> bytes:
        """IDLE (RFC 2177); its tag. What is said before the "+" is news as any other. Raises imaplib's errors."""
        tag: bytes = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands[tag] is not None:
                _, said = self._get_tagged_response(tag)
                raise self.error(f"idle failed: {said[0].decode('utf-8', 'replace')}")
        return tag

    def take_news(self, kinds: Iterable[str]) -> bool:
        """Whether the server said something of these kinds, with an answer to anything, since this was asked last."""
        said = [self.untagged_responses.pop(kind, None) for kind in kinds]
        return any(each is not None for each in said)

    def next_line(self) -> bytes:
        """The next line that the server says unasked."""
        line: bytes = self._get_line()
        return line

    def _start_tls(self) -> None:
        """RFC 9051 §6.2.1; without it nothing is said, and nothing believed that was said before it."""
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":
            raise FetchError("the server does not offer STARTTLS")
        kind, _ = self._simple_command("STARTTLS")
        if kind != "OK":
            raise FetchError("the server refused STARTTLS")
        if self.stream.has_more:
            # commands or answers slipped in before the encryption: CVE-2011-0411 and its kin, https://nostarttls.secvuln.info
            raise FetchError("the server spoke on before the connection was secure")
        self.sock = _secured(self.sock, self.host)
        self.stream = Stream(self.sock)
        self.untagged_responses = {}
        self._get_capabilities()  # what was said of them before does not count


def connect(host: str, port: int, allowed: tuple[Network, ...], *, is_plain: bool) -> socket.socket:
    """Connect to the first address of `host` that may be and can be reached; what is checked is what is connected to.

    `is_plain`: only where `allowed` says. Raises NoSuchHostError, RefusedAddressError, FetchError.
    """
    if why := mail_port_refusal(port):
        raise RefusedAddressError(f"port {port} is {why}, so nobody connects there")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as error:
        raise NoSuchHostError(f"no address was found for {host}") from error
    end = time.monotonic() + CONNECT_SECONDS
    refused = ""
    is_tried = False
    for family, kind, protocol, _, address in found:
        number = str(address[0])
        if why := refusal(number, allowed) or (_plain_refusal(number, allowed) if is_plain else None):
            refused = f"{number} is {why}, so nobody connects there"
            continue
        is_tried = True
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(end - time.monotonic(), 0.1))
            sock.connect(address)
            _keep_alive(sock)
        except OSError:
            sock.close()
        else:
            return sock
    if refused and not is_tried:
        raise RefusedAddressError(refused)
    raise FetchError(f"{host} could not be reached at port {port}")


def _keep_alive(sock: socket.socket) -> None:
    """Have the system notice within ten minutes that the other side is gone, while nobody says anything."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 240), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
        if (option := getattr(socket, name, None)) is not None:  # not every system has them
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _plain_refusal(number: str, allowed: tuple[Network, ...]) -> str | None:
    """A password that everybody on the way can read goes to the administrator's networks only."""
    is_near = any(ip_address(number) in network for network in allowed)
    return None if is_near else "not in a network that may be spoken to without TLS"


def _secured(sock: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        sock.settimeout(CONNECT_SECONDS)
        return ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise FetchError(f"the certificate of {host} is not valid: {error.verify_message}") from error
    except (OSError, ValueError) as error:
        raise FetchError(f"no secure connection to {host} came about") from error
