"""eventlet: a green thread for each connection, blocking calls that switch, on epoll."""

from __future__ import annotations

from typing import TYPE_CHECKING

import eventlet
import eventlet.greenio

from poolhouse.survey.mechanisms.threads import converse

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service

_MOST_AT_ONCE = 1_000_000  # its own default is a thousand


def serve(listener: socket.socket, service: Service) -> None:
    """Serve by eventlet's own accept loop."""
    own = eventlet.greenio.GreenSocket(listener)
    service.ready()
    eventlet.serve(
        own, lambda connection, _: converse(connection, service.conversation()), concurrency=_MOST_AT_ONCE
    )
