"""tornado: its streams and its server, on asyncio."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from tornado.iostream import IOStream, StreamClosedError
from tornado.tcpserver import TCPServer

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service


class _Server(TCPServer):
    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    async def handle_stream(self, stream: IOStream, address: object) -> None:  # noqa: ARG002 - tornado's interface
        conversation = self._service.conversation()
        with suppress(StreamClosedError):
            if greeting := conversation.greeting():
                await stream.write(greeting)
            while not conversation.is_over:
                await stream.write(conversation.receive(await stream.read_bytes(RECEIVE_BYTES, partial=True)))
        stream.close()


def serve(listener: socket.socket, service: Service) -> None:
    """Serve on asyncio's loop, as tornado has done since its version 5."""

    async def main() -> None:
        listener.setblocking(False)
        _Server(service).add_socket(listener)
        service.ready()
        await asyncio.get_running_loop().create_future()

    asyncio.run(main())
