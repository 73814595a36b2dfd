"""Twisted: protocols of callbacks on the reactors for select, poll and epoll, and on asyncio's loops."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service


@implementer(IHalfCloseableProtocol)
class _Protocol(Protocol):
    transport: Any  # the interface it is declared to be has no loseConnection for a type checker

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names, here and below
        if greeting := self._conversation.greeting():
            self.transport.write(greeting)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.transport.write(self._conversation.receive(data))
        if self._conversation.is_over:
            self.transport.loseConnection()

    def readConnectionLost(self) -> None:  # noqa: N802
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:  # noqa: N802
        pass


class _Factory(Factory):
    noisy = False

    def __init__(self, service: Service) -> None:
        self._service = service

    def buildProtocol(self, addr: object) -> Protocol:  # noqa: N802, ARG002
        return _Protocol(self._service.conversation())


def serve(reactor_module: str, listener: socket.socket, service: Service, *, loop_module: str = "") -> None:
    """Install the reactor of that module and let it serve. It leaves signals alone."""
    loop = (importlib.import_module(loop_module).new_event_loop(),) if loop_module else ()
    importlib.import_module(f"twisted.internet.{reactor_module}").install(*loop)
    reactor: Any = importlib.import_module("twisted.internet.reactor")
    listener.setblocking(False)
    reactor.adoptStreamPort(listener.fileno(), listener.family, _Factory(service))
    reactor.callWhenRunning(service.ready)
    reactor.run(installSignalHandlers=False)


on_select = partial(serve, "selectreactor")
on_poll = partial(serve, "pollreactor")
on_epoll = partial(serve, "epollreactor")
on_asyncio = partial(serve, "asyncioreactor", loop_module="asyncio")
on_uvloop = partial(serve, "asyncioreactor", loop_module="uvloop")
