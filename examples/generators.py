"""Serve many connections with generators on poll(), as it was done before there was `async`."""

import select
import socket
from collections.abc import Iterator
from contextlib import suppress

from poolhouse.survey.mechanisms.service import Service


def converse(connection: socket.socket, service: Service) -> Iterator[int]:
    conversation = service.conversation()
    with connection, suppress(ConnectionError):
        connection.sendall(conversation.greeting())
        while not conversation.is_over:
            yield connection.fileno()  # goes on when there is something to read
            if not (data := connection.recv(4096)):
                return
            connection.sendall(conversation.receive(data))


def serve(listener: socket.socket, service: Service) -> None:
    talks: dict[int, Iterator[int]] = {}
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    service.ready()
    while True:
        for ready, _ in poll.poll():
            talk = talks.pop(ready, None) or converse(listener.accept()[0], service)
            if descriptor := next(talk, None):
                talks[descriptor] = talk
                poll.register(descriptor, select.POLLIN)
            elif ready != listener.fileno():
                poll.unregister(ready)
