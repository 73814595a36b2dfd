"""epoll without anything above it, level-triggered and edge-triggered (epoll(7))."""

from __future__ import annotations

import select
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service, *, is_edge: bool) -> None:
    """One loop. Edge-triggered, everything there is has to be taken, since nothing is told twice."""
    flags = select.EPOLLIN | (select.EPOLLET if is_edge else 0)
    poll = select.epoll()
    connections: dict[int, tuple[socket.socket, Conversation]] = {}
    listener.setblocking(False)
    poll.register(listener, flags)
    own = listener.fileno()
    service.ready()
    while True:
        for descriptor, _ in poll.poll():
            if descriptor != own:
                if not _answer(*connections[descriptor], is_edge):
                    connections.pop(descriptor)[0].close()
                continue
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.setblocking(False)
                    connections[connection.fileno()] = (connection, conversation := service.conversation())
                    poll.register(connection, flags)
                    if greeting := conversation.greeting():
                        connection.send(greeting)
                    if not is_edge:
                        break


def _answer(connection: socket.socket, conversation: Conversation, is_edge: bool) -> bool:
    """Whether the connection goes on."""
    try:
        while data := connection.recv(RECEIVE_BYTES):
            connection.sendall(conversation.receive(data))
            if conversation.is_over or not is_edge:
                return not conversation.is_over
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


level = partial(serve, is_edge=False)
edge = partial(serve, is_edge=True)
