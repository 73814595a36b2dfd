"""Processes: one for each connection, or as many as there are processors, forked before."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from poolhouse.survey.lifetime import die_with_parent
from poolhouse.survey.mechanisms import selectors_
from poolhouse.survey.mechanisms.listeners import twins
from poolhouse.survey.mechanisms.threads import converse

if TYPE_CHECKING:
    import socket
    from typing import NoReturn

    from poolhouse.survey.mechanisms.service import Service


def one_each(listener: socket.socket, service: Service) -> None:
    """A new process for each connection. Those that ended are waited for after the next has begun."""
    end_together()
    service.ready()
    while True:
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            converse(connection, service.conversation())
            os._exit(0)
        connection.close()
        _reap()


def pre_forked(listener: socket.socket, service: Service) -> None:
    """Some processes that share a port, each with a loop on epoll. The first of them is ours."""
    end_together()
    for other in twins(listener, service):
        if not os.fork():
            die_with_parent()
            listener.close()
            service.ready = _nothing
            _serve_to_the_end(other, service)
        other.close()
    _serve_to_the_end(listener, service)


def end_together() -> None:
    """Let SIGTERM, whichever of us gets it, end the whole process group at once."""
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))


def _serve_to_the_end(listener: socket.socket, service: Service) -> NoReturn:
    try:
        selectors_.on_epoll(listener, service)
    finally:
        os._exit(1)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _nothing() -> None:
    pass
