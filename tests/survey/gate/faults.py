"""Servers with planted faults, which the gate has to find. Threads that block, as they are easy to spoil."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import threading
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from poolhouse.survey.conversation import Conversation
from poolhouse.survey.mechanisms.threads import converse

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.survey.mechanisms.service import Service

    Talk = Callable[[socket.socket, Service], None]

_kept: list[object] = []
_turns = count(1)


def sound(connection: socket.socket, service: Service) -> None:
    converse(connection, service.conversation())


def no_fin(connection: socket.socket, service: Service) -> None:
    _kept.append(connection.dup())
    converse(connection, service.conversation())


def resets(connection: socket.socket, service: Service) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    converse(connection, service.conversation())


def leaks(connection: socket.socket, service: Service) -> None:
    os.open(os.devnull, os.O_RDONLY)
    converse(connection, service.conversation())


def loses_every_hundredth(connection: socket.socket, service: Service) -> None:
    if next(_turns) % 100:
        converse(connection, service.conversation())
    else:
        connection.close()


class _LosesCoalesced(Conversation):
    def receive(self, data: bytes | bytearray) -> bytes:
        line, newline, _ = data.partition(b"\n")
        return super().receive(line + newline)


class _ForgetsParts(Conversation):
    def receive(self, data: bytes | bytearray) -> bytes:
        self._partial = b""
        return super().receive(data)


class _IsWrong(Conversation):
    def receive(self, data: bytes | bytearray) -> bytes:
        return super().receive(data).replace(b"7", b"8")


class _GreetsLate(Conversation):
    def greeting(self) -> bytes:
        return b""

    def receive(self, data: bytes | bytearray) -> bytes:
        return super().greeting() + super().receive(data)


def _with(kind: type[Conversation], connection: socket.socket, service: Service) -> None:
    converse(connection, kind(service.manner))


def drops_half_closed(connection: socket.socket, service: Service) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    connection.recv(1, socket.MSG_PEEK)
    if poll.poll(100):
        connection.recv(100)
        connection.close()
    else:
        converse(connection, service.conversation())


def serve(talk: Talk, listener: socket.socket, service: Service, *, out_of: str = "waits") -> None:
    """Serve each connection with `talk` in a thread. Out of descriptors it waits for one, or does as it is told."""
    free = threading.Event()

    def work(connection: socket.socket) -> None:
        with suppress(ConnectionError):
            talk(connection, service)
        free.set()

    service.ready()
    while True:
        free.clear()
        try:
            connection, _ = listener.accept()
        except OSError:
            if out_of == "dies":
                raise
            if out_of == "falls silent":
                break
            if out_of == "waits":
                free.wait()
            continue
        threading.Thread(target=work, args=(connection,), daemon=True).start()
    signal.pause()


def ignores_sigterm(listener: socket.socket, service: Service) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(sound, listener, service)


def leaves_a_child(listener: socket.socket, service: Service) -> None:
    reader, writer = os.pipe()
    if not os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writer, b"1")
        signal.pause()
    os.read(reader, 1)
    serve(sound, listener, service)


def does_not_start(listener: socket.socket, service: Service) -> None:
    raise RuntimeError("planted")


no_fault = partial(serve, sound)
does_not_end = partial(serve, no_fin)
ends_by_reset = partial(serve, resets)
leaks_descriptors = partial(serve, leaks)
loses_connections = partial(serve, loses_every_hundredth)
loses_coalesced = partial(serve, partial(_with, _LosesCoalesced))
forgets_parts = partial(serve, partial(_with, _ForgetsParts))
is_wrong = partial(serve, partial(_with, _IsWrong))
greets_late = partial(serve, partial(_with, _GreetsLate))
drops_half_close = partial(serve, drops_half_closed)
spins = partial(serve, sound, out_of="spins")
dies = partial(serve, sound, out_of="dies")
falls_silent = partial(serve, sound, out_of="falls silent")
