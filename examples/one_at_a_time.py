"""Serve one connection after the other: right, and of no use."""

import socket
from contextlib import suppress

from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service) -> None:
    service.ready()
    while True:
        connection, _ = listener.accept()
        conversation = service.conversation()
        with connection, suppress(ConnectionError):
            connection.sendall(conversation.greeting())
            while not conversation.is_over and (data := connection.recv(4096)):
                connection.sendall(conversation.receive(data))
