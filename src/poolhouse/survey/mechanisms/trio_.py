"""trio: a task for each connection, in a nursery that waits for all of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import trio

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service) -> None:
    """Serve by trio's own accept loop."""

    async def converse(stream: trio.SocketStream) -> None:
        conversation = service.conversation()
        async with stream:
            with suppress(trio.BrokenResourceError):
                if greeting := conversation.greeting():
                    await stream.send_all(greeting)
                while not conversation.is_over and (data := await stream.receive_some(RECEIVE_BYTES)):
                    await stream.send_all(conversation.receive(data))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            own = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
            await nursery.start(trio.serve_listeners, converse, [own])
            service.ready()

    trio.run(main)
