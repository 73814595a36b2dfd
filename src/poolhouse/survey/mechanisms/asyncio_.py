"""asyncio: protocols, streams and bare sockets, on whatever loop; the standard library's on three selectors."""

from __future__ import annotations

import asyncio
import selectors
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service

    Start = Callable[[socket.socket, Service], Coroutine[Any, Any, object]]


class _Protocol(asyncio.Protocol):
    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if greeting := self._conversation.greeting():
            self._transport.write(greeting)

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._conversation.receive(data))
        if self._conversation.is_over:
            self._transport.close()


async def serve_protocols(listener: socket.socket, service: Service) -> object:
    """Start a server of callbacks; what is returned has to be held as long as it shall serve."""
    loop = asyncio.get_running_loop()
    start = loop.create_unix_server if listener.family == socket.AF_UNIX else loop.create_server
    return await start(lambda: _Protocol(service.conversation()), sock=listener, backlog=service.backlog)


async def serve_streams(listener: socket.socket, service: Service) -> object:
    """Start a server of coroutines, one for each connection."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = service.conversation()
        with suppress(ConnectionError):
            writer.write(conversation.greeting())
            while not conversation.is_over and (data := await reader.read(RECEIVE_BYTES)):
                writer.write(conversation.receive(data))
                await writer.drain()
        writer.close()

    start = asyncio.start_unix_server if listener.family == socket.AF_UNIX else asyncio.start_server
    return await start(converse, sock=listener, backlog=service.backlog)


async def serve_sockets(listener: socket.socket, service: Service) -> object:
    """Start a coroutine that accepts, and one for each connection, on the loop's calls for bare sockets."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    tasks = set()

    async def converse(connection: socket.socket) -> None:
        conversation = service.conversation()
        with connection, suppress(ConnectionError):
            if greeting := conversation.greeting():
                await loop.sock_sendall(connection, greeting)
            while not conversation.is_over and (data := await loop.sock_recv(connection, RECEIVE_BYTES)):
                await loop.sock_sendall(connection, conversation.receive(data))

    async def accept() -> None:
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setblocking(False)
            tasks.add(task := asyncio.create_task(converse(connection)))
            task.add_done_callback(tasks.discard)

    return asyncio.create_task(accept())


def run(
    start: Start,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    listener: socket.socket,
    service: Service,
) -> None:
    """Start a server on a loop of its own and let it serve. No serve_forever(): not every loop bears it."""

    async def serve() -> None:
        serving = await start(listener, service)
        service.ready()
        await (serving if isinstance(serving, asyncio.Task) else asyncio.get_running_loop().create_future())

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve())


def _loop_on(new: Callable[[], selectors.BaseSelector]) -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(new())


_on_epoll = partial(_loop_on, selectors.EpollSelector)
protocol = partial(run, serve_protocols, _on_epoll)
streams = partial(run, serve_streams, _on_epoll)
sockets = partial(run, serve_sockets, _on_epoll)
protocol_on_select = partial(run, serve_protocols, partial(_loop_on, selectors.SelectSelector))
protocol_on_poll = partial(run, serve_protocols, partial(_loop_on, selectors.PollSelector))
