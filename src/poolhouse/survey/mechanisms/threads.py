"""Threads that block: one for each connection, a bounded pool of them, and some that all wait in accept()."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service

_WORKERS = 32


def converse(connection: socket.socket, conversation: Conversation) -> None:
    """Serve one connection to its end with calls that block; what all blocking styles have in common."""
    with connection, suppress(ConnectionError):
        if greeting := conversation.greeting():
            connection.sendall(greeting)
        while not conversation.is_over and (data := connection.recv(RECEIVE_BYTES)):
            connection.sendall(conversation.receive(data))


def one_each(listener: socket.socket, service: Service) -> None:
    """A new thread for each connection."""
    service.ready()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection, service.conversation()), daemon=True).start()


def pool(listener: socket.socket, service: Service) -> None:
    """A bounded pool: a connection waits until a thread is free, and has it to its end."""
    with ThreadPoolExecutor(service.workers or _WORKERS) as threads:
        service.ready()
        while True:
            connection, _ = listener.accept()
            threads.submit(converse, connection, service.conversation())


def accepting(listener: socket.socket, service: Service) -> None:
    """As many threads as workers, each of which accepts a connection and serves it to its end."""

    def work() -> None:
        while True:
            connection, _ = listener.accept()
            converse(connection, service.conversation())

    for _ in range((service.workers or _WORKERS) - 1):
        threading.Thread(target=work, daemon=True).start()
    service.ready()
    work()
