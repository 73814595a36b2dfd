"""curio: a task for each connection, as trio's ancestor has it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import curio
import curio.io
import curio.network

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service) -> None:
    """Serve by curio's own accept loop, which closes a connection when its task has ended."""

    async def converse(connection: curio.io.Socket, _address: object) -> None:
        conversation = service.conversation()
        with suppress(ConnectionError):
            if greeting := conversation.greeting():
                await connection.sendall(greeting)
            while not conversation.is_over and (data := await connection.recv(RECEIVE_BYTES)):
                await connection.sendall(conversation.receive(data))

    async def main() -> None:
        service.ready()
        await curio.network.run_server(curio.io.Socket(listener), converse)

    curio.run(main)
