"""anyio: one interface over asyncio, also on uvloop, and over trio."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
from anyio.abc import SocketListener

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket

    from anyio.abc import SocketStream

    from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service, *, backend: str, has_uvloop: bool = False) -> None:
    """Serve by anyio's own accept loop."""

    async def converse(stream: SocketStream) -> None:
        conversation = service.conversation()
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                if greeting := conversation.greeting():
                    await stream.send(greeting)
                while not conversation.is_over:
                    await stream.send(conversation.receive(await stream.receive(RECEIVE_BYTES)))

    async def main() -> None:
        async with await SocketListener.from_socket(listener) as own:
            service.ready()
            await own.serve(converse)

    anyio.run(main, backend=backend, backend_options={"use_uvloop": True} if has_uvloop else {})


on_asyncio = partial(serve, backend="asyncio")
on_uvloop = partial(serve, backend="asyncio", has_uvloop=True)
on_trio = partial(serve, backend="trio")
