"""The standard library's selectors: one loop on select, poll or epoll."""

from __future__ import annotations

import selectors
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service


def serve(new: Callable[[], selectors.BaseSelector], listener: socket.socket, service: Service) -> None:
    """One loop on the selector that `new` makes. What a client does not take at once ends its connection."""
    selector = new()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    service.ready()
    while True:
        for key, _ in selector.select():
            if key.data is not None:
                _answer(selector, key.fileobj, key.data)  # type: ignore[arg-type]  # a socket, as registered
                continue
            # another loop on the same socket was quicker, the client is gone, or there are no descriptors left
            with suppress(OSError):
                connection, _ = listener.accept()
                connection.setblocking(False)
                conversation = service.conversation()
                if greeting := conversation.greeting():
                    connection.send(greeting)
                selector.register(connection, selectors.EVENT_READ, conversation)


def _answer(selector: selectors.BaseSelector, connection: socket.socket, conversation: Conversation) -> None:
    with suppress(OSError):
        if data := connection.recv(RECEIVE_BYTES):
            connection.sendall(conversation.receive(data))
            if not conversation.is_over:
                return
    selector.unregister(connection)
    connection.close()


on_select = partial(serve, selectors.SelectSelector)
on_poll = partial(serve, selectors.PollSelector)
on_epoll = partial(serve, selectors.EpollSelector)
